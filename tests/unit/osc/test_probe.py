# SPDX-License-Identifier: Apache-2.0

import argparse
import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kuryrsctp import prober
from kuryrsctp.errors import Inconclusive, KuryrSctpError
from kuryrsctp.model import Outcome
from kuryrsctp.osc.probe import Probe
from kuryrsctp.prober import ProbeReport
from kuryrsctp.sctp.messages import Exchange
from tests.support.checkout import HANG

OPENSTACK = Path(sys.executable).with_name("openstack")
ADDRESS = ("--address", "127.0.0.1", "--port", "90")


def run(*arguments: str) -> tuple[int, str, str]:
    """Run the command as a user without any cloud does; return status, stdout and stderr."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    done = subprocess.run(
        [OPENSTACK, "kuryr", "sctp", "probe", *arguments],
        capture_output=True,
        text=True,
        env=environ,
        timeout=HANG,
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ((), "give either a service, or an address and a port"),
        (("--port", "90"), "give either a service, or an address and a port"),
        ((*ADDRESS, "--count", "0"), "invalid count '0': at least one message has to be sent"),
        (
            (*ADDRESS, "--timeout", "0"),
            "invalid timeout '0': give seconds, more than 0, up to 3600",
        ),
        (
            (*ADDRESS, "--interval", "1e12"),
            "invalid interval '1e+12': give seconds, 0 or more, up to a year",
        ),
        (
            (*ADDRESS, "--stats"),
            "statistics count what a service's load balancer passes on: give a service, and probe"
            " its VIP",
        ),
        ((*ADDRESS, "--concurrency", "0"), "invalid concurrency '0': give 1 to 1024"),
        (("default/sctp-demo", "--concurrency", "0"), "invalid concurrency '0': give 1 to 1024"),
        ((*ADDRESS, "--payload-size", "0"), "invalid payload size '0': give 1 to 1048576 bytes"),
        (
            (*ADDRESS, "--message-file", "/nonexistent/message"),
            "cannot read '/nonexistent/message': No such file or directory",
        ),
        ((*ADDRESS, "--message-file", "/dev/zero"), "the message is longer than 1048576 bytes"),
        ((*ADDRESS, "--message-file", "/dev/null"), "SCTP cannot carry an empty message"),
        (
            (*ADDRESS, "--message-hex", "xy"),
            "--message-hex is not hexadecimal: non-hexadecimal number found in fromhex() arg at"
            " position 0",
        ),
        (
            (*ADDRESS, "--expect", "("),
            "invalid regular expression '(': missing ), unterminated subpattern at position 0",
        ),
        (
            (*ADDRESS, "--all-members"),
            "only a service has members and floating IPs: give no address",
        ),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(arguments: tuple[str, ...], complaint: str) -> None:
    assert run(*arguments) == (2, "", f"{complaint}\n")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--port", "0"), "argument --port: invalid port '0': ports go from 1 to 65535"),
        (("--source-port", "x"), "argument --source-port: invalid port 'x': ports go from 1"),
        (("--timeout", "-1"), "argument --timeout: invalid number of seconds '-1': give 0 or more"),
        (("--interval", "soon"), "argument --interval: invalid number of seconds 'soon'"),
        (("--count", "-1"), "argument --count: invalid number '-1': give 0 or more"),
        (("--namespace", "Core"), "argument --namespace: invalid Kubernetes namespace 'Core'"),
        (("--message", "a", "--message-hex", "61"), "not allowed with argument --message"),
    ],
)
def test_an_invalid_argument_is_named_with_exit_2(
    arguments: tuple[str, ...], complaint: str
) -> None:
    status, stdout, stderr = run(*ADDRESS, *arguments)
    assert (status, stdout) == (2, "")
    assert complaint in stderr.splitlines()[-1]


def test_a_service_without_a_cloud_is_not_judged() -> None:
    status, stdout, stderr = run("default/sctp-demo")
    assert (status, stdout) == (1, "")
    assert "--os-cloud" in stderr
    assert len(stderr.splitlines()) == 1


def test_a_host_that_does_not_resolve_is_not_judged() -> None:
    status, stdout, stderr = run("--address", "no-such-host.invalid", "--port", "90")
    assert (status, stdout) == (1, "")
    assert stderr.startswith("cannot resolve 'no-such-host.invalid': ")
    assert len(stderr.splitlines()) == 1


def test_the_help_shows_examples_exit_status_and_the_file_of_source_ports() -> None:
    status, stdout, _ = run("--help")
    assert status == 0
    text = " ".join(stdout.split())
    assert "openstack kuryr sctp probe default/sctp-demo" in text
    assert "Exit status: 0 every message was answered" in text
    assert "~/.cache/kuryrsctp/source-port" in text


class FakeStdout(io.StringIO):
    """Keeps what was flushed apart from what was only written."""

    flushed = ""

    def flush(self) -> None:
        self.flushed = self.getvalue()


class FakeApp:
    """What a command needs of the shell."""

    class options:  # noqa: N801
        debug = False
        verbose_level = 1

    def __init__(self) -> None:
        self.stdout = FakeStdout()
        self.stderr = io.StringIO()


class FakePlan:
    """Replaces `Plan.run`: answered messages, before or between which it may raise."""

    def __init__(self, app: FakeApp, ends: int, error: BaseException | None) -> None:
        self.app = app
        self.ends = ends
        self.error = error
        self.flushed: list[int] = []
        self.closed = False

    def run(self, plan: prober.Plan) -> Iterator[Exchange]:
        try:
            for seq, endpoint in plan.numbered_targets():
                self.flushed.append(self.app.stdout.flushed.count("ANSWERED"))
                if self.error and seq > self.ends:
                    raise self.error
                yield Exchange(seq, endpoint, Outcome.ANSWERED, rtt=0.001)
        finally:
            self.closed = True


def probe(
    monkeypatch: pytest.MonkeyPatch,
    *arguments: str,
    ends: int = 0,
    error: BaseException | None = None,
) -> tuple[int, FakeApp, FakePlan]:
    """Run the command on a fake plan of four messages, of which `ends` end before an error."""
    app = FakeApp()
    fake = FakePlan(app, ends, error)
    monkeypatch.setattr(prober.Plan, "run", lambda plan: fake.run(plan))
    command: Any = Probe(app, None)
    parsed = command.get_parser("probe").parse_args([*ADDRESS, *arguments])
    return command.run(parsed), app, fake


EACH = ("--each", "-f", "csv")
FORMS = [(), ("--each",), EACH, ("--each", "-f", "value")]


@pytest.mark.parametrize("form", FORMS)
def test_a_probe_that_is_answered_is_well(
    monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    status, app, fake = probe(monkeypatch, *form)
    assert (status, caplog.messages, fake.closed) == (0, [], True)
    assert app.stdout.getvalue().count("ANSWERED") == (4 if form else 1)


@pytest.mark.parametrize("form", FORMS)
def test_an_interrupt_during_a_message_shows_what_is_known(
    monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    status, app, fake = probe(monkeypatch, *form, ends=2, error=KeyboardInterrupt())
    assert (status, caplog.messages) == (130, ["interrupted after 2 of 4 messages"])
    assert fake.closed
    assert app.stdout.getvalue().count("ANSWERED") == (2 if form else 1)


def test_an_interrupt_while_a_row_is_printed_shows_what_is_known(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def interrupt(stdout: FakeStdout, text: str) -> int:
        if "ANSWERED" in text and "ANSWERED" in stdout.getvalue():
            raise KeyboardInterrupt
        return io.StringIO.write(stdout, text)

    monkeypatch.setattr(FakeStdout, "write", interrupt)
    status, _, fake = probe(monkeypatch, *EACH)
    assert (status, caplog.messages) == (130, ["interrupted after 2 of 4 messages"])
    assert fake.closed


@pytest.mark.parametrize("form", FORMS)
def test_an_error_after_some_messages_comes_with_their_report(
    monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    error = Inconclusive("every source port of this host is in use")
    status, app, _ = probe(monkeypatch, *form, ends=2, error=error)
    assert (status, caplog.messages) == (1, ["every source port of this host is in use"])
    assert "ANSWERED" in app.stdout.getvalue()


@pytest.mark.parametrize("form", [(), ("--each",)])
def test_an_error_before_any_message_is_one_line(
    monkeypatch: pytest.MonkeyPatch, form: tuple[str, ...], caplog: pytest.LogCaptureFixture
) -> None:
    error: KuryrSctpError = Inconclusive("no SCTP")
    status, app, _ = probe(monkeypatch, *form, error=error)
    assert (status, caplog.messages, app.stdout.getvalue()) == (1, ["no SCTP"], "")


def test_each_row_is_flushed_before_the_next_message_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, _, fake = probe(monkeypatch, *EACH)
    assert fake.flushed == [0, 1, 2, 3]


class FakeCounters:
    """Replaces a plan's `CounterReader`: waits twice, unless the user interrupts the first."""

    def __init__(self, *, interrupted: bool) -> None:
        self.interrupted = interrupted
        self.calls: list[str] = []

    def start(self) -> None:
        self.calls.append("start")

    def wait(self, report: ProbeReport) -> Iterator[float]:
        for left in (25.0, 23.0):
            self.calls.append("wait")
            yield left
            if self.interrupted:
                raise KeyboardInterrupt

    def add_to(self, report: ProbeReport) -> ProbeReport:
        self.calls.append("add")
        return replace(report, warnings=(*report.warnings, "what the counters prove"))


