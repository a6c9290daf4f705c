# SPDX-License-Identifier: Apache-2.0

"""What is asked: arguments that cannot be right are refused before any request."""

import pytest

from tests.support.shell import Shell


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (
            ("Demo",),
            "invalid Kubernetes Service name 'Demo': give NAME or NAMESPACE/NAME (each up to 63"
            " lower-case letters, digits and '-'), CLUSTER: before that where clusters have to be"
            " told apart, or a load balancer's ID\n",
        ),
        (
            ("good", "a\x1b[31m/b"),
            r"invalid Kubernetes namespace 'a\x1b[31m': give up to 63 lower-case letters, digits"
            " and '-'\n",
        ),
    ],
)
def test_a_name_that_cannot_be_one_is_refused_before_any_request(
    shell: Shell, arguments: tuple[str, ...], complaint: str
) -> None:
    done = shell.verify(*arguments)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", complaint)


@pytest.mark.parametrize("command", ["list", "verify demo", "probe demo"])
def test_an_invalid_namespace_is_the_same_usage_error_in_every_command(
    shell: Shell, command: str
) -> None:
    done = shell.openstack("kuryr", "sctp", *command.split(), "--namespace", "Core")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith(
        ": error: argument --namespace: invalid Kubernetes namespace 'Core': give up to 63"
        " lower-case letters, digits and '-'\n"
    )


def test_a_missing_argument_is_a_usage_error(shell: Shell) -> None:
    done = shell.verify()
    assert (done.returncode, done.stdout) == (2, "")
    assert "the following arguments are required: <service>" in done.stderr
