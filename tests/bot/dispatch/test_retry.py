"""What follows a failed attempt."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.channels.base import AuthBroken, Rejected, SendError, Transient, Uncertain
from bot.dispatch.retry import Manual, Retry, after
from bot.domain.states import Reason


@pytest.mark.parametrize(("error", "attempt", "expected"), [
    (Transient("450 busy"), 1, Retry(timedelta(minutes=1))),
    (Transient("450 busy"), 2, Retry(timedelta(minutes=5))),
    (Transient("450 busy"), 3, Retry(timedelta(minutes=15))),
    (Transient("450 busy"), 4, Retry(timedelta(hours=1))),
    (Transient("450 busy"), 5, Retry(timedelta(hours=4))),
    (Transient("450 busy"), 6, Manual(Reason.RETRIES_EXHAUSTED)),
    (Transient("wait", retry_after=600), 1, Retry(timedelta(minutes=10))),  # the provider's wish, when it is longer
    (Transient("wait", retry_after=5), 1, Retry(timedelta(minutes=1))),
    (Transient("wait", retry_after=10**9), 1, Retry(timedelta(hours=24))),
    (Rejected("550 no"), 1, Manual(Reason.REJECTED)),
    (Uncertain("lost"), 1, Manual(Reason.UNCERTAIN)),
    (AuthBroken("535 no"), 1, Manual(Reason.UNCERTAIN)),  # never asked: the campaign is paused instead
    (SendError("?"), 1, Manual(Reason.UNCERTAIN)),
])  # fmt: skip
def test_what_follows(error: SendError, attempt: int, expected: Retry | Manual) -> None:
    assert after(error, attempt) == expected


@pytest.mark.parametrize(("error", "attempt", "unanswered", "expected"), [
    (Uncertain("lost"), 1, False, Retry(timedelta(minutes=1), unanswered=True)),
    (Transient("450 busy"), 1, False, Retry(timedelta(minutes=1), unanswered=False)),
    (Transient("450 busy"), 2, True, Retry(timedelta(minutes=5), unanswered=True)),  # the first may still be out
    (Transient("wait", retry_after=600), 1, True, Retry(timedelta(minutes=10), unanswered=True)),
    (Transient("450 busy"), 6, False, Manual(Reason.RETRIES_EXHAUSTED)),
    (Transient("450 busy"), 6, True, Manual(Reason.UNCERTAIN)),
    (Uncertain("lost"), 6, False, Manual(Reason.UNCERTAIN)),
    (Rejected("400 no"), 2, True, Manual(Reason.REJECTED)),  # had it been taken before, it would be again
])  # fmt: skip
def test_what_follows_where_a_message_is_taken_only_once(
    error: SendError, attempt: int, unanswered: bool, expected: Retry | Manual
) -> None:
    assert after(error, attempt, is_repeatable=True, unanswered=unanswered) == expected


def test_an_unanswered_attempt_is_not_repeated_where_it_could_be_taken_twice() -> None:
    assert after(Transient("450 busy"), 2, unanswered=True) == Manual(Reason.UNCERTAIN)
