"""The SMS channel against the local Twilio: what each answer means, and what Twilio is asked after a crash."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.channels.base import AuthBroken, Message, Rejected, SendError, Transient, Uncertain
from bot.channels.sms import SmsChannel, SmsTimeouts, TwilioAccount
from bot.channels.twilio_errors import MEANINGS, Kind, error_of, meaning_of
from bot.domain.states import Reason
from sandbox import SmsCatcher

PAT = "+4915123456789"


@pytest.fixture
def sms() -> Iterator[SmsCatcher]:
    with SmsCatcher() as running:
        yield running


def channel(sms: SmsCatcher, *, url: str = "", answer: float = 5, **values: str) -> SmsChannel:
    given = {"sender": sms.number, "password": sms.auth_token} | values
    account = TwilioAccount(sms.account_sid, sms.account_sid, api_url=url or sms.url, **given)
    return SmsChannel(account, SmsTimeouts(connect=2, answer=answer))


def message(to: str = PAT, text: str = "Please pay.") -> Message:
    return Message(1, "<1.actionless@example.com>", ("Alice", "alice@example.com"), (("Pat", to),), "", text)


def test_accepted_the_receipt_is_twilios_id(sms: SmsCatcher) -> None:
    receipt = channel(sms, callback_url="https://bot.example.com/twilio/status").open().send(message())
    [taken] = sms.messages
    assert receipt.provider_id == taken.sid
    assert (taken.to, taken.sender, taken.body) == (PAT, sms.number, "Please pay.")
    assert taken.callback == "https://bot.example.com/twilio/status?ref=%3C1.actionless%40example.com%3E"


def test_a_messaging_service_chooses_the_number(sms: SmsCatcher) -> None:
    channel(sms, sender="", messaging_service_sid="MG1").open().send(message())
    assert len(sms.messages) == 1


@pytest.mark.parametrize(("code", "reason", "says"), [
    (21211, Reason.INVALID_ADDRESS, "This is not a phone number. Correct it with Fix contact. (Twilio 21211)"),
    (21614, Reason.NOT_MOBILE, "Put in a mobile number"),
    (21408, Reason.REJECTED, "Geo permissions"),
    (21610, Reason.SUPPRESSED, "answered STOP"),
    (63999, Reason.UNKNOWN, "Twilio gave a code that we do not know: "),
])  # fmt: skip
def test_refusals_say_what_can_be_done(sms: SmsCatcher, code: int, reason: Reason, says: str) -> None:
    sms.refuse(PAT, code, "HTTP 400 words")
    connection = channel(sms).open()
    with pytest.raises(Rejected) as caught:
        connection.send(message())
    assert caught.value.reason is reason
    assert says in caught.value.detail
    assert str(code) in caught.value.detail
    connection.send(message("+33612345678"))  # the connection goes on


def test_throttled_names_when_to_try_again(sms: SmsCatcher) -> None:
    sms.throttle(retry_after=17)
    with pytest.raises(Transient) as caught:
        channel(sms).open().send(message())
    assert caught.value.retry_after == 17


@pytest.mark.parametrize(("status", "code", "error"), [(503, 20503, Transient), (500, 20500, Uncertain)])
def test_a_server_in_trouble(sms: SmsCatcher, status: int, code: int, error: type[SendError]) -> None:
    sms.fail(status=status, code=code)
    with pytest.raises(error):
        channel(sms).open().send(message())


def test_a_wrong_login_is_told_apart(sms: SmsCatcher) -> None:
    wrong = channel(sms, password="wrong").open()
    with pytest.raises(AuthBroken, match="TWILIO_AUTH_TOKEN"):
        wrong.send(message())
    with pytest.raises(AuthBroken):
        wrong.probe()
    channel(sms).open().probe()


def test_a_sender_that_is_none_stops_everything(sms: SmsCatcher) -> None:
    sms.refuse(PAT, 21606, "The From phone number is not a valid, SMS-capable number")
    with pytest.raises(AuthBroken, match="TWILIO_FROM"):
        channel(sms).open().send(message())


@pytest.mark.parametrize("taken", [True, False])
def test_no_answer_in_time_is_uncertain_and_not_tried_again(sms: SmsCatcher, taken: bool) -> None:
    sms.hang(taken=taken)
    with pytest.raises(Uncertain):
        channel(sms, answer=0.3).open().send(message())
    assert len(sms.messages) == taken


def test_cut_off_after_the_request_is_uncertain(sms: SmsCatcher) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=cut_off, args=(listener,), daemon=True).start()
        with pytest.raises(Uncertain):
            channel(sms, url=f"http://127.0.0.1:{listener.getsockname()[1]}").open().send(message())


def cut_off(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    connection.recv(65_536)
    connection.close()


def test_nobody_there_is_transient(sms: SmsCatcher) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        with pytest.raises(Transient):
            channel(sms, url=url).open().send(message())


def test_too_long_is_refused_before_twilio_is_called(sms: SmsCatcher) -> None:
    with pytest.raises(Rejected, match="1,601 characters"):
        channel(sms).open().send(message(text="x" * 1601))
    assert sms.messages == []


def test_look_up_finds_what_twilio_has_of_a_number_and_a_time(sms: SmsCatcher) -> None:
    connection = channel(sms).open()
    connection.send(message(text="one"))
    connection.send(message("+33612345678", "another"))
    now = datetime.now(UTC)
    found = connection.look_up(PAT, now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert [(each.provider_id, each.text, each.status) for each in found] == [(sms.messages[0].sid, "one", "queued")]
    assert connection.look_up(PAT, now + timedelta(minutes=1), now + timedelta(minutes=2)) == []


def test_every_meaning_becomes_an_error_of_the_vocabulary() -> None:
    expected = {Kind.SETUP: AuthBroken, Kind.LATER: Transient}
    for code, meaning in MEANINGS.items():
        assert type(error_of(400, code, "", None)) is expected.get(meaning.kind, Rejected)
    assert meaning_of(12345).kind is Kind.UNKNOWN
    assert meaning_of(None).kind is Kind.UNKNOWN


def test_the_start_does_not_wait_for_twilios_client() -> None:
    late = ("twilio", "requests", "phonenumbers", "holidays", "gsm0338", "imap_tools", "flufl")
    code = f"import sys, bot.app; print([m for m in {late} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
