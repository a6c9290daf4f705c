# SPDX-License-Identifier: Apache-2.0

"""`verify` and `list` while the makers are at work: health is never called a fault, a fault is."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from openstack.connection import Connection

from kuryrsctp.verifier.report import Status
from tests.support import kuryr
from tests.support.makers.lab import MAKERS, MakersLab
from tests.support.makers.living_service import FAULTS, LivingService
from tests.support.makers.watching import Moment, Watch

_TIMEOUT = 240  # seconds for a maker to bring something about, on a machine that has other work
_GONE = {"load-balancer-exists"}


@pytest.fixture
def connection(lab: MakersLab) -> Iterator[Connection]:
    with kuryr.connect(lab.cloud) as made:
        yield made


@contextmanager
def services(lab: MakersLab, maker: str, *names: str) -> Iterator[list[LivingService]]:
    """Have a namespace for each of some Services of one maker, and nothing left in the end."""
    made = [LivingService(lab, maker, f"{maker}-{name}") for name in names]
    for service in made:
        service.at_work.make_namespace(service.namespace)
    try:
        yield made
    finally:
        for service in made:
            service.at_work.remove_namespace(service.namespace)


@contextmanager
def verify_in_shell(lab: MakersLab, *words: str) -> Iterator["subprocess.Popen[str]"]:
    """Run `openstack kuryr sctp verify` as an operator would; end it in the end."""
    program = Path(sys.executable).with_name("openstack")
    environment = {**lab.cloud.environ(), "PATH": "/usr/bin:/bin", "HOME": str(lab.state)}
    process = subprocess.Popen(
        [program, "kuryr", "sctp", "verify", *words],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def told(moments: list[Moment]) -> str:
    """Return moments as lines, for a test that fails."""
    return "\n".join(["", *map(str, moments)])


@pytest.mark.parametrize("maker", MAKERS)
def test_no_moment_of_a_healthy_change_is_called_a_failure(
    lab: MakersLab, connection: Connection, maker: str
) -> None:
    with (
        services(lab, maker, "healthy") as (service,),
        Watch(connection, [service.full_name], f"{maker}-healthy-changes") as watch,
    ):
        with (
            watch.phase("built"),
            verify_in_shell(lab, "--wait", str(_TIMEOUT), service.full_name) as waiting,
        ):
            service.scale(1)
            service.apply()
            watch.wait_until_well(_TIMEOUT)
            output, _ = waiting.communicate(timeout=_TIMEOUT)
        assert waiting.returncode == 0, output
        with watch.phase("scaled up"):
            service.scale(3)
            watch.wait_until_still(_TIMEOUT)
        with watch.phase("scaled down"):
            service.scale(1)
            watch.wait_until_still(_TIMEOUT)
        with watch.phase("another target port"):
            service.apply(target=9091)
            watch.wait_until_still(_TIMEOUT)
        with watch.phase("another port"):
            service.apply(port=91, target=9091)
            watch.wait_until_still(_TIMEOUT)
        with watch.phase("deleted"):
            service.delete()
            watch.wait_for(lambda moment: moment.failed == _GONE, _TIMEOUT)
    assert watch.moments[-1].failed == _GONE
    made = [moment for moment in watch.moments if not _is_gone(moment)]
    wrong = [moment for moment in made if moment.failed or moment.error]
    assert not wrong, told(wrong)
    assert len(made) > 20, "hardly anything was seen"
    assert {moment.phase for moment in made} >= {"built", "another port", "another target port"}


def _is_gone(moment: Moment) -> bool:
    """Tell whether there is no load balancer: not yet, or not any more."""
    is_expected = moment.phase in ("begin", "built", "deleted")
    return is_expected and moment.has("load-balancer-exists", Status.FAIL)


@pytest.mark.parametrize("maker", MAKERS)
def test_every_fault_is_told_and_no_more_once_it_is_mended(
    lab: MakersLab, connection: Connection, maker: str
) -> None:
    with services(lab, maker, *(fault.name for fault in FAULTS)) as made:
        broken = dict(zip((service.full_name for service in made), FAULTS, strict=True))
        with Watch(connection, list(broken), f"{maker}-faults") as watch:
            with watch.phase("built"):
                for service in made:
                    service.scale(1)
                    service.apply()
                watch.wait_until_still(_TIMEOUT)
            with watch.phase("broken"):
                for service, fault in zip(made, FAULTS, strict=True):
                    fault.make(service, service.hand(connection))
                watch.wait_for(
                    lambda moment: broken[moment.service].check in moment.failed, _TIMEOUT
                )
            with watch.phase("mended"):
                for service, fault in zip(made, FAULTS, strict=True):
                    fault.mend(service, service.hand(connection))
                watch.wait_for(
                    lambda moment: not moment.error and moment.odd == broken[moment.service].left,
                    _TIMEOUT,
                )
