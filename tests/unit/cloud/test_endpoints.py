# SPDX-License-Identifier: Apache-2.0

"""Endpoints in whatever form clouds publish them."""

import pytest

from kuryrsctp.cloud.endpoints import root


@pytest.mark.parametrize("path", ["", "/load-balancer", "/v2-cloud/load-balancer"])
@pytest.mark.parametrize(
    "end", ["", "/", "//", "/v2", "/v2/", "/v2.0", "/v2.0/", "/v2.27", "/v2/v2.0", "/v2.0/ "]
)
def test_the_root_has_neither_version_nor_slash(path: str, end: str) -> None:
    assert root(f"https://cloud.example:9876{path}{end}") == f"https://cloud.example:9876{path}"


@pytest.mark.parametrize("path", ["/v20", "/v3", "/octavia-v2", "/v2x"])
def test_what_only_looks_like_the_version_stays(path: str) -> None:
    assert root(f"https://cloud.example{path}") == f"https://cloud.example{path}"
