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
def deployment() -> dict[str, Any]:
    """Return what deploy.yml holds."""
    (found,) = yaml.safe_load_all(DEPLOY.read_text())
    return dict(found)


@pytest.mark.parametrize("version", all_versions()[::4])
def test_kubernetes_takes_it(deployment: dict[str, Any], version: str) -> None:
    assert deployment["kind"] == "Deployment"
    kubernetes_validate.validate(deployment, version, strict=True)


def test_the_schemas_refuse_what_is_wrong(deployment: dict[str, Any]) -> None:
    wrong = {**deployment, "spec": {**deployment["spec"], "replicas": "two"}}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(wrong, latest_version(), strict=True)


def test_the_service_leads_to_the_port_that_the_server_listens_on(
    deployment: dict[str, Any],
) -> None:
    pages = [page.read_text() for page in DEPLOY.parent.glob("*.rst")]
    exposed = re.findall(r"\$ kubectl expose (\S+)((?: --\S+)+)$", "\n".join(pages), re.MULTILINE)
    assert exposed
    for target, options in exposed:
        assert target == f"deploy/{deployment['metadata']['name']}"
        wanted = {"--protocol=SCTP", "--port=90", f"--target-port={DEFAULT_PORT}"}
        assert set(options.split()) - {"--type=LoadBalancer"} == wanted
    pod = deployment["spec"]["template"]
    (container,) = pod["spec"]["containers"]
    assert [(port["containerPort"], port["protocol"]) for port in container["ports"]] == [
        (DEFAULT_PORT, "SCTP")
    ]
    assert deployment["spec"]["selector"]["matchLabels"] == pod["metadata"]["labels"]


def test_pod_and_image_agree_on_a_user_that_is_not_root(deployment: dict[str, Any]) -> None:
    security = deployment["spec"]["template"]["spec"]["securityContext"]
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
