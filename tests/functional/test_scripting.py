# Licensed under the Apache License, Version 2.0 (the "License"); you may
# not use this file except in compliance with the License. You may obtain
# a copy of the License at
#
#      http://www.apache.org/licenses/LICENSE-2.0
#
# Unless required by applicable law or agreed to in writing, software
# distributed under the License is distributed on an "AS IS" BASIS, WITHOUT
# WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied. See the
# License for the specific language governing permissions and limitations
# under the License.

"""The crontab line of the page on scripting: mail when something is wrong, and only then."""

import re
import subprocess

from tests.functional.conftest import OPENSTACK, Shell
from tests.functional.test_packaging import ROOT
from tests.lab.cloud import Cloud

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
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


def test_the_crontab_line_is_silent_while_all_is_well(shell: Shell, cloud: Cloud) -> None:
    assert mail(shell, cloud, "default/sctp-demo") == ""


def test_the_crontab_line_says_what_is_wrong(shell: Shell, cloud: Cloud) -> None:
    assert re.search(r"load-balancer-exists +\| FAIL +\| core/amf", mail(shell, cloud, EXAMPLE))
