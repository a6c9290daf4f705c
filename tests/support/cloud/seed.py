# SPDX-License-Identifier: Apache-2.0

"""Fills the cloud through its real APIs, as an administrator and then Kuryr would."""

import time
from collections.abc import Sequence
from typing import Any

import openstack
from openstack.connection import Connection

from tests.support.cloud import walkthrough
from tests.support.cloud.providers import Provider
from tests.support.cloud.settings import CATALOGUE_TYPES, Settings
from tests.support.cloud.walkthrough import Network, Service

ACTIVE_TIMEOUT = 60.0  # seconds


def accounts(settings: Settings) -> None:
    """Make projects, users, roles and the catalogue."""
    identity: Any = _connect(settings, "admin").identity
    roles = {role.name: role for role in identity.roles()}
    projects = {project.name: project for project in identity.projects()}
    for user in (*walkthrough.CLOUD_USERS, *walkthrough.SERVICE_USERS):
        if user is walkthrough.ADMIN:
            continue  # made together with the database
        if user.project not in projects:
            projects[user.project] = identity.create_project(name=user.project, domain_id="default")
        created = identity.create_user(
            name=user.name, password=walkthrough.PASSWORD, domain_id="default"
        )
        for role in user.roles:
            if role not in roles:
                roles[role] = identity.create_role(name=role)
            identity.assign_project_role_to_user(projects[user.project], created, roles[role])
    for server, kind in CATALOGUE_TYPES.items():
        if server == "keystone":
            continue  # likewise
        service = identity.create_service(name=server, type=kind)
        for interface in ("public", "internal", "admin"):
            identity.create_endpoint(
                service_id=service.id,
                interface=interface,
                url=settings.urls[server],
                region_id=walkthrough.REGION,
            )


def networks(settings: Settings) -> None:
    """Make the networks, the router between them, and the pods' ports."""
    admin = _connect(settings, "admin")
    service_project = admin.identity.find_project("service", ignore_missing=False)
    management = _network(
        admin.network, walkthrough.MANAGEMENT_NETWORK, project_id=service_project.id
    )
    settings.management_network.write_text(management.id)
    public = _network(
        admin.network,
        walkthrough.PUBLIC_NETWORK,
        is_router_external=True,
        provider_network_type="flat",
        provider_physical_network="public",
    )
    kuryr: Any = _connect(settings, "kuryr").network
    router = kuryr.create_router(name="k8s-router", external_gateway_info={"network_id": public.id})
    subnets = {}
    adapted = settings.adaptation()
    more = adapted.networks
    for network in (walkthrough.SERVICE_NETWORK, walkthrough.POD_NETWORK, *more):
        _network(kuryr, network)
        for subnet in network.subnets:
            subnets[subnet.name] = kuryr.find_subnet(subnet.name, ignore_missing=False)
            kuryr.add_interface_to_router(router, subnet_id=subnets[subnet.name].id)
    ports = _pods(kuryr, adapted)
    for name, (network, addresses) in adapted.ports.items():
        ports[name] = _port(kuryr, name, network, addresses)
    adapted.note_ports(settings.state, ports)


def load_balancers(settings: Settings) -> None:
    """Make the walkthrough's load balancers, names and settings as Kuryr chooses them."""
    connection = _connect(settings, "kuryr")
    for service in walkthrough.SERVICES:
        _load_balancer(connection, service, settings.adaptation())


def _connect(settings: Settings, cloud: str) -> Connection:
    loader = openstack.config.OpenStackConfig(config_files=[str(settings.state / "clouds.yaml")])
    return Connection(config=loader.get_one(cloud=cloud))


def _network(api: Any, network: Network, **options: Any) -> Any:
    created = api.create_network(name=network.name, **options)
    for subnet in network.subnets:
        more: dict[str, Any] = {}
        if subnet.pool:
            start, end = subnet.pool
            more["allocation_pools"] = [{"start": start, "end": end}]
        api.create_subnet(
            name=subnet.name,
            network_id=created.id,
            cidr=subnet.cidr,
            ip_version=6 if ":" in subnet.cidr else 4,
            gateway_ip=subnet.gateway,
            is_dhcp_enabled=False,
            project_id=created.project_id,
            **more,
        )
    return created


def _pods(network: Any, adapted: Provider) -> dict[str, dict[str, str]]:
    """Give each pod a port that lets SCTP in from where the provider's packets come."""
    group = network.create_security_group(name="k8s-pods")
    for prefix in adapted.pods_admit(walkthrough.SERVICE_NETWORK):
        network.create_security_group_rule(
            security_group_id=group.id,
            direction="ingress",
            ether_type="IPv6" if ":" in prefix else "IPv4",
            protocol="sctp",
            remote_ip_prefix=prefix,
        )
    return {
        pod: _port(
            network,
            pod,
            walkthrough.POD_NETWORK,
            (address, walkthrough.PODS_V6[pod]),
            security_group_ids=[group.id],
        )
        for pod, address in walkthrough.PODS.items()
    }


def _port(
    api: Any, name: str, network: Network, addresses: Sequence[str], **options: Any
) -> dict[str, str]:
    made = api.create_port(
        name=name,
        network_id=api.find_network(network.name, ignore_missing=False).id,
        fixed_ips=[{"ip_address": address} for address in addresses],
        **options,
    )
    return {"id": made.id, "mac": made.mac_address}


def _load_balancer(connection: Connection, service: Service, adapted: Provider) -> None:
    api, network = connection.load_balancer, connection.network
    subnet = network.find_subnet(walkthrough.SERVICE_SUBNET.name, ignore_missing=False)
    loadbalancer = api.create_load_balancer(
        name=service.name,
        vip_subnet_id=subnet.id,
        vip_address=service.vip,
        **adapted.load_balancer(service),
    )
    _wait_until_active(api, loadbalancer.id)
    listener = api.create_listener(
        name=service.listener,
        loadbalancer_id=loadbalancer.id,
        protocol=adapted.protocol(service),
        protocol_port=service.port,
    )
    _wait_until_active(api, loadbalancer.id)
    pool = api.create_pool(
        name=service.listener,
        listener_id=listener.id,
        protocol=adapted.protocol(service),
        lb_algorithm=adapted.algorithm,
    )
    _wait_until_active(api, loadbalancer.id)
    for member in service.members:
        api.create_member(
            pool,
            name=member.name,
            address=member.address,
            protocol_port=member.port,
            subnet_id=subnet.id,
        )
        _wait_until_active(api, loadbalancer.id)


def _wait_until_active(api: Any, loadbalancer_id: str) -> None:
    """Poll faster than the SDK's own wait, whose shortest interval is a second."""
    deadline = time.monotonic() + ACTIVE_TIMEOUT
    while time.monotonic() < deadline:
        loadbalancer = api.get_load_balancer(loadbalancer_id)
        if loadbalancer.provisioning_status == "ACTIVE":
            return
        if loadbalancer.provisioning_status == "ERROR":
            raise RuntimeError(f"load balancer {loadbalancer.name} became ERROR")
        time.sleep(0.1)
    raise TimeoutError(f"load balancer {loadbalancer_id} did not become ACTIVE")
