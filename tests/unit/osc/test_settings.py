# SPDX-License-Identifier: Apache-2.0

"""Settings that make no sense are named."""

import pytest

from kuryrsctp.errors import CloudError
from kuryrsctp.osc.settings import request_timeout


@pytest.mark.parametrize(("setting", "seconds"), [(None, 30.0), ("1", 1.0), (2.5, 2.5)])
def test_a_request_may_take_what_clouds_yaml_says(setting: object, seconds: float) -> None:
    assert request_timeout(setting, 30.0) == seconds


@pytest.mark.parametrize("setting", ["soon", "0", "-1", "nan", "inf", ""])
def test_a_timeout_that_is_not_a_positive_number_is_named(setting: str) -> None:
    with pytest.raises(CloudError, match=f"invalid `api_timeout` '{setting}' in clouds.yaml"):
        request_timeout(setting, 30.0)
