"""Why a customer is left out, which reason counts, and what putting a group back frees."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from bot.domain.preflight import LeftOut, Standing, Verdict, day_in, judge, left_out_text, reasons_to_leave_out

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
TODAY = date(2026, 3, 10)
OWES = Standing(overdue=2, undisputed=2, collectible=2)


def reasons(standing: Standing, recent_days: int = 7) -> tuple[LeftOut, ...]:
    return reasons_to_leave_out(standing, today=TODAY, now=NOW, recent_days=recent_days)


@pytest.mark.parametrize(
    ("standing", "expected"),
    [
        (OWES, ()),
        (Standing(0, 0, 0), (LeftOut.NOTHING_OVERDUE,)),
        (Standing(2, 0, 0), (LeftOut.ALL_DISPUTED,)),
        (Standing(2, 1, 0), (LeftOut.PROMISED,)),
        (Standing(2, 1, 1), ()),
        # paused until the 11th: not on the 10th; until the 10th: written to again on that day
        (Standing(1, 1, 1, paused_until=date(2026, 3, 11)), (LeftOut.PAUSED,)),
        (Standing(1, 1, 1, paused_until=date(2026, 3, 10)), ()),
        (Standing(1, 1, 1, last_contacted_at=NOW - timedelta(days=6)), (LeftOut.CONTACTED_RECENTLY,)),
        (Standing(1, 1, 1, last_contacted_at=NOW - timedelta(days=7)), ()),
        (
            Standing(0, 0, 0, date(2026, 4, 1), NOW),
            (LeftOut.PAUSED, LeftOut.NOTHING_OVERDUE, LeftOut.CONTACTED_RECENTLY),
        ),
    ],
)
def test_reasons_in_their_order(standing: Standing, expected: tuple[LeftOut, ...]) -> None:
    assert reasons(standing) == expected


def test_no_days_leave_nobody_out_for_a_recent_message() -> None:
    assert reasons(Standing(1, 1, 1, last_contacted_at=NOW), recent_days=0) == ()


def test_without_reasons_a_message_goes() -> None:
    assert judge((), ["paused"]) == Verdict(None, goes=True)
    assert not judge((), []).is_put_back


def test_the_first_reason_counts() -> None:
    assert judge((LeftOut.PAUSED, LeftOut.CONTACTED_RECENTLY), []) == Verdict(LeftOut.PAUSED, goes=False)


def test_a_group_put_back_is_written_to() -> None:
    verdict = judge((LeftOut.PAUSED,), ["paused"])
    assert verdict == Verdict(LeftOut.PAUSED, goes=True, in_spite_of=(LeftOut.PAUSED,))
    assert verdict.is_put_back


def test_putting_a_group_back_frees_nobody_of_another_reason() -> None:
    both = (LeftOut.PAUSED, LeftOut.NOTHING_OVERDUE)
    assert judge(both, ["paused"]) == Verdict(LeftOut.NOTHING_OVERDUE, goes=False)
    assert judge(both, ["paused", "nothing_overdue"]) == Verdict(LeftOut.PAUSED, goes=True, in_spite_of=both)


def test_the_text_names_the_days() -> None:
    assert {reason: left_out_text(reason, 10) for reason in LeftOut} == {
        LeftOut.PAUSED: "paused: do not contact yet",
        LeftOut.NOTHING_OVERDUE: "nothing overdue",
        LeftOut.ALL_DISPUTED: "everything overdue is disputed",
        LeftOut.PROMISED: "payment is promised",
        LeftOut.CONTACTED_RECENTLY: "contacted in the last 10 days",
    }


def test_the_day_is_that_of_the_time_zone() -> None:
    late = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)
    assert day_in("Europe/Paris", late) == date(2026, 3, 11)
    assert day_in("America/New_York", late) == date(2026, 3, 10)
