# SPDX-License-Identifier: Apache-2.0

"""Source ports are reused as late as possible, in one run and over several runs."""

import fcntl
import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kuryrsctp.sctp.source_ports import ephemeral_ports, source_ports

PORTS = st.integers(min_value=1, max_value=65535)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file that the runs share."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "kuryrsctp" / "source-port"


def taken(ports: Iterator[int], count: int) -> list[int]:
    return list(itertools.islice(ports, count))


@given(st.data())
def test_no_source_port_is_reused_before_all_others_are_used(data: st.DataObject) -> None:
    low = data.draw(PORTS)
    high = data.draw(st.integers(low, min(low + 100, 65535)))
    ports = source_ports(low, high, data.draw(st.integers(low, high)))
    size = high - low + 1
    for _ in range(3):
        assert sorted(taken(ports, size)) == list(range(low, high + 1))


def test_source_ports_follow_each_other() -> None:
    assert taken(source_ports(10, 13, 12), 4) == [12, 13, 10, 11]
    first, second = taken(ephemeral_ports(), 2)
    assert second == first + 1 or second < first


def test_runs_share_no_port_whether_at_once_or_one_after_another() -> None:
    before = taken(ephemeral_ports(), 1000)
    at_once = zip(ephemeral_ports(), ephemeral_ports(), strict=True)
    used = [*before, *itertools.chain.from_iterable(itertools.islice(at_once, 1000))]
    assert len(used) == len(set(used))


def test_many_short_runs_go_through_the_range_before_a_port_is_reused() -> None:
    begins = [next(ephemeral_ports()) for _ in range(400)]
    assert len(set(begins)) == 400


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-1", b"9" * 99, b"\xff\xfe", b"1\n2"])
def test_a_file_with_invalid_content_is_overwritten(cache: Path, content: bytes) -> None:
    cache.parent.mkdir()
    cache.write_bytes(content)
    used = taken(ephemeral_ports(), 100) + taken(ephemeral_ports(), 100)
    assert len(used) == len(set(used))


def test_where_there_can_be_no_file_ports_still_follow_each_other(
    cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache.parent.write_text("a file where the directory should be")
    assert len(set(taken(ephemeral_ports(), 1000))) == 1000
    monkeypatch.setenv("XDG_CACHE_HOME", "relative")
    monkeypatch.chdir(cache.parents[1])
    assert len(set(taken(ephemeral_ports(), 1000))) == 1000
    assert not Path("relative").exists()


def test_nobody_waits_for_a_run_that_holds_the_file(cache: Path) -> None:
    next(ephemeral_ports())
    with cache.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert len(set(taken(ephemeral_ports(), 1000))) == 1000


def test_a_symbolic_link_instead_of_the_file_is_not_followed(cache: Path, tmp_path: Path) -> None:
    cache.parent.mkdir()
    other = tmp_path / "other"
    other.write_text("precious")
    cache.symlink_to(other)
    next(ephemeral_ports())
    assert other.read_text() == "precious"
