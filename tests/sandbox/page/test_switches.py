"""What the outbox's switches do to the next SMS, and how it is said; those of mail are pressed in the browser."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from sandbox import SmsCatcher
from sandbox.page.switches import sms_board
from tests.sandbox.page.conftest import Webhook

PAT = "+33612345678"


@pytest.fixture
def sms() -> Iterator[SmsCatcher]:
    with SmsCatcher(receipts=True) as catcher:
        yield catcher


def send(sms: SmsCatcher, to: str = PAT, body: str = "Please pay.", callback: str = "") -> tuple[int, int]:
    """Send one as Twilio's clients do; return the HTTP status and Twilio's error code (0 for none)."""
    login = base64.b64encode(f"{sms.account_sid}:{sms.auth_token}".encode()).decode()
    form = urlencode({"To": to, "From": sms.number, "Body": body, "StatusCallback": callback}).encode()
    address = f"{sms.url}/2010-04-01/Accounts/{sms.account_sid}/Messages.json"
    request = urllib.request.Request(address, form, {"Authorization": f"Basic {login}"})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, 0
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())["code"]


@pytest.mark.parametrize(
    ("name", "answer", "said"),
    [
        ("refuse", (400, 21614), "be refused: no mobile number (error 21614)"),
        ("opted_out", (400, 21610), "be refused: has answered STOP (error 21610)"),
        ("throttle", (429, 20429), "be asked to wait (429, try again in 5 s)"),
        ("fail", (503, 20503), "meet a server in trouble (503)"),
    ],
)
def test_a_switch_strikes_one_number_as_often_as_asked(
    sms: SmsCatcher, name: str, answer: tuple[int, int], said: str
) -> None:
    board = sms_board(sms)
    board.switches[name].turn_on(PAT, 3)
    assert board.active() == [f"The next 3 SMS to {PAT} will {said}"]
    assert send(sms, "+33687654321") == (201, 0)
    assert [send(sms) for _ in range(4)] == [answer, answer, answer, (201, 0)]
    assert board.active() == []


def test_an_sms_that_was_taken_comes_back(sms: SmsCatcher, webhook: Webhook) -> None:
    board = sms_board(sms)
    board.switches["come_back"].turn_on(None, None)
    said = "be taken, then come back (undelivered, 30005: unknown destination)"
    assert board.active() == [f"Every SMS to anybody will {said}"]
    assert send(sms, callback=webhook.url) == (201, 0)
    sms.wait_for(lambda found: found[0].status == "undelivered")
    sms.stop()  # once all it reports is out
    assert [one["MessageStatus"] for one in webhook.forms] == ["sent", "undelivered"]
    assert webhook.forms[-1]["ErrorCode"] == "30005"
    board.heal()
    assert board.active() == []
