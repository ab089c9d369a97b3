"""Token buckets: never more than a minute's allowance in any minute, whatever the rhythm."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.rates import Limits, Rate
from tests.builders import NOW


def test_a_rested_bucket_lets_a_tenth_through_at_once_and_then_one_an_interval() -> None:
    rate = Rate(60)
    next_at = rate.full(NOW)
    assert (rate.burst, rate.free(next_at, NOW)) == (6, 6)
    next_at = rate.spend(next_at, NOW, 6)
    assert rate.free(next_at, NOW) == 0
    assert rate.free(next_at, NOW + rate.interval) == 1
    assert rate.interval == timedelta(seconds=60) / 54


def test_a_long_rest_earns_no_more_than_a_burst() -> None:
    rate = Rate(60)
    next_at = rate.spend(rate.full(NOW), NOW, 6)
    later = NOW + timedelta(days=1)
    assert rate.free(next_at, later) == 6
    assert rate.free(rate.spend(next_at, later, 6), later) == 0


def test_one_a_minute_is_one_a_minute() -> None:
    rate = Rate(1)
    next_at = rate.spend(rate.full(NOW), NOW, 1)
    assert rate.free(next_at, NOW + timedelta(seconds=59)) == 0
    assert rate.free(next_at, NOW + timedelta(seconds=60)) == 1


def test_limits_are_true_where_there_is_one() -> None:
    assert not Limits()
    assert Limits(sender=Rate(1))


@given(st.integers(1, 3000), st.lists(st.tuples(st.floats(0, 30), st.integers(0, 400)), max_size=60))
def test_any_minute_stays_within_the_limit(per_minute: int, steps: list[tuple[float, int]]) -> None:
    rate, now = Rate(per_minute), NOW
    next_at, sent = rate.full(now), []
    for wait, wanted in steps:
        now += timedelta(seconds=wait)
        count = min(wanted, rate.free(next_at, now))
        if count:
            next_at = rate.spend(next_at, now, count)
            sent.append((now, count))
    for start, _ in sent:
        assert sum(n for at, n in sent if start <= at < start + timedelta(seconds=60)) <= per_minute
