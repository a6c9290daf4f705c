# SPDX-License-Identifier: Apache-2.0

"""Checks on the load balancer itself."""

from kuryrsctp import makers
from kuryrsctp.verifier.checks import statuses
from kuryrsctp.verifier.checks.catalogue import Verdict, check, fail, ok, skip
from kuryrsctp.verifier.checks.targets import LoadBalancerSubject, UnheardSubject

_SCTP = (2, 23)


@check(
    "load-balancer-admin-state",
    on=LoadBalancerSubject,
    meaning="The load balancer is switched on.",
    cause="Someone switched it off by hand; Kuryr never does.",
    remedy="openstack loadbalancer set --enable <ID>",
)
def load_balancer_admin_state(subject: LoadBalancerSubject) -> Verdict:
    """Judge the administrative state."""
    return statuses.admin_state(subject)


@check(
    "load-balancer-provisioning",
    on=LoadBalancerSubject,
    meaning="Octavia has finished the last change to the load balancer.",
    cause="A change is under way (PENDING_*), or the last one failed (ERROR): no free address,"
    " no amphora, a provider that lacks a feature.",
    remedy="in ERROR: Kuryr makes it anew by itself within 10 minutes; if it comes out no better,"
    " ask the cloud's operator for Octavia's worker log",
)
def load_balancer_provisioning(subject: LoadBalancerSubject) -> Verdict:
    """Judge the provisioning status."""
    return statuses.provisioning(subject)


@check(
    "load-balancer-operating",
    on=LoadBalancerSubject,
    meaning="Octavia sees the load balancer working.",
    cause="The amphora does not report, or a health monitor finds members down.",
    remedy="look at the members' rows; if they are well, ask the cloud's operator about the"
    " amphora, and see whether `openstack kuryr sctp probe` gets through",
)
def load_balancer_operating(subject: LoadBalancerSubject) -> Verdict:
    """Judge the operating status."""
    return statuses.operating(subject)


@check(
    "load-balancer-provider",
    on=LoadBalancerSubject,
    meaning="The provider is known to balance SCTP: an amphora, or OVN.",
    cause="The cloud has a provider that this program does not know.",
    remedy="ask the cloud's operator whether the provider knows SCTP",
)
def load_balancer_provider(subject: LoadBalancerSubject) -> Verdict:
    """Look whether the provider is a known one."""
    provider = subject.load_balancer.provider
    if subject.is_amphora or subject.is_ovn:
        return ok(provider)
    return skip(f"whether provider '{provider}' knows SCTP is not known")


@check(
    "octavia-version",
    on=UnheardSubject,
    meaning="Octavia is new enough for SCTP listeners: its API has version 2.23 or a later one."
    " Only asked where the listener is missing.",
    cause="Octavia is older than the Wallaby release: Kuryr leaves SCTP listeners out.",
    remedy="ask the cloud's operator to upgrade Octavia",
)
def octavia_version(subject: UnheardSubject) -> Verdict:
    """Compare the newest version of the API with the first that knows SCTP."""
    newest = subject.snapshot.api_version
    if newest is None:
        return skip("Octavia does not tell its version")
    text = ".".join(map(str, newest))
    return ok(text) if newest >= _SCTP else fail(f"{text}, and SCTP came with 2.23")


@check(
    "listener-exists",
    on=LoadBalancerSubject,
    meaning="The load balancer has an SCTP listener; with --port, one on each of these ports.",
    cause="The Service has no SCTP port; or Octavia is older than API version 2.23, and Kuryr"
    " left the listener out; or the provider does not know SCTP.",
    remedy="check the Service's ports (`kubectl get service`), Octavia's version, and the log of"
    " kuryr-controller",
)
def listener_exists(subject: LoadBalancerSubject) -> Verdict:
    """Look for SCTP listeners."""
    listeners = subject.load_balancer.listeners
    judged = makers.sctp_listeners(subject.load_balancer)
    there = {one.protocol_port for one in judged}
    missing = [str(port) for port, _ in subject.snapshot.expected.ports if port not in there]
    if judged and not missing:
        return ok(", ".join(f"{one.protocol}:{one.protocol_port}" for one in judged))
    others = ", ".join(f"{one.protocol}:{one.protocol_port}" for one in listeners)
    what = f"no SCTP listener{' on port ' if missing else ''}{' and '.join(missing)}"
    return fail(f"{what}; there is {others}" if others else "no listener at all", transient=True)
