"""Entry points are found by their ids: those of rows by what they begin with, and nothing else by chance."""

from __future__ import annotations

from typing import Any

import pytest

from handlers.entries import Entries
from handlers.ids import per_row

none: Any = None


def click(action_id: Any) -> dict[str, Any]:
    return {"type": "block_actions", "actions": [{"action_id": action_id}]}


@pytest.fixture
def heard() -> list[str]:
    return []


@pytest.fixture
def entries(heard: list[str]) -> Entries:
    entries = Entries()
    entries.action("plain")(lambda *_: heard.append("plain"))
    entries.action(per_row("row"))(lambda *_: heard.append("row"))
    entries.view("plain")(lambda *_: heard.append("view"))
    entries.options(per_row("row"))(lambda *_: heard.append("options"))
    return entries


def test_each_kind_of_payload_has_its_own(entries: Entries, heard: list[str]) -> None:
    entries._clicks.answer(none, click("plain"), none, none)
    entries._clicks.answer(none, click("row"), none, none)
    entries._clicks.answer(none, click("row:17"), none, none)
    entries._submissions.answer(none, {"view": {"callback_id": "plain"}}, none, none)
    entries._type_aheads.answer(none, {"action_id": "row:2"}, none, none)
    assert heard == ["plain", "row", "row", "view", "options"]


@pytest.mark.parametrize(
    "body",
    [click("plain:17"), click("other"), click("rows"), click(7), click(None), {"actions": []}, {"actions": {}}, {}],
)
def test_what_nobody_bound_is_nobodys(entries: Entries, body: dict[str, Any]) -> None:
    assert not entries._clicks.knows(body)


def test_one_id_has_one_listener(entries: Entries) -> None:
    with pytest.raises(AssertionError, match="two listeners for plain"):
        entries.action("plain")(lambda *_: None)
