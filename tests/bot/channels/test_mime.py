"""Messages on the wire, parsed back with the standard library."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import mime
from bot.channels.base import Message, Rejected

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def message(**values: object) -> Message:
    defaults: dict[str, object] = {
        "action_id": 1,
        "message_id": "<a1.b2@example.com>",
        "sender": ("Alice Martin", "alice@example.com"),
        "to": (("Pat Payer", "pat@acme.example"),),
        "subject": "Your account",
        "text": "Dear Acme,\nplease pay.\n",
        "html": "<p>Dear Acme,<br>please pay.</p>",
    }
    return Message(**(defaults | values))  # type: ignore[arg-type]


def parsed(m: Message) -> EmailMessage:
    result = message_from_bytes(mime.build(m, NOW), policy=policy.default)
    assert isinstance(result, EmailMessage)
    assert not result.defects
    return result


def part(m: EmailMessage, kind: str) -> str:
    body = m.get_body((kind,))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def test_parses_back_with_every_header_and_both_bodies() -> None:
    m = parsed(message(cc=(("", "boss@acme.example"),)))
    assert m["Message-ID"] == "<a1.b2@example.com>"
    assert m["Date"].datetime == NOW
    assert m["From"] == "Alice Martin <alice@example.com>"
    assert m["To"] == "Pat Payer <pat@acme.example>"
    assert m["Cc"] == "boss@acme.example"
    assert m["Subject"] == "Your account"
    assert m["Auto-Submitted"] == "auto-generated"
    assert m["Reply-To"] is None
    assert part(m, "plain") == "Dear Acme,\nplease pay.\n"
    assert part(m, "html") == "<p>Dear Acme,<br>please pay.</p>"
    assert m.get_content_type() == "multipart/alternative"


def test_other_letters_survive_in_names_subject_and_bodies() -> None:
    m = parsed(
        message(
            sender=("Zoë Çelik", "zoe@example.com"),
            subject="Mahnung für überfällige Rechnungen – " + "größer " * 20 + "ende",
            text="Façade: 1 000 €\n" + "ß" * 300 + "\n",
        )
    )
    assert m["From"].addresses[0].display_name == "Zoë Çelik"
    assert m["Subject"] == "Mahnung für überfällige Rechnungen – " + "größer " * 20 + "ende"
    assert part(m, "plain") == "Façade: 1 000 €\n" + "ß" * 300 + "\n"


def test_control_characters_in_names_and_subjects_can_not_start_a_header() -> None:
    raw = mime.build(
        message(
            subject="Hi\r\nBcc: evil@example.com",
            sender=("Alice\r\nBcc: evil@example.com", "alice@example.com"),
            to=(("Pat\nX-Evil: 1\u2028\x00", "pat@acme.example"),),
        ),
        NOW,
    )
    m = message_from_bytes(raw, policy=policy.default)
    assert set(m.keys()) == {
        "Message-ID", "Date", "From", "To", "Subject", "Auto-Submitted", "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert m["Subject"] == "Hi Bcc: evil@example.com"
    assert m["From"].addresses[0].display_name == "Alice Bcc: evil@example.com"


@pytest.mark.parametrize(
    "address",
    ["a@b@c", "a b@example.com", "a@example.com\r\nBcc: x@y.z", "a@example.com>", "x", "", "a@ex,ample.com", "a@\x00b"],
)
def test_an_address_that_is_not_one_address_is_refused(address: str) -> None:
    with pytest.raises(Rejected):
        mime.build(message(to=(("Pat", address),)), NOW)


@pytest.mark.parametrize("message_id", ["a@b", "<a@b>\r\nX: 1", "<a b@c>", "<>"])
def test_a_message_id_that_is_none_is_refused(message_id: str) -> None:
    with pytest.raises(Rejected):
        mime.build(message(message_id=message_id), NOW)


def test_a_subject_that_looks_encoded_arrives_as_it_was_written() -> None:
    assert parsed(message(subject="=?utf-8?q?x?= and more"))["Subject"] == "=?utf-8?q?x?= and more"


@pytest.mark.parametrize("name", ['O"Neil, Pat', "Pat (Payer)", "back\\slash", "pat@home", "a.b", "Ä, B", "x" * 200])
def test_names_with_special_characters_come_back_whole(name: str) -> None:
    addresses = parsed(message(to=((name, "pat@acme.example"), ("Sam", "sam@acme.example"))))["To"].addresses
    assert [(a.display_name, a.addr_spec) for a in addresses] == [
        (name, "pat@acme.example"),
        ("Sam", "sam@acme.example"),
    ]


def test_a_domain_with_other_letters_goes_out_in_ascii() -> None:
    assert mime.encode_address("pat@bücher.example") == "pat@xn--bcher-kva.example"


def test_attachments_come_back_byte_for_byte() -> None:
    content = bytes(range(256)) * 50
    m = parsed(message(attachments=(("Kontoauszug März.pdf", "application/pdf", content),)))
    [attached] = m.iter_attachments()
    assert attached.get_content_type() == "application/pdf"
    assert attached.get_filename() == "Kontoauszug März.pdf"
    assert attached.get_content() == content
    assert part(m, "plain") == "Dear Acme,\nplease pay.\n"


def test_lines_keep_within_the_limits_of_mail() -> None:
    raw = mime.build(message(text="x" * 5000 + "\n.\n" + " \n", html="<p>" + "y" * 5000), NOW)
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", raw)


@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\r"), max_size=300))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    m = parsed(message(text=text))
    body = m.get_body(("plain",))
    assert body is not None
    got = body.get_payload(decode=True)
    assert isinstance(got, bytes)
    assert got.decode().replace("\r\n", "\n") == text


@given(subject=st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=200))
def test_any_subject_comes_back_as_it_was_in_lines_that_are_short_enough(subject: str) -> None:
    raw = mime.build(message(subject=f"Überfällig {subject}"), NOW)
    head = message_from_bytes(raw)["Subject"]
    assert str(make_header(decode_header(head))) == f"Überfällig {subject}".strip()
    assert max(len(line) for line in f"Subject: {head}".splitlines()) <= 76  # RFC 2047, section 2


@given(subject=st.text(max_size=200), name=st.text(max_size=100))
def test_no_subject_and_no_name_makes_a_header_of_its_own(subject: str, name: str) -> None:
    raw = mime.build(message(subject=subject, sender=(name, "alice@example.com")), NOW)
    head = raw.split(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if not line.startswith((b" ", b"\t"))]
    assert names == [
        b"Message-ID", b"Date", b"From", b"To", b"Subject", b"Auto-Submitted", b"MIME-Version", b"Content-Type",
    ]  # fmt: skip
