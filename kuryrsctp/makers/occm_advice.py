# SPDX-License-Identifier: Apache-2.0

"""What cloud-provider-openstack adds to the causes of checks, and what to do where it made them.

It compares a Service with Octavia when the Service changes, its annotations included, when a node
comes or goes, and when it starts; where it fails, again after 5 s, then after twice as long each
time, up to 5 minutes. At no other time does it look. It then makes again listeners, pools, members,
monitors and the floating IP that were deleted, and sets back values, algorithms, tags that were
taken away, and the names of members and monitors; it deletes members that are not nodes, and
listeners without a tag, with the pools that they use. It stops at a listener that has tags, but not
its own. What it leaves: weight, backup, and what is switched off; names of load balancers,
listeners and pools, but where it starts with another --cluster-name; persistence of a pool; pools
that no listener uses; and ERROR, but of a listener, pool or monitor that it has to change anyway.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EVENTS = "`kubectl describe service -n <namespace> <name>` (the events of the Service)"
_LOG = "the log of openstack-cloud-controller-manager"
_ANNOTATION = "loadbalancer.openstack.org/"
_AGAIN = (
    "cloud-provider-openstack makes again what was deleted by hand once the Service changes (an"
    " annotation of any name will do); it then takes back other changes by hand, too"
)

# What becomes of a listener that was made by hand on the load balancer of a Service.
REMOVAL = (
    "cloud-provider-openstack deletes this listener with the next change of the Service, unless the"
    " Service has this port"
)
POOL_REMOVAL = (
    f"{REMOVAL}, and deletes its pool with it: the Service's own listener on that pool has none"
    " then until the Service changes once more; if no client needs this port, delete this listener"
    " before, and the pool stays"
)

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "floating-ip": "None: the Service is internal; no external network is found; the quota is"
        " used up; loadBalancerIP of the Service is not free, or not the project's; the VIP is of"
        " IPv6; or it was removed by hand, which no event tells.",
        "listener-allowed-cidrs": "loadBalancerSourceRanges of the Service, or the annotation"
        " service.beta.kubernetes.io/load-balancer-source-ranges.",
        "listener-exists": "Another Service has the port on a shared load balancer; or the"
        f" annotation {_ANNOTATION}x-forwarded-for makes every port HTTP.",
        "listener-quota": "It makes a listener for every port of each Service of type LoadBalancer,"
        " also of those without SCTP.",
        "listener-timeouts": f"The annotations {_ANNOTATION}timeout-client-data and"
        " timeout-member-data of the Service.",
        "load-balancer-exists": "The Service is not of type LoadBalancer; there is no node for it;"
        " or Octavia refuses what it asks for, and then nothing is made: a quota has no room for"
        " all of it, also one of pools or members, or Neutron's of ports (409, which says that"
        " the address is in use); the annotation"
        f" {_ANNOTATION}proxy-protocol is set; there is no such lb-method; or the annotation"
        f" {_ANNOTATION}default-tls-container-ref is set, and there is no key manager. Where the"
        " Service has the annotation"
        f" {_ANNOTATION}load-balancer-id: that load balancer is gone, and no other is made (it was"
        " deleted by hand; or the Service was not of type LoadBalancer for a while; or a Service of"
        " this name was deleted in another cluster with the same --cluster-name); or another"
        " Service has the port there; or as many Services share it as may (2 by default).",
        "load-balancer-provisioning": "It does not change a load balancer that is not ACTIVE.",
        "load-balancer-quota": "It makes a load balancer for every Service of type LoadBalancer,"
        " also for those without SCTP.",
        "load-balancer-unique": "The Service had a load balancer of its own when the annotation"
        f" {_ANNOTATION}load-balancer-id was given another one, or taken away: the one that it"
        " does not use any more stays, and gets no changes.",
        "member-port": "A member that was added by hand, or a second one of a node.",
        "member-quota": "It makes a member for every node and each port of every Service.",
        "member-security-groups": "The nodes' group does not allow SCTP to node ports (30000 to"
        " 32767 by default) from the load balancer's subnet.",
        "member-status": "It keeps nodes that are not ready as members (seen with release 1.36).",
        "members-exist": "The members are nodes: allocateLoadBalancerNodePorts of the Service is"
        f" false, no node fits the annotation {_ANNOTATION}node-selector, or the nodes have the"
        " label node.kubernetes.io/exclude-from-external-load-balancers. A node that"
        " got another address, or a label that node-selector asks for, after it came is a member"
        " with it only after the next change of the Service or of the nodes.",
        "pool-algorithm": f"lb-method in its configuration, or the annotation {_ANNOTATION}"
        "lb-method of the Service.",
        "pool-exists": f"The annotation {_ANNOTATION}proxy-protocol was added: it deletes the"
        " pool, and Octavia refuses the new one, as an SCTP listener can have none of type PROXY.",
        "pool-persistence": "The Service's sessionAffinity when the pool was made: a later change"
        " of it changes nothing.",
        "pool-quota": "It makes a pool for every port of each Service of type LoadBalancer, also of"
        " those without SCTP.",
        "pools-used": "The listener was deleted by hand: it makes listener and pool again, and"
        " leaves the old pool. On a shared load balancer it stays when its Service is deleted.",
    }
)

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "listener-allowed-cidrs": "check that the clients' addresses are in"
        " loadBalancerSourceRanges of the Service (`kubectl get service -n <namespace> <name> -o"
        " yaml`)",
        "listener-exists": f"see {_EVENTS}: a port that another Service has, or a quota; check that"
        f" the Service's ports have `protocol: SCTP`; then {_LOG}; {_AGAIN}",
        "listener-name": "compare with `kubectl get service -n <namespace> <name>`: if the Service"
        " has this port, no change of the Service is carried out until the listener has its own tag"
        " again: `openstack loadbalancer listener set --tag <tag> <ID>`; if not, leave its tags as"
        " they are",
        "listener-protocol": "compare with the Service's ports and annotations (`kubectl get"
        f" service -n <namespace> <name> -o yaml`), and see {_LOG}",
        "load-balancer-exists": "check name, namespace, cluster and project; see"
        f" {_EVENTS}, which mostly name the reason, and {_LOG}; where they say `failed to get load"
        " balancer` and 404, it is gone, and no other is made while the Service has the annotation"
        f" {_ANNOTATION}load-balancer-id: take that away only where it names the one that is gone;"
        " the floating IP that it had stays, and the new one gets another",
        "member-port": "compare with the Service's node ports (`kubectl get service -n <namespace>"
        " <name> -o yaml`): only while a node port changes may members have the old one, too, for a"
        " moment",
        "member-status": "check that a pod of the Service is ready (`kubectl get endpoints,pods -n"
        " <namespace>`) and the node, too (`kubectl get nodes -o wide`), that kube-proxy serves the"
        " node port there, and that the node's security group allows sctp to it, not only tcp",
        "members-exist": "check the nodes (`kubectl get nodes --show-labels`) and"
        " allocateLoadBalancerNodePorts and the annotations of the Service (`kubectl get service"
        f" -n <namespace> <name> -o yaml`); then {_LOG}",
        "pool-algorithm": "set lb-method of cloud-provider-openstack, or the annotation"
        f" {_ANNOTATION}lb-method of the Service, to an algorithm that the provider supports",
        "pool-exists": f"take the annotation {_ANNOTATION}proxy-protocol of the Service away, if it"
        f" has one; see {_EVENTS}, and {_LOG}; {_AGAIN}",
        "pool-protocol": f"compare with the Service's annotations, and see {_LOG}",
        "pool-status": "look at the members' rows, at the nodes and at the pods: behind a node's"
        " port any pod of the Service may answer",
    }
)
