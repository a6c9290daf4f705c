# SPDX-License-Identifier: Apache-2.0


"""Waiting ends when services have settled, or when nothing is heard of the APIs any more."""

from collections.abc import Iterator, Sequence
from types import SimpleNamespace

import pytest

from kuryrsctp.errors import CloudError, Inconclusive
from kuryrsctp.verifier import bulk
from kuryrsctp.verifier.bulk import Judgement, Patience, settle
from kuryrsctp.verifier.report import Finding, Status, VerifyReport

AMF, SMF = "core/amf", "core/smf"


def report(name: str, check: str, status: Status, *, transient: bool = False) -> VerifyReport:
    return VerifyReport(name, (Finding(check, status, name, "as it is", transient=transient),))


def absent(name: str = AMF) -> VerifyReport:
    return report(name, "load-balancer-exists", Status.FAIL, transient=True)


def pending(name: str = AMF) -> VerifyReport:
    return report(name, "load-balancer-provisioning", Status.WARN, transient=True)


def well(name: str = AMF) -> VerifyReport:
    return report(name, "load-balancer-exists", Status.OK)


class Script:
    """Looks at services that were written down beforehand; the last one repeats."""

    def __init__(self, **looks: Sequence[Judgement]) -> None:
        self.looks = {f"core/{name}": list(found) for name, found in looks.items()}
        self.asked: list[tuple[str, ...]] = []

    def look(self, services: Sequence[str]) -> Iterator[tuple[str, Judgement]]:
        self.asked.append(tuple(services))
        for name in services:
            found = self.looks[name]
            yield name, found.pop(0) if len(found) > 1 else found[0]


def waited(scripted: Script, known: dict[str, Judgement], seconds: float = 10) -> list[str]:
    told: list[str] = []
    settle(scripted.look, known, seconds, told.append)
    return told


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "PAUSE", 0.001)


def test_what_has_settled_is_not_looked_at_again() -> None:
    scripted = Script()
    known: dict[str, Judgement] = {
        AMF: well(),
        SMF: report(SMF, "load-balancer-provisioning", Status.FAIL),
        "core/x": CloudError("no answer"),
    }
    assert waited(scripted, dict(known)) == []
    assert scripted.asked == []


def test_a_rebuild_is_followed_until_two_looks_are_quiet() -> None:
    scripted = Script(amf=[absent(), pending(), well(), pending(), well(), well()])
    known: dict[str, Judgement] = {AMF: pending()}
    told = waited(scripted, known)
    assert known == {AMF: well()}
    assert len(scripted.asked) == 6
    assert [line.split(": ")[1] for line in told] == [
        "load-balancer-provisioning",
        "load-balancer-exists",
        "load-balancer-provisioning",
        "load-balancer-provisioning",
    ]


def test_only_what_is_restless_is_looked_at_again() -> None:
    scripted = Script(amf=[well()], smf=[pending(SMF), well(SMF)])
    known: dict[str, Judgement] = {AMF: pending(), SMF: pending(SMF), "core/upf": well()}
    waited(scripted, known)
    assert scripted.asked == [(AMF, SMF), (AMF, SMF), (SMF,)]
    assert list(known) == [AMF, SMF, "core/upf"]


def test_an_api_that_fails_meanwhile_ends_the_wait_with_its_error() -> None:
    error = CloudError("no answer")
    known: dict[str, Judgement] = {AMF: pending()}
    waited(Script(amf=[error]), known)
    assert known == {AMF: error}


def test_the_time_that_was_given_is_the_end_of_it() -> None:
    known: dict[str, Judgement] = {AMF: pending()}
    scripted = Script(amf=[absent()])
    waited(scripted, known, seconds=0.05)
    assert known == {AMF: absent()}
    waited(Script(), known, seconds=0)


def never() -> None:
    raise CloudError("no answer")


def test_what_was_asked_in_vain_for_too_long_is_asked_no_more() -> None:
    patience = Patience(0.0)
    assert str(patience.attempt(never)) == "no answer"
    given_up = patience.attempt(pytest.fail)
    assert isinstance(given_up, Inconclusive)
    assert str(given_up) == "not asked for, after 0 s in vain: no answer"


def test_an_answer_gives_new_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(monotonic=lambda: 0.0)
    monkeypatch.setattr(bulk, "time", clock)
    patience = Patience(60.0)
    patience.attempt(never)
    assert patience.attempt(lambda: "an answer") == "an answer"
    clock.monotonic = lambda: 1000.0
    # Silence alone is none of the API's doing: nobody asked.
    assert patience.attempt(lambda: "an answer") == "an answer"
