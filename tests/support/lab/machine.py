# SPDX-License-Identifier: Apache-2.0

"""The lab, as tests and tools use it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.support.cloud.providers import AMPHORA, OVN
from tests.support.lab import protocol, provision, rendered_amphora, topology
from tests.support.lab.errors import BootError, LabError
from tests.support.lab.guest import packet_faults
from tests.support.lab.guest_settings import Settings
from tests.support.lab.process import Process

DEFAULT_MEMORY = {False: "512M", True: "4G"}
DEFAULT_BOOT_TIMEOUT = 60.0
CLOUD_BOOT_TIMEOUT = {AMPHORA: 180.0, OVN: 400.0}
_STOP_TIMEOUT = 20.0
_VERB_TIMEOUT = 40.0


class Lab:
    """A running machine: a User-Mode Linux guest with the networks of `tests.support.lab.topology`.

    Use it as a context manager: ``with Lab.start() as lab: lab.run([...])``.
    """

    def __init__(
        self,
        run: Path,
        keeper: subprocess.Popen[str] | None = None,
        link: socket.socket | None = None,
    ) -> None:
        self.directory = run
        self.link = link
        self.forks_openstack = False
        """Whether `openstack` on the client is forked from one that has started."""
        self._keeper = keeper
        ready = protocol.read_json(run / protocol.READY)
        self.environment: dict[str, str] = ready["environment"]

    @classmethod
    def start(
        cls,
        cloud: bool = True,
        provider: str = AMPHORA,
        memory: str | None = None,
        timeout: float = 3600.0,
        pods: Sequence[topology.Pod] = topology.PODS,
        writable: Sequence[Path] = (),
        detached: bool = False,
        linked: bool = False,
    ) -> "Lab":
        """Boot a machine and return when everything in it is up.

        ``provider`` moves the packets, one of `providers.NAMES`.
        ``timeout`` is how long it may live, in seconds, and ``memory`` what it may use. It can
        write to the directories in ``writable`` and nowhere else on the host. It ends with the
        calling process unless it is ``detached``. One that is ``linked`` has no cloud of its own
        but a line to this host, for `host_link.to_host`, and balances nothing before it is told.
        Raises BootError with the reason.
        """
        provided = provision.provide(provider, cloud)
        ends = socket.socketpair() if linked else None
        settings = Settings(
            cloud=cloud,
            memory=memory or DEFAULT_MEMORY[cloud],
            timeout=timeout,
            boot_timeout=min(
                timeout, CLOUD_BOOT_TIMEOUT[provider] if cloud else DEFAULT_BOOT_TIMEOUT
            ),
            pods=tuple(pods),
            writable=tuple(str(path.resolve()) for path in writable),
            amphora=None if cloud or linked else str(rendered_amphora.rendered()),
            link=ends[1].fileno() if ends else None,
            provider=provider,
            **provided,
        )
        argv = [sys.executable, "-m", "tests.support.lab.keeper", json.dumps(settings.to_json())]
        keeper = subprocess.Popen(
            [*argv, "detached"] if detached else argv,
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if detached else None,
            cwd=topology.REPOSITORY,
            start_new_session=True,
            text=True,
            pass_fds=[ends[1].fileno()] if ends else [],
        )
        if ends:
            ends[1].close()
        assert keeper.stdout is not None
        try:
            line = keeper.stdout.readline()
            answer: dict[str, str] = json.loads(line) if line else {"error": "its keeper ended"}
            if "error" in answer:
                raise BootError(f"the lab did not come up: {answer['error']}")
            return cls(Path(answer["run"]), keeper, ends[0] if ends else None)
        except BaseException:
            _dismiss(keeper)
            raise

    @classmethod
    def running(cls) -> "Lab | None":
        """Return the machine that was started detached, if it still runs."""
        return cls(protocol.RUNNING.resolve()) if protocol.alive(protocol.RUNNING) else None

    @property
    def provider(self) -> str:
        """Who moves the packets."""
        return Settings.from_json(protocol.read_json(self.directory / protocol.SETTINGS)).provider

    @property
    def logs(self) -> Path:
        """Where the pods' servers, keepalived and the cloud write their logs."""
        return self.directory / protocol.LOGS

    def __enter__(self) -> "Lab":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """End the machine; return when nothing is left of it."""
        if self.link is not None:
            self.link.close()
        if self._keeper is not None:
            _dismiss(self._keeper)
        else:
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                os.kill(int((self.directory / protocol.LOCK).read_text()), signal.SIGTERM)
        deadline = time.monotonic() + _STOP_TIMEOUT
        while self.directory.exists():
            if not protocol.alive(self.directory):  # the keeper was killed, and could not clean up
                shutil.rmtree(self.directory, ignore_errors=True)
            if time.monotonic() > deadline:
                raise LabError(f"the lab in {self.directory} does not stop")
            time.sleep(0.02)

    def spawn(
        self,
        argv: Sequence[str],
        ns: str = topology.CLIENT,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        timeout: float | None = None,
        stdin: bytes = b"",
        terminal: int | None = None,
    ) -> Process:
        """Start a command in a namespace; ``env`` is added to the lab's own environment.

        After ``timeout`` seconds the guest kills it and what it started. On ``terminal``, the
        number of a serial line, it has no output of its own.
        """
        options: dict[str, Any] = {
            "namespace": ns,
            "env": {**self.environment, **(env or {})},
            "cwd": str(cwd or topology.REPOSITORY),
            "timeout": timeout,
            "terminal": terminal,
            "forked": self.forks_openstack
            and (argv[0], ns, terminal) == ("openstack", topology.CLIENT, None),
        }
        return Process(self.directory, argv, stdin, options)

    def run(
        self,
        argv: Sequence[str],
        ns: str = topology.CLIENT,
        env: Mapping[str, str] | None = None,
        timeout: float = 240.0,
        check: bool = False,
        cwd: Path | None = None,
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command in a namespace to its end.

        Raises subprocess.TimeoutExpired when it takes longer than ``timeout`` seconds, and with
        ``check`` subprocess.CalledProcessError when it fails.
        """
        process = self.spawn(argv, ns=ns, env=env, cwd=cwd, timeout=timeout)
        try:
            status = process.wait()
            result = subprocess.CompletedProcess(list(argv), status, *process.output())
        finally:
            process.close()
        if check:
            result.check_returncode()
        return result

    def kill(self, pod: str) -> None:
        """Kill the server of a pod; its kernel goes on answering for it."""
        self._verb("kill", pod)

    def revive(self, pod: str) -> None:
        """Start the server of a pod again, unless it lives, and wait until it listens."""
        self._verb("revive", pod)

    def drop(self, target: str) -> None:
        """Lose every packet to and from a pod, or between the client and the load balancers."""
        self._verb("drop", target)

    def reject(self, target: str, kind: str = packet_faults.DEFAULT_REJECT) -> None:
        """Answer every such packet with an ICMP error, one of `packet_faults.REJECT_TYPES`."""
        self._verb("reject", target, kind)

    def unplug(self, target: str) -> None:
        """Take the link of a pod, or of the amphora, down; OVN has no such link."""
        self._verb("unplug", target)

    def restore(self, target: str) -> None:
        """Undo `drop`, `reject` and `unplug`."""
        self._verb("restore", target)

    def _verb(self, verb: str, *arguments: str) -> None:
        argv = ["/usr/bin/python3", "-S", "-m", "tests.support.lab.guest.verbs", verb, *arguments]
        done = self.run(argv, ns=topology.ROOT, timeout=_VERB_TIMEOUT)
        if done.returncode != 0:
            raise LabError(done.stderr.strip())


def _dismiss(keeper: "subprocess.Popen[str]") -> None:
    """Let a keeper end its machine, and wait until it has."""
    if keeper.stdin is not None:
        keeper.stdin.close()
    else:
        keeper.terminate()
    try:
        keeper.wait(_STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        keeper.kill()  # the guest ends with it
        keeper.wait()
    finally:
        if keeper.stdout is not None:
            keeper.stdout.close()
