"""The living message and the list of manual actions: the meaning in the text, the right buttons, nothing injected."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.campaigns.decide import ContactChoice, Fixing
from bot.campaigns.summarize import CampaignMessage, Counted, ManualPage, ManualRow
from bot.domain.states import ActionState, CampaignState, Outcome, PauseReason
from handlers import ids
from handlers.blocks.campaign_message import message_blocks, message_text
from handlers.blocks.manual_actions import fix_view, manual_view

AT = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
VIEW = CampaignMessage(
    campaign_id=7,
    name="March reminder",
    state=CampaignState.SENDING,
    frozen=True,
    starts_at=AT,
    chosen_time=False,
    total=10,
    sent=4,
    waiting=5,
    manual=1,
    ignored=0,
    not_sent=1,
    uncertain=0,
    to_decide=1,
    to_undo=0,
    partly_refused=0,
    outcome=None,
    reasons=(Counted("rejected", "refused by the mail server", 1),),
    left_out=(),
    pause_reason=None,
    pause_detail=None,
    rows=(),
    decided=(),
    refused=(),
)
ROW = ManualRow(
    id=3,
    campaign_id=7,
    customer_name="Acme GmbH",
    why="refused by the mail server",
    detail="550 no such user",
    address="payer@example.com",
    message_id="<abc@example.com>",
    uncertain=False,
    state=ActionState.MANUAL,
    decided_by=None,
    decided_at=None,
)
DONE = {"state": CampaignState.COMPLETED, "waiting": 0}


def buttons(blocks: list[dict[str, Any]]) -> list[str]:
    found = [e for b in blocks for e in [*b.get("elements", ()), *([b["accessory"]] if "accessory" in b else ())]]
    return [e["text"]["text"] for e in found if e.get("type") == "button"]


def action_ids(blocks: list[dict[str, Any]]) -> list[str]:
    return [e["action_id"] for b in blocks if b["type"] == "actions" for e in b["elements"]]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({}, "Sending: 4 of 10 messages sent."),
        (DONE | {"sent": 10, "not_sent": 0, "to_decide": 0, "outcome": Outcome.FULLY},
         "Fully successful: 10 sent, 0 not sent."),
        (DONE | {"sent": 9, "outcome": Outcome.PARTIALLY},
         "Partially successful: 9 sent, 1 not sent. 1 action needs you."),
        (DONE | {"sent": 0, "not_sent": 10, "to_decide": 10, "outcome": Outcome.FAILED},
         "Failed: 0 sent, 10 not sent. 10 actions need you."),
        (DONE | {"sent": 9, "not_sent": 0, "uncertain": 1, "outcome": Outcome.PARTIALLY},
         "Partially successful: 9 sent, 1 may have been sent. 1 action needs you."),
        ({"state": CampaignState.SCHEDULED, "frozen": False, "total": 0},
         "Preparing the messages: they start <!date^1773133200^{date_short_pretty} at {time}|2026-03-10 09:00 UTC>."),
        ({"state": CampaignState.SCHEDULED, "frozen": False, "total": 0, "chosen_time": True},
         "Preparing the messages: they start <!date^1773133200^{date_short_pretty} at {time}|2026-03-10 09:00 UTC>."),
        ({"state": CampaignState.PAUSED, "pause_reason": PauseReason.BY_PERSON},
         "Paused: nothing goes out until you resume it."),
        ({"state": CampaignState.CANCELLED, "sent": 0, "waiting": 0}, "Cancelled: nothing was sent."),
        ({"state": CampaignState.CANCELLED, "sent": 0, "waiting": 0, "uncertain": 1, "not_sent": 0},
         "Cancelled: 0 sent, 1 may have been sent."),
        ({"state": CampaignState.CANCELLED, "sent": 0, "waiting": 1, "not_sent": 9},
         "Cancelled: 0 sent, 1 still being handed over, 9 not sent."),
    ],
)  # fmt: skip
def test_the_text_alone_carries_the_meaning(changes: dict[str, Any], text: str) -> None:
    assert message_text(replace(VIEW, **changes)) == f"March reminder: {text}"


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (CampaignState.SCHEDULED, ["Undo", "Pause"]),
        (CampaignState.SENDING, ["Pause", "Cancel"]),
        (CampaignState.PAUSED, ["Resume", "Cancel"]),
        (CampaignState.COMPLETED, []),
        (CampaignState.CANCELLED, []),
    ],
)
def test_each_state_has_its_buttons(state: CampaignState, expected: list[str]) -> None:
    assert buttons(message_blocks(replace(VIEW, state=state, to_decide=0))) == expected


def test_manual_rows_offer_send_ignore_and_fix_and_the_rest_a_click_away() -> None:
    view = replace(VIEW, **DONE, rows=(ROW,), to_decide=4, to_undo=1)
    assert buttons(message_blocks(view)) == ["Send", "Ignore", "Fix contact", "All 5"]
    assert buttons(message_blocks(replace(view, to_decide=1, to_undo=0))) == ["Send", "Ignore", "Fix contact"]
    assert buttons(message_blocks(replace(view, state=CampaignState.CANCELLED, to_decide=1, to_undo=0))) == ["Ignore"]


def test_an_uncertain_action_says_so_and_asks_before_it_is_sent_again() -> None:
    view = replace(VIEW, **DONE, rows=(replace(ROW, uncertain=True),))
    blocks = message_blocks(view)
    assert "&lt;abc@" in json.dumps(blocks, ensure_ascii=False)
    (send,) = [e for b in blocks for e in b.get("elements", ()) if e.get("action_id") == "action_send:3"]
    assert "may have been sent" in send["confirm"]["text"]["text"]


def test_a_decision_shows_who_and_when_and_ignore_can_be_undone() -> None:
    ignored = replace(ROW, state=ActionState.IGNORED, decided_by="U1", decided_at=AT)
    blocks = message_blocks(replace(VIEW, **DONE, to_decide=0, to_undo=1, decided=(ignored,)))
    assert blocks[-1]["text"]["text"].startswith("Ignored by <@U1> <!date^1773133200^")
    assert buttons(blocks) == ["Undo ignore"]


def test_refused_recipients_of_sent_messages_are_named() -> None:
    sent = replace(ROW, state=ActionState.SENT, detail="b@example.com: 550")
    shown = json.dumps(message_blocks(replace(VIEW, **DONE, partly_refused=1, refused=(sent,))))
    assert "Sent, but refused for some recipients* (1)" in shown


HOSTILE = "<!channel> <@U1> `x` *bold* & <https://evil.example|click>"


def test_customers_names_and_servers_words_can_not_mention_or_link() -> None:
    row = replace(ROW, customer_name=HOSTILE, detail=HOSTILE, address=HOSTILE, message_id=HOSTILE, uncertain=True)
    decided = replace(row, state=ActionState.IGNORED)
    view = replace(VIEW, name=HOSTILE, rows=(row,), decided=(decided,), refused=(row,), partly_refused=1)
    page = ManualPage(7, HOSTILE, (row, decided), (), 0, 1, 2, 0, True)
    fixing = Fixing(3, 7, HOSTILE, "refused", HOSTILE, (ContactChoice(1, HOSTILE, HOSTILE),))
    texts = [message_text(view), *_mrkdwn(message_blocks(view))]
    texts += [*_mrkdwn(manual_view(page)), *_mrkdwn(fix_view(fixing))]
    for text in texts:
        assert not any(mark in text for mark in ("<!channel", "<@U1", "<http", "`", "*bold*")), text


def test_a_full_page_stays_within_slack_s_limits() -> None:
    reasons = tuple(Counted(f"reason_{n}", "refused by the mail server", 9) for n in range(12))
    page = ManualPage(7, "March", tuple(replace(ROW, id=n) for n in range(10)), reasons, 1, 3, 30, 0, True)
    view = manual_view(page, "Ignored: 3.")
    assert len(view["blocks"]) <= 100
    made = action_ids(view["blocks"])
    assert len(made) == len(set(made))
    assert json.loads(view["private_metadata"]) == {"c": 7, "v": 0, "p": 1}


def test_a_reason_begins_its_line_and_keeps_its_capitals() -> None:
    page = ManualPage(7, "March", (ROW,), (Counted("not_mobile", "the number gets no SMS", 7),), 0, 1, 7, 0, True)
    assert "*The number gets no SMS* (7)" in _mrkdwn(manual_view(page))


def test_ignored_rows_of_the_list_can_be_undone() -> None:
    page = ManualPage(7, "March", (replace(ROW, state=ActionState.IGNORED),), (), 0, 1, 1, 1, True)
    assert buttons(manual_view(page)["blocks"]) == ["Undo ignore"]


def test_an_address_that_slack_would_refuse_is_not_filled_in() -> None:
    view = fix_view(Fixing(3, 7, "Acme", "the address is not valid", "no address", ()))
    (email,) = [b for b in view["blocks"] if b.get("block_id") == ids.FIX_EMAIL]
    assert "initial_value" not in email["element"]


def _mrkdwn(found: Any) -> list[str]:
    if isinstance(found, list):
        return [text for each in found for text in _mrkdwn(each)]
    if not isinstance(found, dict):
        return []
    own = [found["text"]] if found.get("type") == "mrkdwn" else []
    return own + [text for each in found.values() for text in _mrkdwn(each)]
