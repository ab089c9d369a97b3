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
