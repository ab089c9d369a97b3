"""The demo that plays by itself: an email campaign, then one by SMS."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.once import play_once


def test_both_campaigns_go_out_and_are_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    play_once(tmp_path / "run")
    told = capsys.readouterr().out
    assert "116 mails are in" in told
    assert "Reminder by SMS: Partially successful: 68 sent, 10 not sent." in told
    assert "gets no more: SMS · asked not to be contacted" in told
    assert len(list((tmp_path / "run" / "mails").glob("*.eml"))) == 116
    texts = (tmp_path / "run" / "sms.txt").read_text(encoding="utf-8")
    assert texts.count("Northwind Trading: ") == 68
