# SPDX-License-Identifier: Apache-2.0

"""What cloud-provider-openstack adds to the causes of checks, and what to do where it made them.

It compares a Service with Octavia whenever the Service or the nodes change, and when it starts.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EVENTS = "`kubectl describe service -n <namespace> <name>` (the events of the Service)"
_LOG = "the log of openstack-cloud-controller-manager"
_ANNOTATION = "loadbalancer.openstack.org/"

CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "floating-ip": "None: the Service is internal, or no external network is configured.",
        "listener-allowed-cidrs": "loadBalancerSourceRanges of the Service, or the annotation"
        " service.beta.kubernetes.io/load-balancer-source-ranges.",
        "listener-exists": "Another Service has the port on a shared load balancer; or the"
        f" annotations {_ANNOTATION}x-forwarded-for or default-tls-container-ref make every port"
        " HTTP or HTTPS.",
        "listener-quota": "It makes a listener for every port of each Service of type LoadBalancer,"
        " also of those without SCTP.",
        "listener-timeouts": f"The annotations {_ANNOTATION}timeout-client-data and"
        " timeout-member-data of the Service.",
        "load-balancer-exists": "The Service is not of type LoadBalancer; or Octavia refuses what"
        " it asks for.",
        "load-balancer-provisioning": "It does not change a load balancer that is not ACTIVE.",
        "load-balancer-quota": "It makes a load balancer for every Service of type LoadBalancer,"
        " also for those without SCTP.",
        "load-balancer-unique": "Two clusters in one project have the same cluster name: by default"
        " it is `kubernetes`.",
        "member-quota": "It makes a member for every node and each port of every Service.",
        "member-security-groups": "The nodes' group does not allow SCTP to node ports (30000 to"
        " 32767 by default) from the load balancer's subnet.",
        "members-exist": "The members are nodes: allocateLoadBalancerNodePorts of the Service is"
        f" false, no node fits the annotation {_ANNOTATION}node-selector, or the nodes have the"
        " label node.kubernetes.io/exclude-from-external-load-balancers.",
        "pool-algorithm": f"lb-method in its configuration, or the annotation {_ANNOTATION}"
        "lb-method of the Service.",
        "pool-persistence": "The Service's sessionAffinity ClientIP.",
        "pool-quota": "It makes a pool for every port of each Service of type LoadBalancer, also of"
        " those without SCTP.",
    }
)

REMEDIES: Mapping[str, str] = MappingProxyType(
    {
        "listener-allowed-cidrs": "check that the clients' addresses are in"
        " loadBalancerSourceRanges of the Service (`kubectl get service -n <namespace> <name> -o"
        " yaml`)",
        "listener-exists": f"see {_EVENTS}: a port that another Service has, or a quota; check that"
        f" the Service's ports have `protocol: SCTP`; then {_LOG}",
        "listener-protocol": "compare with the Service's ports and annotations (`kubectl get"
        f" service -n <namespace> <name> -o yaml`), and see {_LOG}",
        "member-port": "compare with the Service's node ports (`kubectl get service -n <namespace>"
        " <name> -o yaml`)",
        "member-status": "check that a pod of the Service is ready (`kubectl get endpoints,pods -n"
        " <namespace>`) and the node, too (`kubectl get nodes -o wide`), that kube-proxy serves the"
        " node port there, and that the node's security group allows sctp to it, not only tcp",
        "members-exist": "check the nodes (`kubectl get nodes --show-labels`) and"
        " allocateLoadBalancerNodePorts and the annotations of the Service (`kubectl get service"
        f" -n <namespace> <name> -o yaml`); then {_LOG}",
        "pool-algorithm": "set lb-method of cloud-provider-openstack, or the annotation"
        f" {_ANNOTATION}lb-method of the Service, to an algorithm that the provider supports",
        "pool-exists": f"see {_EVENTS}, and {_LOG}",
        "pool-protocol": f"compare with the Service's annotations, and see {_LOG}",
        "pool-status": "look at the members' rows, at the nodes and at the pods: behind a node's"
        " port any pod of the Service may answer",
    }
)