def probe_with_counters(
    monkeypatch: pytest.MonkeyPatch,
    *,
    interrupted: bool = False,
    error: BaseException | None = None,
) -> tuple[int, list[str]]:
    """Run the command with fake counters; return its status and what was asked of them."""
    fake = FakeCounters(interrupted=interrupted)
    make_plan = Probe._make_plan

    def with_counters(command: Probe, parsed_args: argparse.Namespace) -> prober.Plan:
        counters: Any = fake
        return replace(make_plan(command, parsed_args), counters=counters)

    monkeypatch.setattr(Probe, "_make_plan", with_counters)
    status, _, _ = probe(monkeypatch, ends=2, error=error)
    return status, fake.calls


def test_what_the_counters_prove_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert probe_with_counters(monkeypatch) == (0, ["start", "wait", "wait", "add"])
    assert caplog.messages == ["what the counters prove"]


def test_an_interrupt_while_counters_are_waited_for_shows_what_is_known(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = ["start", "wait", "add"]
    assert probe_with_counters(monkeypatch, interrupted=True) == (130, calls)
    assert caplog.messages == ["what the counters prove", "interrupted after 4 of 4 messages"]


def test_after_an_interrupted_message_no_counters_are_waited_for(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert probe_with_counters(monkeypatch, error=KeyboardInterrupt()) == (130, ["start"])
    assert caplog.messages == ["interrupted after 2 of 4 messages"]
