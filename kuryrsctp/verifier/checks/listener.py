# SPDX-License-Identifier: Apache-2.0

"""Checks on each SCTP listener, and on what it hands associations to."""

from kuryrsctp.makers import kuryr
from kuryrsctp.verifier.checks import names, statuses
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip, warn
from kuryrsctp.verifier.checks.targets import ListenerSubject
from kuryrsctp.verifier.security_groups import Admission, covered

_POLICY = (
    "see `kubectl get networkpolicy`, and whether the groups that Kuryr gives the Service let SCTP"
    " in; if it was switched off by hand: openstack loadbalancer listener set --enable <ID>"
)


@check(
    "listener-name",
    on=ListenerSubject,
    meaning="The listener is called as its maker calls it; by Kuryr, `<namespace>/<service>:"
    "SCTP:<port>`.",
    cause="It was made or renamed by hand: Kuryr will not recognise it.",
    remedy="delete the listener, and Kuryr makes its own; or rename it",
)
def listener_name(subject: ListenerSubject) -> Verdict:
    """Compare with the maker's name."""
    return names.name(subject, subject.listener.name)


@check(
    "listener-protocol",
    on=ListenerSubject,
    meaning="The listener's protocol is SCTP.",
    cause="It is called SCTP but was made with another protocol, which cannot be changed.",
    remedy="delete the listener and make it anew with --protocol SCTP, or let Kuryr do so",
)
def listener_protocol(subject: ListenerSubject) -> Verdict:
    """Judge the protocol."""
    return names.protocol(subject.listener.protocol)


@check(
    "listener-port",
    on=ListenerSubject,
    meaning="The listener's port is the one in its name, and the Service's.",
    cause="The listener was made by hand, or the Service's port has changed since.",
    remedy="compare with `kubectl get service`; delete the listener, and Kuryr makes its own",
)
def listener_port(subject: ListenerSubject) -> Verdict:
    """Compare the port with the name's."""
    port = subject.listener.protocol_port
    said = kuryr.read_listener(subject.listener.name)
    if said is None or said.port == port:
        return ok(str(port))
    return fail(f"{port}, where the name says {said.port}")


@check(
    "listener-admin-state",
    on=ListenerSubject,
    meaning="The listener is switched on.",
    cause="Someone switched it off by hand; or a NetworkPolicy admits no client, which Kuryr"
    " expresses as no allowed CIDR and the listener switched off.",
    remedy="openstack loadbalancer listener set --enable <ID>",
)
def listener_admin_state(subject: ListenerSubject) -> Verdict:
    """Judge the administrative state, apart from a NetworkPolicy's denial."""
    listener, source = subject.listener, subject.snapshot.expected.source
    is_kuryrs = subject.service_name is not None
    if listener.admin_state_up or listener.allowed_cidrs or not is_kuryrs:
        return statuses.admin_state(subject)
    denied = "off, with no allowed CIDR: so Kuryr has it where a NetworkPolicy admits nobody"
    if source is None:
        return warn(denied, _POLICY)
    return fail(f"{denied}, so not {source}", _POLICY)


@check(
    "listener-status",
    on=ListenerSubject,
    meaning="Octavia has finished the last change to the listener, and sees it working.",
    cause="A change is under way or has failed; or the amphora does not report.",
    remedy="where a change failed: delete the listener, and Kuryr makes it anew; else see whether"
    " `openstack kuryr sctp probe` gets through, and ask the cloud's operator about the amphora",
)
def listener_status(subject: ListenerSubject) -> Verdict:
    """Judge both statuses."""
    return statuses.both(subject)


@check(
    "listener-allowed-cidrs",
    on=ListenerSubject,
    meaning="Which clients the listener admits; without a list, all. With --source, whether it"
    " admits these.",
    cause="A NetworkPolicy, or loadBalancerSourceRanges of the Service.",
    remedy="see that the clients' addresses are in the list (`kubectl get networkpolicy`)",
)
def listener_allowed_cidrs(subject: ListenerSubject) -> Verdict:
    """Tell who is admitted, and judge it by where the user says that clients are."""
    cidrs, source = subject.listener.allowed_cidrs, subject.snapshot.expected.source
    if not cidrs:
        return ok("all clients" if subject.listener.admin_state_up else "no list")
    only = f"only {', '.join(cidrs)}"
    if source is None:
        return ok(only)
    try:
        admitted = covered(cidrs, source)
    except ValueError:
        return skip(f"{only}, which cannot be read")
    if admitted is Admission.ALL:
        return ok(only)
    if admitted is Admission.SOME:
        return warn(f"{only}: not all of {source}")
    return fail(f"{only}: not {source}")


@check(
    "listener-timeouts",
    on=ListenerSubject,
    meaning="How long the listener keeps an idle connection, where the provider heeds it.",
    cause="Kuryr's annotations openstack.org/kuryr-timeout-client-data and -member-data.",
    remedy="none is needed: 0 stands for Octavia's default",
)
def listener_timeouts(subject: ListenerSubject) -> Verdict:
    """Tell the timeouts; SCTP's own heartbeats keep an association from being idle."""
    listener = subject.listener
    client, member = (
        f"{timeout} ms" if timeout else "default"
        for timeout in (listener.timeout_client_data, listener.timeout_member_data)
    )
    return ok(f"client {client}, member {member}")


@check(
    "pool-exists",
    on=ListenerSubject,
    meaning="The listener hands associations to a pool.",
    cause="Making the pool failed: OVN knows no algorithm but SOURCE_IP_PORT and answers 501 to"
    " any other, which leaves a listener without a pool.",
    remedy="on OVN, set Kuryr's [octavia_defaults] lb_algorithm to SOURCE_IP_PORT; else see the"
    " log of kuryr-controller",
)
def pool_exists(subject: ListenerSubject) -> Verdict:
    """Look for the default pool."""
    pool = subject.listener.pool
    if pool is not None:
        return ok(pool.name or pool.id)
    why = "nothing answers on this port"
    if subject.is_ovn:
        why = "OVN refuses a pool whose algorithm is not SOURCE_IP_PORT"
    return fail(f"no pool: {why}", transient=True)
