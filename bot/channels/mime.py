"""A message as bytes for the wire: multipart text and HTML, written directly.

`email.message.EmailMessage` costs more than rendering, SMTP and the database together, so the parts are put together
here; the tests parse every result back with the standard library. Whatever comes from people or customers is guarded
before it stands in a header: no control character gets through.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from string import ascii_letters, digits
from urllib.parse import quote

from bot.channels.base import Address, Attachment, Message, Rejected

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_UNSAFE = r"\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff<>()\[\],;:\\\"@"
_ADDRESS = re.compile(f"[^{_UNSAFE}]+@[^{_UNSAFE}]+")
_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]*")
_PLAIN = re.compile(r"[ -~]*")
_SAFE_IN_WORDS = frozenset(ascii_letters + digits + "!*+-/")
"""What may stand for itself in an encoded word anywhere: RFC 2047, section 5 (3)."""
_LONGEST_WORD = 52
_MIME_TYPE = re.compile(r"[a-z0-9.+-]+/[a-z0-9.+-]+")
_BREAKS = re.compile(r"\r\n|\r|\n")


def build(message: Message, now: datetime) -> bytes:
    """Return the message with CR LF line ends; raise Rejected for an address or Message-ID that can't be written."""
    headers = [
        f"Message-ID: {_message_id(message.message_id)}",
        f"Date: {format_datetime(now)}",
        f"From: {_mailboxes((message.sender,))}",
        f"To: {_mailboxes(message.to)}",
        *([f"Cc: {_mailboxes(message.cc)}"] if message.cc else []),
        f"Subject: {_unstructured(message.subject)}",
        "Auto-Submitted: auto-generated",
        "MIME-Version: 1.0",
    ]
    body = _alternative(message.text, message.html)
    if message.attachments:
        body = _multipart("mixed", [body, *(_attachment(a) for a in message.attachments)])
    return "\r\n".join(headers).encode() + b"\r\n" + body


def encode_address(address: str) -> str:
    """Return an address for the wire: its domain in ASCII (IDNA); the part before it may still have other letters.

    Raise Rejected when it is no single address.
    """
    if not _ADDRESS.fullmatch(address):
        raise Rejected(f"{_CONTROL.sub(' ', address)!r} is not a valid address.")
    local, _, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise Rejected(f"{address!r} is not a valid address.") from None


def _message_id(text: str) -> str:
    if not _MESSAGE_ID.fullmatch(text):
        raise Rejected("The Message-ID is not valid.")
    return text


def _mailboxes(addresses: tuple[Address, ...]) -> str:
    return ",\r\n ".join(_mailbox(name, address) for name, address in addresses)


def _mailbox(name: str, address: str) -> str:
    address = encode_address(address)
    return f"{_phrase(name)} <{address}>" if name.strip() else address


@lru_cache(maxsize=4096)
def _phrase(name: str) -> str:
    name = _CONTROL.sub(" ", name).strip()
    if not _PLAIN.fullmatch(name) or "=?" in name:
        return _encoded(name)
    if _ATOMS.fullmatch(name):
        return name
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unstructured(text: str) -> str:
    text = _CONTROL.sub(" ", text).strip()
    if _PLAIN.fullmatch(text) and "=?" not in text and len(text) < 900:
        return text
    return _encoded(text)


def _encoded(text: str) -> str:
    """Return a text in encoded words of UTF-8 (RFC 2047, in Q), each short enough for a line with the header's name."""
    words, word = [], ""
    for letter in text:
        quoted = _quoted(letter)
        if len(word) + len(quoted) > _LONGEST_WORD:
            words.append(word)
            word = ""
        word += quoted
    return "\r\n ".join(f"=?utf-8?q?{word}?=" for word in (*words, word))


@lru_cache(maxsize=4096)
def _quoted(letter: str) -> str:
    if letter == " ":
        return "_"
    if letter in _SAFE_IN_WORDS:
        return letter
    return "".join(f"={byte:02X}" for byte in letter.encode("utf-8", "replace"))


def _alternative(text: str, html: str) -> bytes:
    return _multipart("alternative", [_text_part("plain", text), _text_part("html", html)])


def _multipart(kind: str, parts: list[bytes]) -> bytes:
    # "=_" stands in no quoted-printable and no base64 text, so no content can contain the boundary
    boundary = f"=_{uuid.uuid4().hex}".encode()
    head = b"Content-Type: multipart/" + kind.encode() + b'; boundary="' + boundary + b'"\r\n\r\n'
    inner = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    return head + inner + b"--" + boundary + b"--\r\n"


def _text_part(kind: str, text: str) -> bytes:
    content = _BREAKS.sub("\r\n", text).encode("utf-8", "replace")
    head = f"Content-Type: text/{kind}; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    encoded = binascii.b2a_qp(content, istext=True)
    # its soft line breaks are bare LF until it has met a CR LF
    return head.encode() + encoded.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _attachment(attachment: Attachment) -> bytes:
    name, mime_type, content = attachment
    if not _MIME_TYPE.fullmatch(mime_type):
        raise Rejected("The attachment's type is not valid.")
    name = quote(_CONTROL.sub(" ", name), safe=" !#$&+-.^_`{}~")
    head = (
        f"Content-Type: {mime_type}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment; filename*=utf-8''{name.replace(' ', '%20')}\r\n\r\n"
    )
    return head.encode() + base64.encodebytes(content).replace(b"\n", b"\r\n")
