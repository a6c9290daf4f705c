# SPDX-License-Identifier: Apache-2.0

"""Cases of addresses and ports, and of associations that stand."""

import time
from typing import Any

from kuryrsctp.sctp.messages import Message
from tests.support import kuryr
from tests.support.comparison import seen
from tests.support.comparison.cases import Case, Seen, add_to, all_of
from tests.support.comparison.hosts import (
    CLIENT,
    PEER_PORT,
    answer_on,
    association,
    exchanges_from,
    second_address,
    serving,
)
from tests.support.comparison.service import IPV4, IPV6, POD, USUAL, Port, Setup
from tests.support.lab import topology

CASES: list[Case] = []
_A_ALONE = Setup(addresses=IPV4[:1])


@add_to(CASES, "What a member sees as the source", Setup(addresses=IPV4[:1], member_port=PEER_PORT))
def source(port: Port) -> Seen:
    own = 45679
    with serving(POD, "identify"):
        (seen_by,) = port.exchanges(1, at_once=1, message=Message(b"HELLO", source_port=own))
    address, number, *_ = seen_by.answer.decode().split()
    whose = "the client's address" if address == CLIENT.ipv4 else "an address of the load balancer"
    return {"client": f"{whose}, {'the same' if number == str(own) else 'another'} port"}


@add_to(CASES, "A message from a port that was used just before")
def same_port(port: Port) -> Seen:
    message = Message(b"HELLO", source_port=45678)
    port.exchanges(1, at_once=1, message=message)
    begun = time.monotonic()
    again = port.exchanges(1, at_once=1, message=message, timeout=5.0)
    took = seen.pause(time.monotonic() - begun)
    return {"client": f"``{again[0].outcome.value}`` {took}"}


@add_to(CASES, "A calls its own Service")
def hairpin(port: Port) -> Seen:
    vip = port.service.vip
    return {"client": seen.words(exchanges_from(POD.name, vip, port.number, 12), vip)}


@add_to(CASES, "IPv6")
def ipv6(port: Port) -> Seen:
    ports = {topology.VIP_PORT: Setup(addresses=IPV6)}
    with port.cloud.service("ipv6", ports, kuryr.SUBNET_V6) as made:
        return all_of(made.port(topology.VIP_PORT))


@add_to(CASES, "An additional VIP, IPv6 with IPv4 members")
def additional_vip(port: Port) -> Seen:
    subnet = port.cloud.network.find_subnet(kuryr.SUBNET_V6, ignore_missing=False)
    more: dict[str, Any] = {"additional_vips": [{"subnet_id": subnet.id}]}
    with port.cloud.service("two-vips", {topology.VIP_PORT: USUAL}, **more) as made:
        own = made.port(topology.VIP_PORT)
        (additional,) = own.balancer.additional_vips
        first, second = own.client(), own.client(address=additional["ip_address"])
        verdict = own.verdict()
    return {"client": f"the VIP: {first}; the additional one: {second}", "verify": verdict}


@add_to(CASES, "An association is idle for 35 s")
def idle(port: Port) -> Seen:
    with association(port.service.vip, port.number) as made:
        time.sleep(35)
        return {"client": answer_on(made)}


@add_to(CASES, "The server announces an address beside its own: 6 s later", _A_ALONE)
def announced(port: Port) -> Seen:
    with second_address(POD, "10.0.0.76/26"), association(port.service.vip, port.number) as made:
        time.sleep(6)
        return {"client": answer_on(made)}


@add_to(CASES, "The member of an association is switched off", _A_ALONE)
def switched_off(port: Port) -> Seen:
    with (
        association(port.service.vip, port.number) as made,
        port.changed("member", port.members[0], is_admin_state_up=False),
    ):
        return {"client": answer_on(made)}


@add_to(CASES, "The member of an association is deleted", _A_ALONE)
def deleted(port: Port) -> Seen:
    with association(port.service.vip, port.number) as made:
        port.cloud.octavia.delete_member(port.members[0], port.pool)
        port.service.settle()
        return {"client": answer_on(made)}
