# SPDX-License-Identifier: Apache-2.0

"""deploy.yml and Containerfile: as far as no cluster and no registry of images is needed."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml
from kubernetes_validate.utils import all_versions, latest_version

from kuryrsctp.demo import DEFAULT_PORT
from tests.support.checkout import DEPENDENCIES, HANG, ROOT, run

DEPLOY = ROOT / "doc" / "source" / "walkthrough" / "deploy.yml"
CONTAINERFILE = ROOT / "Containerfile"


@pytest.fixture(scope="module")
def manifests() -> dict[str, Any]:
    """Return what deploy.yml holds, by kind."""
    return {document["kind"]: document for document in yaml.safe_load_all(DEPLOY.read_text())}


@pytest.mark.parametrize("version", all_versions()[::4])
def test_kubernetes_takes_every_object(manifests: dict[str, Any], version: str) -> None:
    assert set(manifests) == {"Deployment", "Service"}
    for manifest in manifests.values():
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_refuse_what_is_wrong(manifests: dict[str, Any]) -> None:
    service = manifests["Service"]
    wrong = {**service, "spec": {**service["spec"], "ports": [{"port": "ninety"}]}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, latest_version(), strict=True)


def test_the_service_leads_to_the_port_that_the_server_listens_on(
    manifests: dict[str, Any],
) -> None:
    (port,) = manifests["Service"]["spec"]["ports"]
    pod = manifests["Deployment"]["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert (port["protocol"], port["port"], port["targetPort"]) == ("SCTP", 90, DEFAULT_PORT)
    assert [(port["containerPort"], port["protocol"]) for port in container["ports"]] == [
        (DEFAULT_PORT, "SCTP")
    ]
    selector = manifests["Service"]["spec"]["selector"]
    assert selector == pod["metadata"]["labels"]
    assert selector == manifests["Deployment"]["spec"]["selector"]["matchLabels"]


def test_pod_and_image_agree_on_a_user_that_is_not_root(manifests: dict[str, Any]) -> None:
    security = manifests["Deployment"]["spec"]["template"]["spec"]["securityContext"]
    (user,) = re.findall(r"^USER (\d+):\d+$", CONTAINERFILE.read_text(), re.MULTILINE)
    assert security["runAsNonRoot"]
    assert int(user) == security["runAsUser"] > 0


def test_the_images_steps_install_the_server_and_nothing_of_openstack(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "demo"
    run("git", "clone", "-q", ROOT, source)
    steps = re.findall(r"^RUN (.*)$", CONTAINERFILE.read_text(), re.MULTILINE)
    here = [step.replace("/src", str(source)) for step in steps if not step.startswith("apt-get")]
    assert len(here) == len(steps) - 1
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    # What builds the wheel comes from this environment, for the network may not be there.
    environment |= {"PIP_NO_BUILD_ISOLATION": "false", "PYTHONPATH": DEPENDENCIES}
    for step in here:
        command = step.replace("/opt/demo", str(target))
        subprocess.run(["sh", "-ec", command], cwd="/", env=environment, check=True, timeout=HANG)
    assert "--bind" in run(target / "bin" / "kuryr-sctp-demo", "--help")
    installed = run(target / "bin" / "pip", "list", "--format", "freeze").split()
    assert {line.partition("==")[0] for line in installed} <= {"kuryrsctp", "pip", "setuptools"}
