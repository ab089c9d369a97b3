"""Hostile requests and hostile customer data, over the real HTTP road and in everything that the bot sends."""

from __future__ import annotations

import http.client
import json
import time
from urllib.parse import urlencode

import pytest
from sqlalchemy import text

from bot.app import Bot
from sandbox.person import Person
from sandbox.signing import signed_headers
from storage.db import utcnow
from tests.scenarios.office import Office

HOSTILE = "<!channel> <@U0ALICE01> `code` *bold* <https://evil.example|pay here> <b>x</b> {{sender.email}} & Co"


def post(office: Office, body: bytes, headers: dict[str, str]) -> int:
    """Post to the bot's request address; return the status."""
    assert isinstance(office.bot, Bot)
    connection = http.client.HTTPConnection("127.0.0.1", office.bot.web.port, timeout=10)
    try:
        connection.request("POST", "/slack/events", body, headers)
        return connection.getresponse().status
    finally:
        connection.close()


def command_of(office: Office) -> bytes:
    """Return the form of /campaign as Slack sends it for Alice."""
    return urlencode(office.alice.payloads.slash("/campaign", "", "D0000000A1", "directmessage")).encode()


@pytest.mark.road("http")
@pytest.mark.database("sqlite")
class TestSignature:
    """Only what Slack signed, and signed just now, is listened to."""

    def headers(
        self, office: Office, body: bytes, *, at: float | None = None, secret: str | None = None
    ) -> dict[str, str]:
        made = signed_headers(secret or office.slack.signing_secret, body, at=at)
        return {**made, "Content-Type": "application/x-www-form-urlencoded"}

    def test_a_genuine_request_is_answered(self, office: Office) -> None:
        body = command_of(office)
        assert post(office, body, self.headers(office, body)) == 200
        assert office.alice.modal("Who").is_open

    def test_a_signature_with_another_secret(self, office: Office) -> None:
        body = command_of(office)
        assert post(office, body, self.headers(office, body, secret="another")) == 401
        assert not office.alice.has_modal
        assert office.count("campaigns") == 0

    def test_a_body_changed_after_signing(self, office: Office) -> None:
        body = command_of(office)
        assert post(office, body.replace(b"U0ALICE01", b"U0EVE0001"), self.headers(office, body)) == 401

    def test_a_request_recorded_and_played_again_later(self, office: Office) -> None:
        body = command_of(office)
        assert post(office, body, self.headers(office, body, at=time.time() - 301)) == 401
        assert post(office, body, self.headers(office, body, at=time.time() + 301)) == 401

    @pytest.mark.parametrize("gone", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
    def test_a_header_that_is_not_there(self, office: Office, gone: str) -> None:
        body = command_of(office)
        headers = {name: value for name, value in self.headers(office, body).items() if name.lower() != gone.lower()}
        assert post(office, body, headers) == 401

    def test_a_timestamp_that_is_no_number(self, office: Office) -> None:
        body = command_of(office)
        headers = self.headers(office, body)
        name = next(one for one in headers if one.lower() == "x-slack-request-timestamp")
        assert post(office, body, headers | {name: "yesterday"}) == 401

    def test_a_body_beyond_all_measure(self, office: Office) -> None:
        body = b"payload=" + b"x" * 8_000_000
        assert post(office, body, self.headers(office, body)) == 413
        assert post(office, command_of(office), {}) == 401, "and it still listens"

    def test_a_signed_body_that_is_no_payload(self, office: Office) -> None:
        for body in (b"", b"payload=", b"payload={", b"payload=[]", b"\xff\xfe", b'{"type": 5}'):
            assert post(office, body, self.headers(office, body)) in (200, 400, 401, 404)
        assert "This is what I can do" in office.alice.command("/campaign help").text


@pytest.fixture
def hostile(closed_office: Office) -> Office:
    """An office whose only customer is called what an attacker would like."""
    office = closed_office
    with office.db.write() as session:
        for table in ("contact_positions", "invoices", "contacts", "customers"):
            session.execute(text(f"DELETE FROM {table}"))
    customer = office.build.customer(HOSTILE, overdue=None, email=None, group_name="<!here> group")
    office.build.contact(customer, email="pat@acme.example", first_name="<!everyone>", last_name="*Pat*", is_main=True)
    office.build.invoice(customer, today=utcnow().date(), outstanding=12_345, number="<script>alert(1)</script>")
    return office.start()


def raw_of(office: Office) -> str:
    """Return everything that went from the bot to Slack."""
    return json.dumps([one.args for one in office.slack.traffic if one.direction != "delivery"])


@pytest.mark.road("socket")
def test_names_from_the_book_are_no_slack_markup_anywhere(hostile: Office) -> None:
    office, alice = hostile, hostile.alice
    office.mail.refuse("pat@acme.example", code=550, text="<!channel> *no* `such` user")
    alice.command("/campaign")
    who = alice.modal("Who")
    who.click("Look through the list")
    alice.modals[-1].close()
    who.choose("who_add", HOSTILE[:20], query="channel") if who.options("who_add", "channel") else None
    who.choose("who_all", "All 1 that match")
    who.submit()
    what = alice.modal("What")
    what.type("what_subject", "For {{customer.name}}")
    what.type("what_body", "Dear {{contact.first_name}} of {{customer.name}}\n\n{{invoices.table}}")
    what.click("Update the preview")
    what.submit()
    alice.modal("Check and send").submit()
    done = office.said(alice, "Failed: 0 sent, 1 not sent")
    done.click("Fix contact")
    alice.modal("Fix contact").close()
    done.click("Ignore")
    office.said(alice, "Ignored by")
    sent = mrkdwn_of(office)
    for live in ("<!channel>", "<!here>", "<!everyone>", "<https://evil.example", "<b>"):
        assert live not in sent
    assert "<@U0ALICE01>" not in sent.replace("by <@U0ALICE01>", "")


def mrkdwn_of(office: Office) -> str:
    """Return all text that Slack would read as mrkdwn: mrkdwn objects, and the top-level text of messages."""

    def walk(node: object) -> list[str]:
        if isinstance(node, list):
            return [found for one in node for found in walk(one)]
        if not isinstance(node, dict):
            return []
        own = [str(node["text"])] if node.get("type") == "mrkdwn" or ("channel" in node and "text" in node) else []
        return own + [found for value in node.values() for found in walk(value)]

    return "\n".join(found for one in office.slack.traffic if one.direction != "delivery" for found in walk(one.args))


@pytest.mark.road("socket")
@pytest.mark.database("sqlite")
def test_names_from_the_book_are_text_in_the_mail(hostile: Office) -> None:
    office = hostile
    office.send(office.alice, subject="For {{customer.name}}", body="Dear {{customer.name}}\n\n{{invoices.table}}")
    office.said(office.alice, "Fully successful")
    message = office.mail.messages[0].message
    assert message["Subject"] == f"For {HOSTILE}", "shown as it is, its tag not filled in"
    html = message.get_body(("html",))
    plain = message.get_body(("plain",))
    assert html is not None
    assert plain is not None
    page = html.get_content()
    assert "<script" not in page
    assert "<b>x</b>" not in page
    assert 'href="https://evil.example' not in page
    assert "{{sender.email}}" in page
    assert HOSTILE in plain.get_content()


@pytest.mark.road("socket")
@pytest.mark.database("sqlite")
def test_line_breaks_make_no_headers(closed_office: Office) -> None:
    office = closed_office
    with office.db.write() as session:
        session.execute(text("UPDATE contacts SET first_name = :evil"), {"evil": "Pat\r\nBcc: thief@evil.example"})
        session.execute(text("UPDATE customers SET name = name || :evil"), {"evil": "\r\nX-Evil: 1\n\nbody"})
    office.start()
    office.send(
        office.alice, subject="For {{customer.name}} {{contact.first_name}}", body="Dear {{contact.first_name}}"
    )
    office.said(office.alice, "2 sent")
    for caught in office.mail.messages:
        assert caught.message["Bcc"] is None
        assert caught.message["X-Evil"] is None
        assert len(caught.envelope_to) == 1
        assert "\n" not in str(caught.message["Subject"])
        assert "thief@evil.example" not in caught.envelope_to


@pytest.mark.road("socket")
@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    "code",
    [
        "{{ ''.__class__.__mro__ }}", "{{ 'a' * 10**8 }}", "{% for x in range(10**9) %}x{% endfor %}",
        "{{ customer.__init__ }}", "{{ self }}", "{{ cycler.__init__.__globals__ }}", "{{ lipsum() }}",
        "{# hidden #}", "{{ customer.name | attr('x') }}", "{{ customer.name", "{% include '/etc/passwd' %}",
    ],
)  # fmt: skip
def test_no_code_in_content_nor_subject(office: Office, alice: Person, code: str) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_all", "All 4 that match")
    who.submit()
    what = alice.modal("What")
    what.type("what_subject", code)
    what.type("what_body", f"Dear {code}")
    errors = what.submit().errors
    assert set(errors) == {"Subject", "Content"}
    assert alice.troubles == []


@pytest.mark.road("socket")
def test_values_too_large_or_unfit_are_refused_in_words(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_all", "All 4 that match")
    who.submit()
    what = alice.modal("What")
    metadata, values = what.view["private_metadata"], what.view["state"]["values"]
    for unfit in ("x" * 50_000, "nul \x00 byte", "lone \ud800 surrogate"):
        for block, inputs in values.items():
            for action, state in inputs.items():
                if state["type"] == "plain_text_input":
                    forged = json.loads(json.dumps(values))
                    forged[block][action]["value"] = unfit
                    ack = alice.forge_view_submission("what", metadata, forged)
                    assert ack.ok, (block, ack.trouble)
                    assert "reference" not in json.dumps(ack.body)
    assert "This is what I can do" in alice.command("/campaign help").text
