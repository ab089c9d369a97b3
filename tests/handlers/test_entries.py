"""Entry points are found by their ids: those of rows by what they begin with, and nothing else by chance."""

from __future__ import annotations

import json
from typing import Any

import pytest
from slack_bolt import BoltRequest, BoltResponse

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
    entries.command("/plain")(lambda *_: heard.append("command"))
    return entries


def test_each_kind_of_payload_has_its_own(entries: Entries, heard: list[str]) -> None:
    for body in (
        click("plain"),
        click("row"),
        click("row:17"),
        {"type": "view_submission", "view": {"callback_id": "plain"}},
        {"type": "block_suggestion", "action_id": "row:2"},
        {"command": "/plain"},
    ):
        listener = entries.found(body)
        assert listener is not None
        listener(none, body, none, none)
    assert heard == ["plain", "row", "row", "view", "options", "command"]


@pytest.mark.parametrize(
    "body",
    [
        *(click(wrong) for wrong in ("plain:17", "other", "rows", 7, None)),
        {"type": "block_actions", "actions": []},
        {"type": "block_actions", "actions": {}},
        {"type": "block_actions"},
        {"type": "block_actions", "command": "/plain"},
        {"type": "view_submission", "view": None},
        {"type": "view_closed", "view": {"callback_id": "plain"}},
        {"type": ["block_actions"], "actions": [{"action_id": "plain"}]},
        {"command": "/other"},
        {},
    ],
)
def test_what_nobody_bound_is_nobodys(entries: Entries, body: dict[str, Any]) -> None:
    assert entries.found(body) is None


def asked(entries: Entries, body: dict[str, Any]) -> tuple[BoltResponse | None, list[str]]:
    """Return what a payload is answered with, and whether it was passed on."""
    passed = list[str]()

    def further() -> BoltResponse:
        passed.append("on")
        return BoltResponse(status=404)

    request = BoltRequest(body=json.dumps(body), headers={"content-type": ["application/json"]})
    return entries.process(req=request, resp=BoltResponse(status=200), next=further), passed


def test_what_is_bound_is_answered_and_what_is_not_is_passed_on(entries: Entries) -> None:
    entries.action("answers")(lambda ack, body, client, context: ack(text=body["actions"][0]["action_id"]))
    answer, passed = asked(entries, click("answers"))
    assert answer is not None
    assert (answer.status, answer.body, passed) == (200, "answers", [])
    answer, passed = asked(entries, click("other"))
    assert answer is not None
    assert (answer.status, passed) == (404, ["on"])
    assert asked(entries, click("plain")) == (None, []), "it has not answered, which Bolt says"


def test_what_a_listener_raises_is_raised(entries: Entries) -> None:
    def fail(*_: Any) -> None:
        raise LookupError("nothing there")

    entries.action("fails")(fail)
    with pytest.raises(LookupError, match="nothing there"):
        asked(entries, click("fails"))


def test_one_id_has_one_listener(entries: Entries) -> None:
    with pytest.raises(AssertionError, match="two listeners for plain"):
        entries.action("plain")(lambda *_: None)
