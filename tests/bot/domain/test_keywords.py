"""Keywords by which phones opt out and in."""

from __future__ import annotations

import pytest

from bot.domain.keywords import Keyword, keyword_of


@pytest.mark.parametrize(("text", "keyword"), [
    ("STOP", Keyword.STOP), (" stop. ", Keyword.STOP), ("Arrêt", Keyword.STOP), ("ABMELDEN!", Keyword.STOP),
    ("opt-out", Keyword.STOP), ("Stop all", Keyword.STOP), ("baja", Keyword.STOP), ("Start", Keyword.START),
    ("Hilfe?", Keyword.HELP), ("INFO", Keyword.HELP),
    ("yes", None), ("Please stop calling me", None), ("stop it", None), ("", None), ("!!!", None), ("We paid.", None),
])  # fmt: skip
def test_only_a_keyword_alone_is_one(text: str, keyword: Keyword | None) -> None:
    assert keyword_of(text) is keyword
