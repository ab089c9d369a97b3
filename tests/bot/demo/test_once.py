"""The demo that plays by itself: an email campaign, then one by SMS and one by letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.once import play_once


def test_all_campaigns_go_out_and_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play_once(tmp_path / "run")
    told = capsys.readouterr().out
    assert "116 mails are in" in told
    assert "Reminder by SMS: Partially successful: 68 sent, 10 not sent." in told
    assert "gets no more: SMS · asked not to be contacted" in told
    assert len(list((tmp_path / "run" / "mails").glob("*.eml"))) == 116
    texts = (tmp_path / "run" / "sms.txt").read_text(encoding="utf-8")
    assert texts.count("Northwind Trading: ") == 68
    assert "Last reminder by letter: Partially successful: " in told
    assert "Sendai, Miyagi, JP: no postcode" in told
    assert "our fonts have no 花 子 伊 藤" in told
    [listed] = (tmp_path / "run" / "letters").glob("*/letters.csv")
    letters = len(list(listed.parent.glob("letters/*.pdf")))
    assert f"{letters} letters with " in told
    assert listed.read_text(encoding="utf-8-sig").count(".pdf") == letters > 20
