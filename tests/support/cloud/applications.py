# SPDX-License-Identifier: Apache-2.0

"""The three WSGI applications. Each is built in a process of its own: configuration is global."""

import os
import sys
import threading

from tests.support.cloud.settings import Settings
from tests.support.cloud.sqlite import Application, readers_do_not_lock


def _keystone(settings: Settings) -> Application:
    os.environ["OS_KEYSTONE_CONFIG_FILES"] = str(settings.config("keystone"))
    from keystone.server.wsgi import initialize_public_application

    application: Application = initialize_public_application()
    return application


def _neutron(settings: Settings) -> Application:
    sys.argv += ["--config-file", str(settings.config("neutron"))]
    from neutron import server
    from neutron.server import api

    application: Application = server.boot_server(api.api_server, prog="neutron-api")
    return application


def _octavia(settings: Settings) -> Application:
    """Octavia's API, controller worker and health manager in one process, without a broker."""
    from octavia.api import app

    config = str(settings.config("octavia"))
    application: Application = app.setup_app(argv=["octavia-api", "--config-file", config])

    import oslo_messaging
    from octavia.common import constants, rpc
    from octavia.controller.queue.v2 import endpoints
    from oslo_config import cfg

    from tests.support.cloud import heartbeats, render

    target = oslo_messaging.Target(
        topic=constants.TOPIC_AMPHORA_V2, server=cfg.CONF.host, fanout=False
    )
    rpc.get_server(target, [endpoints.Endpoints()]).start()
    render.publish_all()
    told = settings.state / "states.json", settings.database("octavia")
    threading.Thread(target=heartbeats.run, args=told, daemon=True).start()
    return application


_FACTORIES = {"keystone": _keystone, "neutron": _neutron, "octavia": _octavia}


def load(server: str, settings: Settings) -> Application:
    """Build the WSGI application of a server, of which this process can hold only one."""
    settings.adaptation().before_loading(server, settings.state)
    return readers_do_not_lock(_FACTORIES[server](settings))
