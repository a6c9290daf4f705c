# SPDX-License-Identifier: Apache-2.0

"""Configuration files of Keystone, Neutron, Octavia and their clients."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.cloud import providers, walkthrough

SERVERS = ("keystone", "neutron", "octavia")
STANDARD_PORTS = {"keystone": 5000, "neutron": 9696, "octavia": 9876}
CATALOGUE_TYPES = {"keystone": "identity", "neutron": "network", "octavia": "load-balancer"}

Section = providers.Section


@dataclass(frozen=True)
class Settings:
    """Where a cloud keeps its files, and where its servers answer.

    `processes` is for servers that have more than one, `provider` who moves the packets.
    """

    state: Path
    urls: Mapping[str, str]
    processes: Mapping[str, int] = field(default_factory=dict)
    provider: str = providers.AMPHORA

    def adaptation(self) -> providers.Provider:
        """Return what this cloud's provider changes."""
        return providers.of(self.provider)

    @property
    def secrets(self) -> Path:
        """The directory of keys and certificates."""
        return self.state / "secrets"

    def database(self, server: str) -> Path:
        """The SQLite database of a server."""
        return self.state / f"{server}.db"

    def config(self, server: str) -> Path:
        """The configuration file of a server."""
        return self.state / f"{server}.conf"

    @property
    def management_network(self) -> Path:
        """The file with the ID of the amphorae's management network, once that exists."""
        return self.state / "management-network"

    @property
    def authentication_url(self) -> str:
        """The identity API, version 3."""
        return f"{self.urls['keystone']}/v3"

    def write(self, server: str) -> None:
        """Write the configuration file of a server."""
        sections = {"keystone": _keystone, "neutron": _neutron, "octavia": _octavia}[server](self)
        for section, options in self.adaptation().options(server, self.state).items():
            sections[section] = {**sections.get(section, {}), **options}
        sections["database"] = {
            "connection": f"sqlite:///{self.database(server)}?timeout=60",
            "sqlite_synchronous": "false",
            "pool_timeout": "",  # SQLAlchemy refuses it together with SQLite
        }
        self.config(server).write_text(_ini(sections))

    def write_clouds(self) -> None:
        """Write clouds.yaml, one cloud a user (JSON is YAML, and needs no library)."""
        clouds = {
            user.name: {
                "auth_type": "password",
                "auth": {
                    "auth_url": self.authentication_url,
                    "username": user.name,
                    "password": walkthrough.PASSWORD,
                    "project_name": user.project,
                    "user_domain_id": "default",
                    "project_domain_id": "default",
                },
                "region_name": walkthrough.REGION,
            }
            for user in walkthrough.CLOUD_USERS
        }
        path = self.state / "clouds.yaml"
        path.write_text(json.dumps({"clouds": clouds}, indent=2) + "\n")
        path.chmod(0o600)


def _ini(sections: Mapping[str, Section]) -> str:
    lines = []
    for name, options in sections.items():
        lines.append(f"[{name}]")
        lines += [f"{option} = {value}" for option, value in options.items()]
    return "\n".join([*lines, ""])


def _service_account(settings: Settings, name: str) -> Section:
    return {
        "auth_url": settings.urls["keystone"],
        "auth_type": "password",
        "project_domain_id": "default",
        "user_domain_id": "default",
        "project_name": "service",
        "username": name,
        "password": walkthrough.PASSWORD,
    }


def _token_validation(settings: Settings, name: str) -> Section:
    return {
        **_service_account(settings, name),
        "www_authenticate_uri": settings.urls["keystone"],
        "service_token_roles_required": "true",
        # A token is checked once, not at each request; nobody revokes one here.
        "token_cache_time": 300,
    }


