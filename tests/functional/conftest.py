# SPDX-License-Identifier: Apache-2.0

"""Fixtures: the real `openstack` command, a real cloud, and a fake one for its faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import healthy_service
from tests.support.cloud import Cloud
from tests.support.fake_api import FakeApi, fake_api
from tests.support.healthy_service import HealthyService
from tests.support.shell import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """Return a way to run `openstack`."""
    return Shell(tmp_path)


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    """Run a real cloud for the whole session; a test puts back what it changes."""
    with Cloud.start() as running:
        yield running


@pytest.fixture(scope="module")
def healthy(cloud: Cloud) -> Iterator[HealthyService]:
    """Hold a healthy service; a test puts back what it changes."""
    with healthy_service.healthy_service(cloud) as made:
        yield made


@pytest.fixture
def fake() -> Iterator[FakeApi]:
    """Run a fake cloud."""
    with fake_api() as running:
        yield running
