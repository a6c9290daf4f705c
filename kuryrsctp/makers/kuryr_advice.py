# SPDX-License-Identifier: Apache-2.0

"""What Kuryr adds to the causes of checks, and what to do where it made the load balancer.

Every 600 s Kuryr looks whether the objects that it made still exist, by their IDs, and makes those
that do not, within seconds: first load balancers, listeners and pools, and members only where no
pool of any Service was missing. A load balancer that was renamed is not found then: Kuryr asks for
another with the same address, which Octavia refuses. What was added or broken by hand stays so. An
endpoint that comes or goes brings back only a load balancer. While its pool is missing, it makes
Kuryr fail its liveness probe, again and again: Kuryr is then restarted before it looks. Its record
of the Service (a KuryrLoadBalancer) is the way out: once that is deleted, Kuryr takes the load
balancer and its floating IP away, and makes both anew.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EVENTS = "`kubectl describe service -n <namespace> <name>` (Kuryr's events)"
_LOG = "the log of kuryr-controller"

# How to let it make a whole load balancer anew.
ANEW = (
    "`kubectl delete kuryrloadbalancer -n <namespace> <name>` lets Kuryr make the whole load"
    " balancer anew, within two minutes or so; there is no traffic until then, and its floating IP"
    " may be another one"
)

_BY_HAND = "Kuryr neither changes nor removes what was made or renamed by hand"
_RESTARTED = "A quota that is used up makes it fail its liveness probe: it is restarted."

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "floating-ip": "None: only type LoadBalancer has one. Where a Service got this type later,"
        " it comes with the next endpoint that comes or goes; it stays where the type is changed"
        " back.",
        "listener-admin-state": "Kuryr switches a listener off where a NetworkPolicy leaves no CIDR"
        " that it admits, which is rare.",
        "listener-allowed-cidrs": "A NetworkPolicy; Kuryr adds the service subnet to its list, and"
        " ignores loadBalancerSourceRanges.",
        "listener-exists": "The Service's port was changed: Kuryr deletes the old listener before"
        " it makes the new one. Or the quota of listeners or of pools is used up. Or the provider"
        " refuses Kuryr's [octavia_defaults] lb_algorithm for the pool: then Kuryr deletes the"
        " listener and makes it again every few seconds.",
        "listener-quota": "Kuryr makes a listener for every port of each Service, also of those"
        " without SCTP.",
        "listener-timeouts": "The annotations openstack.org/kuryr-timeout-client-data and"
        " -member-data of the Service.",
        "load-balancer-exists": "Kuryr makes none for a Service that is headless, without"
        " endpoints, or not of type ClusterIP or LoadBalancer; and none where Octavia refuses"
        " it: the address is in use (409), Neutron's quota of ports is used up (409, which also"
        " says that the address is in use), Octavia's quota is used up (403), the provider is not"
        " enabled (400). It then tries again, every two minutes. Or an annotation"
        " openstack.org/kuryr-timeout-client-data or -member-data is no number: no event tells it."
        " With 403, 400 or such an annotation Kuryr also fails its liveness probe, and is"
        " restarted, which holds up all Services. Or it was renamed by hand: when Kuryr then misses"
        " a part of it, it tries to make another with the same address (409).",
        "load-balancer-quota": f"Kuryr makes a load balancer for every Service, also for those"
        f" without SCTP. {_RESTARTED}",
        "load-balancer-unique": "Kuryr's names do not tell clusters apart: two clusters in one"
        " project may both have a Service of this name.",
        "member-quota": "Kuryr makes a member for every ready endpoint of each port of every"
        f" Service, also of those without SCTP. {_RESTARTED}",
        "member-security-groups": "The pods' group has a rule for tcp only, as in Kuryr's manual.",
        "members-exist": "Only ready endpoints become members; without one the pool stays, empty. A"
        " member that was deleted by hand comes back when Kuryr looks, which it does every 10"
        " minutes.",
        "octavia-version": "Kuryr leaves SCTP listeners out if Octavia is too old.",
        "pool-persistence": "Kuryr ignores the Service's session affinity.",
        "pool-status": "While a pool is in ERROR, Octavia lets Kuryr add no member to it.",
        "pool-quota": "Kuryr makes a pool for every port of each Service, also of those without"
        f" SCTP. {_RESTARTED}",
        "pools-used": "The listener was deleted by hand: Kuryr makes listener and pool again, and"
        " leaves the old pool.",
        "vip-security-groups": "Where Kuryr's [octavia_defaults] enforce_sg_rules is False, Kuryr"
        " takes all groups from the VIP's port.",
    }
)

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "listener-admin-state": "see whether a NetworkPolicy is why (`kubectl get networkpolicy -n"
        " <namespace>`); if not: `openstack loadbalancer listener set --enable <ID>`",
        "listener-allowed-cidrs": "check that the clients' addresses are in the list (`kubectl get"
        " networkpolicy -n <namespace>`)",
        "listener-exists": "check that the Service's ports have `protocol: SCTP`; see"
        f" {_EVENTS}, Octavia's version, and {_LOG}: only the log tells of a quota of listeners"
        " that is used up, or of an algorithm that the provider refuses; a listener that was"
        " deleted by hand comes back when Kuryr looks, which it does every 10 minutes",
        "listener-name": f"{_BY_HAND}; traffic does not depend on the name; compare with `kubectl"
        " get service -n <namespace> <name>`: if the Service has this port, rename it (`openstack"
        " loadbalancer listener set --name <expected name> <ID>`); if not, it is none of the"
        " Service's, and should the Service get this port, Octavia refuses Kuryr's own listener"
        " there while this one has the port",
        "listener-port": f"compare with `kubectl get service -n <namespace> <name>`; {_BY_HAND}",
        "listener-protocol": "compare with the Service's ports (`kubectl get service -n <namespace>"
        f" <name>`); if it is none of Kuryr's: {ANEW}",
        "member-name": "compare its address with `kubectl get endpoints -n <namespace> <name>`: the"
        f" associations that go to a member without an endpoint are lost; {_BY_HAND}",
        "member-port": f"compare with `kubectl get endpoints -n <namespace> <name>`; {_BY_HAND}",
        "member-status": "check the pod (`kubectl get pods -n <namespace> -o wide`), and that its"
        " security group allows sctp, not only tcp",
        "members-exist": "check the pods and the Service's selector (`kubectl get"
        f" endpoints,pods -n <namespace>`); then {_LOG}",
        "pool-algorithm": "set Kuryr's [octavia_defaults] lb_algorithm to one that the provider"
        " supports, for the pools that it makes from then on",
        "pool-exists": "check that Kuryr's [octavia_defaults] lb_algorithm is one that the provider"
        f" supports; see {_EVENTS} and {_LOG}; a pool that was deleted by hand comes back when"
        " Kuryr looks, which it does every 10 minutes, unless Kuryr is restarted again and again"
        f" (events KuryrEnsureLBError with 404): then {ANEW}",
        "pool-name": f"{_BY_HAND}; traffic does not depend on the name; rename it if its members"
        " are the endpoints of this port (`kubectl get endpoints -n <namespace> <name>`):"
        " `openstack loadbalancer pool set --name <expected name> <ID>`",
        "pool-protocol": f"leave it to Kuryr: {ANEW}",
    }
)
