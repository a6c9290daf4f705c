# SPDX-License-Identifier: Apache-2.0

"""What a user set wrong before anything could be asked, as one line that says what to set."""

import contextlib
from collections.abc import Iterator

from kuryrsctp.errors import CloudError

_CHOOSE_CLOUD = (
    "choose a cloud of clouds.yaml with --os-cloud or OS_CLOUD, or set OS_AUTH_URL and the other"
    " OS_* variables (source your openrc file)"
)
_CHOOSE_AUTH_TYPE = (
    "check --os-auth-type, OS_AUTH_TYPE or `auth_type` in clouds.yaml; some need a package of"
    " their own"
)


@contextlib.contextmanager
def settings_errors() -> Iterator[None]:
    """Turn what OpenStackClient and the SDK raise about settings into a CloudError.

    For their calls alone: what is wrong in this program is not the user's mistake.
    """
    import keystoneauth1.exceptions
    import openstack.exceptions
    import osc_lib.exceptions

    try:
        yield
    except keystoneauth1.exceptions.NoMatchingPlugin as error:
        raise CloudError(f"{_line(error)}: {_CHOOSE_AUTH_TYPE}") from error
    except (
        keystoneauth1.exceptions.ClientException,
        openstack.exceptions.ConfigException,
        osc_lib.exceptions.CommandError,
    ) as error:
        raise CloudError(f"{_line(error)}: {_CHOOSE_CLOUD}") from error
    except TypeError as error:  # an option that the plugin for this kind does not know
        raise CloudError(f"{_line(error)}: {_CHOOSE_AUTH_TYPE}") from error


def request_timeout(setting: object, default: float) -> float:
    """Return the seconds that a request may take, as `api_timeout` of clouds.yaml says.

    Raises CloudError for what is not a positive number.
    """
    if setting is None:
        return default
    try:
        seconds = float(str(setting))
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise CloudError(f"invalid `api_timeout` '{setting}' in clouds.yaml: give seconds")
    return seconds


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
