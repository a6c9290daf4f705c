# SPDX-License-Identifier: Apache-2.0

import subprocess
import sys

import pytest

from kuryrsctp import demo

SCRIPT = """
import sys
for name in ("openstack", "osc_lib", "cliff", "keystoneauth1", "sctp", "pbr"):
    sys.modules[name] = None
from kuryrsctp.demo import main
main(["--help"])
"""


def test_the_server_needs_only_the_standard_library() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "usage: kuryr-sctp-demo" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "0"], "invalid port '0': ports go from 1 to 65535"),
        (["--port", "65536"], "invalid port '65536'"),
        (["--port", "sctp"], "invalid port 'sctp'"),
        (["--bind", "localhost"], "'localhost' is not a numeric IP address"),
        (["9090"], "unrecognized arguments: 9090"),
    ],
)
def test_wrong_usage_is_reported_with_exit_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        demo.main(arguments)
    assert caught.value.code == 2
    assert complaint in capsys.readouterr().err
