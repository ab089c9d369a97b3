"""Deliveries are read as Bolt reads them, and what Slack signed stays as it came."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from slack_bolt import BoltRequest

from handlers.delivery import Delivery, _payload

HEADERS = {"content-type": "application/x-www-form-urlencoded"}


def test_a_click_is_read_and_stays_as_it_was_signed() -> None:
    body = urlencode(
        {"payload": '{"type":"block_actions","team":{"id":"T1"},"user":{"id":"U1"},"note":"Å = 5 % + 1_0"}'}
    )
    assert _payload(body) is not None
    found = Delivery(body, HEADERS)
    assert found.raw_body == body
    assert found.body["note"] == "Å = 5 % + 1_0"
    assert (found.context.team_id, found.context.user_id) == ("T1", "U1")


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text(), max_size=3), min_size=1))
@example({"a": "=\r\n=20 \t", "b": "_%3D  "})
@example({"long": "x = y " * 200})
def test_any_payload_is_read_to_the_last_character(payload: dict[str, Any]) -> None:
    for text in (json.dumps(payload), json.dumps(payload, ensure_ascii=False)):
        try:
            body = urlencode({"payload": text})
        except UnicodeEncodeError:  # half of a surrogate pair
            continue
        assert _payload(body) == text
        assert Delivery(body, HEADERS).body == payload


@given(st.text(alphabet='%=+&;_{}"0aF3dD \r\né', max_size=30))
@example("%7B%22a%22%3A1%7D&b=2")
@example("{%")
@example("{%\n}")
@example("{=\n}")
@example("{%C3}")
@example("{ %20")
def test_whatever_comes_is_read_as_bolt_reads_it_or_left_to_bolt(field: str) -> None:
    found = _payload(f"payload={field}")
    assert found in (None, dict(parse_qsl(f"payload={field}", keep_blank_values=True)).get("payload"))


@pytest.mark.parametrize(
    "body", ["command=%2Fcampaign&text=", "ssl_check=1", "", '{"type":"event_callback"}', "payload=%7B%7D&more=1"]
)
def test_other_deliveries_are_left_to_bolt(body: str) -> None:
    assert _payload(body) is None
    assert Delivery(body, HEADERS).body == BoltRequest(body=body, headers=HEADERS).body


ODD = [
    urlencode({"payload": text})
    for text in ('{"team":5}', '{"authorizations":5}', '{"enterprise":5}', '{"a":' + "[" * 100_000)
]


@pytest.mark.parametrize("body", ["payload=%7B", "payload={", "payload=nothing", *ODD])
def test_what_is_no_payload_is_said(body: str) -> None:
    with pytest.raises(ValueError):
        Delivery(body, HEADERS)
