"""The answer to a request to hand off: waited for, given once, good for a while."""

from __future__ import annotations

import threading

from bot.dispatch.reports import Grant
from storage.db import steady


def test_a_grant_is_waited_for_and_holds_for_as_long_as_it_says() -> None:
    grant, heard = Grant(), []
    waiting = threading.Thread(target=lambda: heard.append(grant.wait()), daemon=True)
    waiting.start()
    assert (grant.holds, grant.doubtful, heard) == (False, False, [])
    grant.answer(frozenset({("mine", 1)}), steady() + 60)
    waiting.join()
    assert (grant.holds, heard) == (True, [frozenset({("mine", 1)})])
    grant.answer(frozenset(), 0)  # its thread has gone on; nothing more may begin
    grant.answer(frozenset(), 0)
    assert not grant.holds
    assert grant.wait() == frozenset()