def _keystone(settings: Settings) -> dict[str, Section]:
    keys = settings.secrets
    return {
        "DEFAULT": {"use_stderr": "true"},
        "api": {"response_validation": "ignore"},
        "cache": {
            "enabled": "true",
            "backend": "dogpile.cache.memory",
            "expiration_time": 600,
        },
        "credential": {"key_repository": keys / "credential-keys"},
        "fernet_receipts": {"key_repository": keys / "fernet-keys"},
        "fernet_tokens": {"key_repository": keys / "fernet-keys"},
        "identity": {"password_hash_rounds": 4},
        "oslo_policy": {"enforce_scope": "true"},
        "token": {"provider": "fernet", "expiration": 86400},
    }


def _neutron(settings: Settings) -> dict[str, Section]:
    return {
        "DEFAULT": {
            "api_paste_config": Path(sys.prefix) / "etc/neutron/api-paste.ini",
            "auth_strategy": "keystone",
            "core_plugin": "ml2",
            "default_availability_zones": "",
            "l3_ha": "false",
            "notify_nova_on_port_data_changes": "false",
            "notify_nova_on_port_status_changes": "false",
            "rpc_response_timeout": 3,
            "rpc_workers": 0,
            "service_plugins": "router",
            "state_path": settings.state / "neutron",
            "transport_url": "fake://",
            "use_stderr": "true",
        },
        "keystone_authtoken": _token_validation(settings, "neutron"),
        "ml2": {
            "extension_drivers": "port_security",
            "mechanism_drivers": "openvswitch",
            "tenant_network_types": "vxlan",
            "type_drivers": "local,flat,vxlan",
        },
        "ml2_type_flat": {"flat_networks": "public"},
        # Each becomes a row at the first start, and is looked at again at every start.
        "ml2_type_vxlan": {"vni_ranges": "1:1000"},
        "quotas": {
            f"quota_{resource}": -1
            for resource in ("network", "port", "security_group", "security_group_rule", "subnet")
        },
        "oslo_concurrency": {"lock_path": settings.state / "neutron/lock"},
        "securitygroup": {"enable_security_group": "true"},
    }


def _octavia(settings: Settings) -> dict[str, Section]:
    state, secrets = settings.state, settings.secrets
    return {
        "DEFAULT": {
            # Otherwise every option there is becomes a line in the log.
            "default_log_levels": "octavia=INFO,octavia.api.app=WARN,oslo=WARN,sqlalchemy=WARN",
            "host": "lab",
            "transport_url": "fake://",
            "use_stderr": "true",
        },
        "api_settings": {
            "allow_prometheus_listeners": "true",
            "api_base_uri": settings.urls["octavia"],
            "auth_strategy": "keystone",
            "default_provider_driver": "amphora",
            "enabled_provider_drivers": "amphora:The Octavia Amphora driver,octavia:Its old name",
        },
        "certificates": {
            "ca_certificate": secrets / "ca.pem",
            "ca_private_key": secrets / "ca.key",
            "cert_generator": "local_cert_generator",
            "cert_manager": "noop_cert_manager",
        },
        "controller_worker": {
            "amp_boot_network_list": settings.management_network.read_text(),
            "amphora_driver": "lab_amphora_driver",
            "client_ca": secrets / "ca.pem",
            "compute_driver": "lab_compute_driver",
            "image_driver": "image_noop_driver",
            "loadbalancer_topology": "SINGLE",
            "network_driver": "lab_network_driver",
            "volume_driver": "volume_noop_driver",
            "workers": 1,
        },
        "driver_agent": {
            f"{kind}_socket_path": state / f"{kind}.sock" for kind in ("get", "stats", "status")
        },
        "health_manager": {"heartbeat_key": "lab", "heartbeat_timeout": 100_000_000},
        "keystone_authtoken": _token_validation(settings, "octavia"),
        "neutron": {"region_name": walkthrough.REGION, "valid_interfaces": "internal"},
        "nova": {"region_name": walkthrough.REGION},
        "oslo_messaging": {"topic": "octavia_prov"},
        "service_auth": _service_account(settings, "octavia"),
        "task_flow": {"jobboard_enabled": "false"},
    }
