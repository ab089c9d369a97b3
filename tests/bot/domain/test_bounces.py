"""What codes and words of mail servers mean, and return paths that nobody else can make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.bounces import status_of
from bot.domain.return_paths import ReturnPaths

PATHS = ReturnPaths("Bounces@example.com", "k" * 32)


@pytest.mark.parametrize(("code", "words", "meaning"), [
    ("5.1.1", "550 5.1.1 User unknown", "hard_bounce"),
    ("5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound", "hard_bounce"),
    ("5.4.4", "Host or domain name not found. Name service error", "hard_bounce"),
    ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied.", "hard_bounce"),
    ("5.4.1", "no answer from host", "soft_bounce"),
    ("5.0.0", "550 5.1.1 unknown", "hard_bounce"),  # the words have the better code
    ("5.0.0", "550 Requested action not taken: mailbox unavailable", "hard_bounce"),
    ("", "550 No such user here", "hard_bounce"),
    ("", "550 5.5.0 Requested action not taken: mailbox unavailable", "hard_bounce"),
    ("", "Sorry, no mailbox here by that name. (#5.1.1)", "hard_bounce"),
    ("5.2.2", "552 5.2.2 mailbox full", "soft_bounce"),
    ("4.2.2", "452 4.2.2 over quota", "soft_bounce"),
    ("4.4.7", "delivery time expired", "soft_bounce"),
    ("", "451 try later, user unknown to the cache", "soft_bounce"),
    ("", "552 quota exceeded", "soft_bounce"),
    ("", "nothing that we know", "soft_bounce"),
    ("5.0.0", "connect to 192.0.2.25:25 timed out", "soft_bounce"),
    ("5.7.1", "554 5.7.1 blocked: no such user of our list", "refused"),
    ("5.3.4", "552 5.3.4 message too big", "refused"),
    ("5.1.8", "553 5.1.8 sender's domain does not exist", "refused"),
    ("5.6.0", "554 5.6.0 content", "refused"),
    ("5.1.4", "several mailboxes fit", "soft_bounce"),
    ("5.1.7", "bad sender", "refused"),
    ("5.1.9", "bad sender", "refused"),
    ("5.2.1", "", "hard_bounce"),
    ("5.2.3", "", "refused"),
    ("5.4.310", "", "hard_bounce"),
    ("5.4.6", "loop; no such user", "soft_bounce"),
    ("5.2.0", "no such user", "hard_bounce"),
    ("5.3.0", "no such user", "hard_bounce"),
    ("5.5.1", "no such user", "hard_bounce"),
    ("5.9.9", "no such user", "hard_bounce"),  # no subject that anybody registered
    ("5.9.9", "", "soft_bounce"),
    ("5.0.1", "550 5.1.1 x", "hard_bounce"),
    ("5.7.0", "550 5.1.1 x", "refused"),
    ("5.0.0", "451 no such user", "hard_bounce"),  # its own code comes before the number of a reply
    ("2.0.0", "delivered", "soft_bounce"),
    ("", "x" * 490 + " 5.7.1 no", "refused"),
    ("", "x" * 500 + " 5.7.1 no such user", "soft_bounce"),  # what comes late is not read
])  # fmt: skip
def test_meaning(code: str, words: str, meaning: str) -> None:
    assert status_of(code, words) == meaning


def test_a_return_path_is_signed() -> None:
    assert PATHS.of(42) == "Bounces+42-3hrifoyqbqv6os5g@example.com"
    assert PATHS.action_of(PATHS.of(42)) == 42
    assert PATHS.action_of(PATHS.of(42).upper()) == 42  # some servers change the case
    assert ReturnPaths("bounces@example.com", "l" * 32).action_of(PATHS.of(42)) is None
    assert PATHS.action_of(f" {PATHS.of(42)}\n") == 42
    assert PATHS.action_of("42-3hrifoyqbqv6os5g@example.com") is None
    assert PATHS.action_of(PATHS.of(10**18 - 1)) == 10**18 - 1
    assert PATHS.action_of(PATHS.of(10**18)) is None  # longer than any id
    assert PATHS.action_of("bounces+42-3hrifoyqbqv6os5\udcff@example.com") is None
    assert "k" * 32 not in repr(PATHS)
    for forged in ("+43-3hrifoyqbqv6os5g", "+42-", "+42", "+-3hrifoyqbqv6os5g", "+٤٢-3hrifoyqbqv6os5g", ""):
        assert PATHS.action_of(f"bounces{forged}@example.com") is None
    assert PATHS.action_of(PATHS.of(42).replace("example.com", "example.org")) is None


@given(st.integers(1, 10**18 - 1))
def test_a_return_path_leads_back_and_is_short_enough(action_id: int) -> None:
    paths = ReturnPaths(f"{'b' * 28}@example.com", "k" * 32)
    assert paths.action_of(paths.of(action_id)) == action_id
    assert len(paths.of(action_id).partition("@")[0]) <= 64  # RFC 5321, 4.5.3.1.1


@given(st.text(max_size=80))
def test_no_text_breaks_it(text: str) -> None:
    assert PATHS.action_of(text) is None
    assert PATHS.action_of(f"bounces+{text}@example.com") is None
    assert status_of(text, text) in ("hard_bounce", "soft_bounce", "refused")
