# SPDX-License-Identifier: Apache-2.0

"""A bare loop that sends another command's requests again, and does nothing with the answers.

python -m tests.benchmarks.same_requests FILE: the file has a line `METHOD PATH` for each request,
as the proxy that counts them records it. The cloud is that of OS_CLIENT_CONFIG_FILE and OS_CLOUD.
"""

import os
import queue
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests
import yaml

THREADS = 8  # as many as the command has
_TIMEOUT = 120  # seconds for one request


def token_and_hosts() -> tuple[str, dict[str, str]]:
    """Return a token, and scheme and host of each service of the catalogue by its type."""
    clouds = yaml.safe_load(Path(os.environ["OS_CLIENT_CONFIG_FILE"]).read_text())["clouds"]
    auth: dict[str, str] = clouds[os.environ["OS_CLOUD"]]["auth"]
    user = {
        "name": auth["username"],
        "password": auth["password"],
        "domain": {"id": auth.get("user_domain_id", "default")},
    }
    project = {
        "name": auth["project_name"],
        "domain": {"id": auth.get("project_domain_id", "default")},
    }
    identity = {"methods": ["password"], "password": {"user": user}}
    body = {"auth": {"identity": identity, "scope": {"project": project}}}
    answer = requests.post(f"{auth['auth_url']}/auth/tokens", json=body, timeout=_TIMEOUT)
    answer.raise_for_status()
    hosts = {
        service["type"]: "{0.scheme}://{0.netloc}".format(urlsplit(service["endpoints"][0]["url"]))
        for service in answer.json()["token"]["catalog"]
    }
    return answer.headers["X-Subject-Token"], hosts


def send(urls: "queue.SimpleQueue[str]", token: str) -> None:
    """Send requests until there are none left."""
    session = requests.Session()
    session.headers["X-Auth-Token"] = token
    while True:
        try:
            url = urls.get_nowait()
        except queue.Empty:
            return
        session.get(url, timeout=_TIMEOUT).raise_for_status()


def main() -> None:
    """Send the requests for lists; the token is asked for as usual."""
    token, hosts = token_and_hosts()
    urls: queue.SimpleQueue[str] = queue.SimpleQueue()
    for line in Path(sys.argv[1]).read_text().splitlines():
        method, path = line.split(" ")
        if method == "GET" and path.startswith("/v2.0/"):
            service = "load-balancer" if path.startswith("/v2.0/lbaas/") else "network"
            urls.put(hosts[service] + path)
    arguments: tuple[Any, ...] = (urls, token)
    threads = [threading.Thread(target=send, args=arguments) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
