from __future__ import annotations

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_desktop.domain.ids import IdMaker, made_at_ms

NOW_MS = 1_790_000_000_000


def clock(*times_ms: int) -> Callable[[], int]:
    """A clock that shows these times one after the other."""
    shown = iter(times_ms)
    return lambda: next(shown)


def constant(byte: int) -> Callable[[int], bytes]:
    return lambda count: bytes([byte]) * count


@given(st.lists(st.integers(0, 2**47), min_size=1, max_size=50))
def test_ids_rise_strictly_whatever_the_clock_does(times_ms: list[int]) -> None:
    maker = IdMaker(clock(*times_ms), secrets.token_bytes)
    made = [maker.new() for _ in times_ms]
    assert made == sorted(set(made))
    assert maker.last == made[-1]


@given(st.lists(st.integers(0, 2**47), min_size=2, max_size=20), st.integers(0, 255))
def test_ids_rise_over_a_restart(times_ms: list[int], byte: int) -> None:
    last = None
    made = []
    for time_ms in times_ms:
        maker = IdMaker(clock(time_ms), constant(byte), last)
        last = maker.new()
        made.append(last)
    assert made == sorted(set(made))


def test_an_id_is_a_version_7_uuid_that_tells_its_time() -> None:
    made = IdMaker(clock(NOW_MS), secrets.token_bytes).new()
    assert UUID(made).version == 7
    assert UUID(made).variant == "specified in RFC 4122"
    assert str(UUID(made)) == made
    assert made_at_ms(made) == NOW_MS


def test_a_clock_that_steps_back_keeps_the_time_of_the_last_id() -> None:
    maker = IdMaker(clock(NOW_MS, NOW_MS - 86_400_000, NOW_MS + 1), secrets.token_bytes)
    assert [made_at_ms(maker.new()) for _ in range(3)] == [NOW_MS, NOW_MS, NOW_MS + 1]


def test_a_used_up_millisecond_borrows_the_next() -> None:
    maker = IdMaker(clock(NOW_MS, NOW_MS, NOW_MS), constant(0xFF))
    first, second, third = maker.new(), maker.new(), maker.new()
    assert first < second < third
    assert made_at_ms(second) == NOW_MS + 1


def test_tills_that_make_ids_at_the_same_moment_make_different_ones() -> None:
    made = {IdMaker(clock(NOW_MS), secrets.token_bytes).new() for _ in range(1_000)}
    assert len(made) == 1_000


def test_threads_never_get_the_same_id() -> None:
    maker = IdMaker(lambda: NOW_MS, secrets.token_bytes)
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: maker.new(), range(2_000)))
    assert len(set(made)) == 2_000


def test_before_the_first_id_there_is_no_last_one() -> None:
    assert IdMaker(clock(), secrets.token_bytes).last is None


@pytest.mark.parametrize("last", ["", "not an id", "9b2f0c1e-8f6a-4c1d-9a5b-0123456789ab", "0" * 32])
def test_what_is_no_id_is_not_taken_as_the_last_one(last: str) -> None:
    with pytest.raises(ValueError, match=r"UUID"):
        IdMaker(clock(NOW_MS), secrets.token_bytes, last)
