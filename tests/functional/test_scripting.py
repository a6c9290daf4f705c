# SPDX-License-Identifier: Apache-2.0

"""The crontab line of the page on scripting: mail when something is wrong, and only then."""

import re
import subprocess

from tests.support.checkout import HANG, ROOT
from tests.support.cloud import Cloud
from tests.support.shell import OPENSTACK, Shell

PAGE = ROOT / "doc" / "source" / "scripting.rst"
EXAMPLE = "core/amf"


def mail(shell: Shell, cloud: Cloud, service: str) -> str:
    """Run the line as cron does; return what cron would send."""
    (line,) = re.findall(r"^   \*/5 \* \* \* \* (.*)$", PAGE.read_text(), re.MULTILINE)
    assert EXAMPLE in line
    assert "%" not in line  # a new line, for cron
    environ = shell.environ(cloud.environ())
    environ["PATH"] = f"{OPENSTACK.parent}:{environ['PATH']}"
    command = ["/bin/sh", "-c", line.replace(EXAMPLE, service)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=HANG)
    return done.stdout + done.stderr


def test_the_crontab_line_is_silent_while_all_is_well(shell: Shell, cloud: Cloud) -> None:
    assert mail(shell, cloud, "default/sctp-demo") == ""


def test_the_crontab_line_says_what_is_wrong(shell: Shell, cloud: Cloud) -> None:
    assert re.search(r"load-balancer-exists +\| FAIL +\| core/amf", mail(shell, cloud, EXAMPLE))
