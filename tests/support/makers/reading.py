# SPDX-License-Identifier: Apache-2.0

"""Reads what became of a case: Octavia's and Neutron's objects, and what Kubernetes says."""

from collections.abc import Iterable
from typing import Any

from openstack.connection import Connection

from tests.support.makers.kubernetes_api import KubernetesApi

Body = dict[str, Any]

# What differs from run to run, only repeats what is said elsewhere, or is of TLS and HTTP.
_LEFT_OUT = {
    "load balancer": "created_at updated_at listeners pools vip_network_id vip_qos_policy_id"
    " project_id tenant_id flavor_id availability_zone vip_vnic_type",
    "listener": "created_at updated_at loadbalancers project_id tenant_id alpn_protocols"
    " client_authentication client_ca_tls_container_ref client_crl_container_ref l7policies"
    " hsts_include_subdomains hsts_max_age hsts_preload sni_container_refs tls_ciphers"
    " tls_versions",
    "pool": "created_at updated_at loadbalancers listeners project_id tenant_id members"
    " alpn_protocols ca_tls_container_ref crl_container_ref tls_ciphers tls_container_ref"
    " tls_enabled tls_versions",
    "member": "created_at updated_at project_id tenant_id vnic_type",
    "health monitor": "created_at updated_at project_id tenant_id pools",
}


class Cloud:
    """Octavia and Neutron, as one user sees them; the bodies are those of their APIs."""

    def __init__(self, connection: Connection, admin: Connection) -> None:
        self._octavia: Any = connection.load_balancer
        self._network: Any = admin.network

    def balancers(self, own: Iterable[str]) -> list[Body]:
        """Return the load balancers that there are, of these IDs."""
        answers = [self._octavia.get(f"/lbaas/loadbalancers/{each}") for each in own]
        return [each.json()["loadbalancer"] for each in answers if each.status_code != 404]

    def whole(self, balancer: Body) -> Body:
        """Return a load balancer with all its parts inside one another.

        A pool that several listeners use is inside of the first one, by name.
        """
        own = balancer["id"]
        found = self._list(f"pools?loadbalancer_id={own}")
        pools = {pool["id"]: self._pool(pool) for pool in found}
        listeners = [
            _kept("listener", listener) | {"default_pool": pools.pop(_pool_id(listener), None)}
            for listener in _by_name(self._list(f"listeners?load_balancer_id={own}"))
        ]
        return {
            **_kept("load balancer", balancer),
            "listeners": listeners,
            "other_pools": _by_name(pools.values()),
            "vip_port": self._port(balancer["vip_port_id"]),
            "floating_ips": self._floating_ips(balancer["vip_port_id"]),
        }

    def idle_floating_ips(self, marks: Iterable[str]) -> list[Body]:
        """Return the floating IPs that lead nowhere and whose description has one of the texts."""
        wanted = tuple(marks)
        return [
            {"floating_ip_address": found.floating_ip_address, "description": found.description}
            for found in self._network.ips()
            if not found.port_id and any(mark in f" {found.description}" for mark in wanted)
        ]

    def delete_idle_floating_ips(self, marks: Iterable[str]) -> None:
        """Delete those that `idle_floating_ips` tells."""
        for found in self.idle_floating_ips(marks):
            (floating,) = self._network.ips(floating_ip_address=found["floating_ip_address"])
            self._network.delete_ip(floating)

    def _pool(self, pool: Body) -> Body:
        members = [_kept("member", row) for row in self._list(f"pools/{pool['id']}/members")]
        monitor = None
        if pool.get("healthmonitor_id"):
            monitors = self._list(f"healthmonitors?id={pool['healthmonitor_id']}")
            monitor = _kept("health monitor", monitors[0]) if monitors else None
        whole = _kept("pool", pool)
        return {**whole, "members": _by_name(members), "healthmonitor": monitor}

    def _port(self, port_id: str) -> Body | None:
        """Return the VIP's port with the rules of its groups."""
        (port,) = [*self._network.ports(id=port_id)] or [None]
        if port is None:
            return None
        groups = [self._network.get_security_group(group) for group in port.security_group_ids]
        return {
            "name": port.name,
            "status": port.status,
            "device_owner": port.device_owner,
            "description": port.description,
            "tags": port.tags,
            "security_groups": list(map(_group, groups)),
        }

    def groups(self, marks: Iterable[str]) -> list[Body]:
        """Return the groups whose description has one of these texts, with their ports' names."""
        wanted = tuple(marks)
        return [
            {
                **_group(group),
                "ports": sorted(
                    port.name for port in self._network.ports(security_groups=group.id)
                ),
            }
            for group in self._network.security_groups()
            if any(mark in group.description for mark in wanted)
        ]

    def _floating_ips(self, port_id: str) -> list[Body]:
        return [
            {
                "floating_ip_address": found.floating_ip_address,
                "fixed_ip_address": found.fixed_ip_address,
                "description": found.description,
                "status": found.status,
                "tags": found.tags,
            }
            for found in self._network.ips(port_id=port_id)
        ]

    def _list(self, path: str) -> list[Body]:
        answer = self._octavia.get(f"/lbaas/{path}")
        if answer.status_code == 404:
            return []  # a pool may go while it is read
        key = path.partition("?")[0].rpartition("/")[2]
        return list(answer.json()[key])


def service_of(api: KubernetesApi, namespace: str) -> dict[str, Body]:
    """Return what Kubernetes says of each Service of a namespace."""
    return {found["metadata"]["name"]: _service(found) for found in api.list("Service", namespace)}


def events_of(api: KubernetesApi, namespace: str) -> list[Body]:
    """Return the events of the Services of a namespace, each kind of message once."""
    found = [
        {
            "service": event["involvedObject"]["name"],
            "type": event["type"],
            "reason": event["reason"],
            "message": event["message"],
        }
        for event in api.list("Event", namespace)
        if event["involvedObject"]["kind"] in ("Service", "KuryrLoadBalancer")
    ]
    return sorted(found, key=lambda event: tuple(event.values()))


def _service(found: Body) -> Body:
    meta = found["metadata"]
    annotations = meta.get("annotations", {})
    return {
        "annotations": annotations,
        "finalizers": meta.get("finalizers", []),
        "ingress": found["status"].get("loadBalancer", {}).get("ingress", []),
        "spec": found["spec"],
    }


def _pool_id(listener: Body) -> str:
    return listener.get("default_pool_id") or ""


def _kept(kind: str, body: Body) -> Body:
    left_out = _LEFT_OUT[kind].split()
    return {key: value for key, value in sorted(body.items()) if key not in left_out}


def _by_name(parts: Iterable[Body]) -> list[Body]:
    return sorted(parts, key=lambda part: (part["name"], part.get("address", ""), part["id"]))


def _group(group: Any) -> Body:
    return {
        "name": group.name,
        "description": group.description,
        "rules": sorted(map(_rule, group.security_group_rules), key=str),
    }


def _rule(rule: Body) -> Body:
    keys = ("direction", "ethertype", "protocol", "port_range_min", "port_range_max")
    more = ("remote_ip_prefix", "remote_group_id", "description")
    return {key: rule.get(key) for key in (*keys, *more)}
