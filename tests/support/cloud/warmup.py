# SPDX-License-Identifier: Apache-2.0

"""The first requests, made before anybody else's.

Neutron builds its policies, extensions and token middleware when it is first asked; a second
request that comes meanwhile is answered wrongly, with 503 or an empty list.
"""

import functools
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable

from tests.support.cloud import walkthrough
from tests.support.cloud.processes import Failed
from tests.support.cloud.settings import Settings

_TIMEOUT = 60.0  # seconds
_POLL = 0.2  # seconds
_FIRST = {
    "neutron": "/v2.0/ports?name={pod}",
    "octavia": "/v2.0/lbaas/loadbalancers?name=" + walkthrough.SCTP_DEMO.name,
}


def warm_up(settings: Settings) -> None:
    """Ask each server for something that it must know, until it answers that.

    :raises Failed: one does not, within a minute.
    """
    pod = next(iter(walkthrough.PODS))
    token = _until("keystone", lambda: _token(settings))
    for name, query in _FIRST.items():
        url = settings.urls[name] + query.format(pod=pod)
        _until(name, functools.partial(_rows, url, token))


def _until(name: str, ask: Callable[[], str]) -> str:
    deadline = time.monotonic() + _TIMEOUT
    while True:
        try:
            if answer := ask():
                return answer
            problem = "an empty answer"
        except urllib.error.URLError as error:
            problem = str(error)
        if time.monotonic() > deadline:
            raise Failed(f"{name} does not answer as it should: {problem}")
        time.sleep(_POLL)


def _token(settings: Settings) -> str:
    user = {
        "name": "kuryr",
        "domain": {"id": "default"},
        "password": walkthrough.PASSWORD,
    }
    project = {"name": walkthrough.KURYR_PROJECT, "domain": {"id": "default"}}
    body = {
        "auth": {
            "identity": {"methods": ["password"], "password": {"user": user}},
            "scope": {"project": project},
        }
    }
    request = urllib.request.Request(
        f"{settings.authentication_url}/auth/tokens",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        return str(answer.headers["X-Subject-Token"])


def _rows(url: str, token: str) -> str:
    """Return the one list that the answer holds, as text; empty if it has no rows."""
    request = urllib.request.Request(url, headers={"X-Auth-Token": token})
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        content = json.load(answer)
    rows = next(value for key, value in content.items() if not key.endswith("_links"))
    return json.dumps(rows) if rows else ""
