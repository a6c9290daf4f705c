# SPDX-License-Identifier: Apache-2.0

"""What the documents show is what happens."""

from pathlib import Path

import pytest
import yaml

from tests.support.cloud.providers import AMPHORA
from tests.support.lab import Lab, topology
from tests.support.lab.documents import make_whole, mask, play, played_with

RUN = played_with(AMPHORA)


@pytest.mark.parametrize(
    "document", RUN, ids=[str(document.relative_to(topology.REPOSITORY)) for document in RUN]
)
def test_every_command_prints_what_the_document_shows(lab: Lab, document: Path) -> None:
    try:
        for block, printed in play(lab, document):
            assert mask(printed) == mask(block.text), printed
    finally:
        make_whole(lab)


def test_kubernetes_sees_by_its_probe_whether_the_server_answers(lab: Lab) -> None:
    manifest = topology.REPOSITORY / "doc" / "source" / "walkthrough" / "deploy.yml"
    deployment = next(iter(yaml.safe_load_all(manifest.read_text())))
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    pod = topology.PODS[0].name
    for probe in ("readinessProbe", "livenessProbe"):
        command = container[probe]["exec"]["command"]
        lab.revive(pod)
        assert lab.run(command, ns=pod).returncode == 0
        lab.kill(pod)
        assert lab.run(command, ns=pod).returncode != 0
