# SPDX-License-Identifier: Apache-2.0

"""Makes empty databases. Each function runs in a process of its own: configuration is global."""

from typing import Any

from tests.support.cloud import sqlite as sqlite
from tests.support.cloud import walkthrough
from tests.support.cloud.settings import Settings


def _write_ahead(engine: Any) -> None:
    """Let readers and one writer work at the same time, now and whenever the file is opened."""
    with engine.connect() as connection:
        connection.connection.driver_connection.execute("PRAGMA journal_mode=WAL")


def keystone(settings: Settings) -> None:
    """Create Keystone's tables, its administrator and its own place in the catalogue."""
    import keystone.server
    from keystone.cmd.bootstrap import Bootstrapper
    from keystone.common import sql
    from keystone.common.sql import upgrades

    keystone.server.configure(config_files=[str(settings.config("keystone"))])
    with sql.session_for_write() as session:
        _write_ahead(session.get_bind())
    upgrades.offline_sync_database_to_version()
    bootstrapper = Bootstrapper()
    bootstrapper.admin_username = walkthrough.ADMIN.name
    bootstrapper.admin_password = walkthrough.PASSWORD
    bootstrapper.project_name = walkthrough.ADMIN.project
    bootstrapper.admin_role_name = "admin"
    bootstrapper.service_name = "keystone"
    bootstrapper.region_id = walkthrough.REGION
    bootstrapper.public_url = settings.authentication_url
    bootstrapper.internal_url = settings.authentication_url
    bootstrapper.admin_url = settings.authentication_url
    bootstrapper.bootstrap()


def neutron(settings: Settings) -> None:
    """Create Neutron's tables; its migrations alter constraints, which SQLite cannot."""
    from neutron.common import config
    from neutron.db.migration.models import head
    from neutron_lib.db import api
    from oslo_config import cfg

    config.register_common_config_options()
    cfg.CONF(["--config-file", str(settings.config("neutron"))], project="neutron")
    engine = api.CONTEXT_WRITER.get_engine()
    _write_ahead(engine)
    head.get_metadata().create_all(engine)
    settings.adaptation().after_creating("neutron")


def octavia(settings: Settings) -> None:
    """Create Octavia's tables and what its migrations would put in them."""
    from octavia.common import config, constants
    from octavia.db import api, base_models, models

    config.init(["--config-file", str(settings.config("octavia"))])
    engine = api.get_engine()
    _write_ahead(engine)
    base_models.BASE.metadata.create_all(engine)
    words = {
        models.AmphoraRoles: constants.SUPPORTED_AMPHORA_ROLES,
        models.Algorithm: constants.SUPPORTED_LB_ALGORITHMS,
        models.ClientAuthenticationMode: constants.SUPPORTED_CLIENT_AUTH_MODES,
        models.HealthMonitorType: constants.SUPPORTED_HEALTH_MONITOR_TYPES,
        models.L7PolicyAction: constants.SUPPORTED_L7POLICY_ACTIONS,
        models.L7RuleCompareType: constants.SUPPORTED_L7RULE_COMPARE_TYPES,
        models.L7RuleType: constants.SUPPORTED_L7RULE_TYPES,
        models.LBTopology: constants.SUPPORTED_LB_TOPOLOGIES,
        models.OperatingStatus: constants.SUPPORTED_OPERATING_STATUSES,
        models.Protocol: constants.SUPPORTED_PROTOCOLS,
        models.ProvisioningStatus: constants.SUPPORTED_PROVISIONING_STATUSES,
        models.SessionPersistenceType: constants.SUPPORTED_SP_TYPES,
        models.VRRPAuthMethod: constants.SUPPORTED_VRRP_AUTH,
    }
    placeholder = {"id": constants.NIL_UUID, "name": "DELETED-PLACEHOLDER"}
    with api.session().begin() as session:
        session.add_all(model(name=name) for model, names in words.items() for name in names)
        session.add(
            models.FlavorProfile(**placeholder, provider_name=constants.DELETED, flavor_data="{}")
        )
        session.add(
            models.AvailabilityZoneProfile(
                **placeholder, provider_name=constants.DELETED, availability_zone_data="{}"
            )
        )
        session.flush()
        session.add(
            models.Flavor(
                **placeholder, flavor_profile_id=constants.NIL_UUID, enabled=False, description=""
            )
        )
        session.add(
            models.AvailabilityZone(
                availability_zone_profile_id=constants.NIL_UUID,
                name=constants.NIL_UUID,
                enabled=False,
                description="",
            )
        )
