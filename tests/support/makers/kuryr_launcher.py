# SPDX-License-Identifier: Apache-2.0

"""Runs Kuryr's controller as it is, with its web servers on the loopback; SIGUSR2 starts a round.

The round in which Kuryr looks whether its load balancers still exist comes every ten minutes. A
test cannot wait for it, nor have it come when it must not: here there is none that is not asked
for. Run by the interpreter that has Kuryr installed.
"""

import signal
import sys
from typing import Any

# First: it makes eventlet patch the standard library, which flask must find patched.
from kuryr_kubernetes.cmd.eventlet import controller  # isort: skip

import eventlet
import flask
from kuryr_kubernetes.controller import service

_NEVER = 1_000_000  # seconds
_run = flask.Flask.run
_start = service.KuryrK8sService.start


def _run_on_loopback(self: Any, host: object = None, port: object = None, **more: Any) -> None:
    _run(self, "127.0.0.1", port, **more)


def _start_with_rounds(self: Any) -> None:
    signal.signal(signal.SIGUSR2, lambda *_: eventlet.spawn(self.reconcile_loadbalancers, None))
    _start(self)


flask.Flask.run = _run_on_loopback
service.KuryrK8sService.start = _start_with_rounds
service.KuryrK8sService._periodic_spacing["reconcile_loadbalancers"] = _NEVER

if __name__ == "__main__":
    sys.exit(controller.start())
