"""One mail from the bounce mailbox, read: what it says of which message to whom, or that it is nothing to act on.

Delivery reports (RFC 3464) and complaints (ARF, RFC 5965) are read with the standard library; what servers wrote before
there were reports, and still write, with flufl.bounce.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.utils import getaddresses
from itertools import islice

from flufl.bounce import all_failures

from bot.domain.bounces import LONGEST_WORDS, MailStatus, status_of
from bot.domain.folding import fold_address
from bot.inbox.trimming import parsed, parts_of, short, text_of

_MESSAGE_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_WRITTEN_ID = re.compile(r"^[ \t>|]*Message-ID:[ \t]*(<[!-;=?-~]{3,250}>)", re.IGNORECASE | re.MULTILINE)
_FIELD = re.compile(r"[A-Za-z][\w-]*:")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f]+")
_DAEMON = re.compile(r"^(mailer-daemon|postmaster|mail-daemon|mdaemon|microsoftexchange[\w-]*)@", re.IGNORECASE)
_AWAY = re.compile(
    r"^\s*(auto(matic)?[ -]?(reply|response|replied)|out of (the )?office|automatische antwort|abwesenheits|"
    r"r[eé]ponse automatique|absence du bureau|respuesta autom[aá]tica|risposta automatica)",
    re.IGNORECASE,
)
_AUTO_HEADERS = ("X-Autoreply", "X-Autorespond", "X-Autoresponder", "X-Vacation")
_DELIVERED_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Delivered-To", "To")
_COMPLAINTS = ("abuse", "fraud", "opt-out")
"""The types of feedback that are a recipient's (RFC 5965, 7.3); others (auth-failure) are about other things."""
MOST_COPIES, MOST_REPORTS = 5, 100
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
_COPY_TYPES = ("message/rfc822", "message/global", "message/global-headers", "message/rfc822-headers")


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of one recipient; `addresses` are those it may be known by, folded, none where it isn't named."""

    status: MailStatus
    addresses: tuple[str, ...]
    words: str


@dataclass(frozen=True, slots=True)
class BounceMail:
    """A mail as far as it was understood.

    `told` is empty for a mail without any effect: `is_harmless` then says that it was understood nevertheless (a
    warning of a delay, an automatic reply). `message_ids` are those that it may be about, the surest first;
    `delivered_to` the addresses it came to; `sent_to` those that the returned copy was addressed to, folded.
    """

    key: str
    told: tuple[Told, ...]
    is_harmless: bool
    message_ids: tuple[str, ...]
    delivered_to: tuple[str, ...]
    sent_to: tuple[str, ...]


def read(raw: bytes) -> BounceMail:
    """Read a mail, of which the end may be missing; raise Hostile where that would take too long."""
    mail = parsed(raw)
    parts = parts_of(mail)
    told, is_harmless = _verdict(mail, parts)
    copies = list(islice(_copies(parts), MOST_COPIES))
    ids = [*(_header(copy, "Message-ID") for copy in copies), _header(mail, "In-Reply-To"), _header(mail, "References")]
    returned_by = [_header(copy, "Return-Path") for copy in copies]
    return BounceMail(
        key=_key(mail, raw),
        told=told,
        is_harmless=is_harmless,
        message_ids=tuple(dict.fromkeys(found for text in ids for found in _MESSAGE_ID.findall(text)))[:20],
        delivered_to=_addresses([*(_header(mail, name) for name in _DELIVERED_TO), *returned_by]),
        sent_to=_addresses(_header(copy, name) for copy in copies for name in ("To", "Cc")),
    )


def _verdict(mail: Message, parts: list[Message]) -> tuple[tuple[Told, ...], bool]:
    blocks = [block for part in parts if part.get_content_type() in _STATUS_TYPES for block in _blocks(part)]
    reports = [report for report in blocks if report["Action"]][:MOST_REPORTS]
    if reports:
        actions = [_header(report, "Action").casefold() for report in reports]
        told = [_failed(report) for report, action in zip(reports, actions, strict=True) if _has_failed(action)]
        return tuple(told), not told
    feedback = next((part for part in parts if part.get_content_type() == "message/feedback-report"), None)
    if feedback is not None:
        return _complaint(feedback), False
    if mail["X-Failed-Recipients"] is None and not _is_from_daemon(mail):
        if _is_automatic(mail):
            return (), True
        if mail["Return-Path"] is not None and "<>" not in _header(mail, "Return-Path"):
            return (), False  # somebody's own words
    return _by_wording(mail, parts)


def _has_failed(action: str) -> bool:
    return action.startswith(("fail", "error"))  # OpenSMTPD says "error"


def _failed(report: Message) -> Told:
    said = _one_line(_header(report, "Diagnostic-Code").partition(";")[2] or _header(report, "Diagnostic-Code"))
    status = _header(report, "Status")
    names = [_header(report, name) for name in ("Original-Recipient", "Final-Recipient")]
    addresses = [fold_address((text.partition(";")[2] or text).strip().strip("<>")) for text in names if text]
    return Told(
        status_of(status, said), tuple(dict.fromkeys(addresses)), said or _one_line(status) or "no reason given"
    )


def _complaint(part: Message) -> tuple[Told, ...]:
    fields = next(iter(_inner(part)), None)
    kind = _header(fields, "Feedback-Type").strip().casefold() if fields is not None else ""
    if fields is None or kind not in _COMPLAINTS:
        return ()
    names = [_header(fields, name) for name in ("Original-Rcpt-To", "Removal-Recipient")]
    by = _one_line(_header(fields, "User-Agent"))[:100]
    return (Told(MailStatus.COMPLAINT, _addresses(names), f"marked as spam ({kind}{', told by ' + by if by else ''})"),)


def _by_wording(mail: Message, parts: list[Message]) -> tuple[tuple[Told, ...], bool]:
    for_now, for_good = _detected(mail)
    text = next((text_of(part) for part in parts if part.get_content_type() == "text/plain"), "")
    told = []
    for found in sorted(for_good):
        address = fold_address(found.decode("ascii", "replace"))
        words = _words_on(address, text)
        told.append(Told(status_of("", words), (address,), words or "no reason given"))
    return tuple(told), bool(for_now) and not told


def _detected(mail: Message) -> tuple[frozenset[bytes], frozenset[bytes]]:
    """Return who did not get it for now, and for good; nobody where flufl.bounce stumbles over an odd mail."""
    try:
        return all_failures(short(mail))
    except Exception:
        return frozenset(), frozenset()


def _words_on(address: str, text: str) -> str:
    """Return what a text says after it names an address, up to the next blank line, else the line after that."""
    paragraphs = [part for part in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n")) if part.strip()]
    for number, paragraph in enumerate(paragraphs):
        place = paragraph.casefold().find(address)
        if place < 0:
            continue
        words = paragraph[place + len(address) :].lstrip(" \t>:\n")
        if not words.strip() and number + 1 < len(paragraphs):
            words = paragraphs[number + 1]
        return _one_line(words)
    return ""


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "Auto-Submitted").strip().casefold()
    if submitted.startswith("auto-") or any(mail[name] is not None for name in _AUTO_HEADERS):
        return True
    if _header(mail, "Precedence").strip().casefold() == "auto_reply":
        return True
    return bool(_AWAY.match(_header(mail, "Subject")))


def _is_from_daemon(mail: Message) -> bool:
    return any(_DAEMON.match(address) for address in _addresses([_header(mail, "From")]))


def _copies(parts: list[Message]) -> Iterator[Message]:
    """Yield the headers of returned messages: in parts of their own, else written out below the text."""
    for part in parts:
        if part.get_content_type() in _COPY_TYPES:
            yield from _inner(part)
        elif part.get_content_type() == "text/rfc822-headers":
            yield _headers(text_of(part))
    for part in [one for one in parts if one.get_content_type() == "text/plain"][:3]:
        for block in re.split(r"\n[ \t]*\n", text_of(part).replace("\r\n", "\n")):
            if _WRITTEN_ID.search(block):
                lines = [line.lstrip(" \t>|") for line in block.splitlines()]
                yield _headers("\n".join(line for line in lines if _FIELD.match(line)))


def _blocks(part: Message) -> list[Message]:
    """Return the blocks of a delivery report, the one on the whole message among them."""
    found = _inner(part)
    if part.get_content_type() == _STATUS_TYPES[0]:
        return found
    rest = [_headers(block) for one in found for block in text_of(one).split("\n\n")]
    return [*found, *rest]  # the standard library reads only the first block of the newer kind


def _inner(part: Message) -> list[Message]:
    content = part.get_payload()
    return [one for one in content if isinstance(one, Message)] if isinstance(content, list) else []


def _headers(text: str) -> Message:
    return HeaderParser().parsestr(text.lstrip("\n"))


def _header(mail: Message, name: str) -> str:
    """Return every header of this name as one text."""
    found = (str(value) for each, value in mail.raw_items() if each.casefold() == name.casefold())
    # RFC 6532 lets letters of all scripts stand in headers, as UTF-8
    return ", ".join(one.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for one in islice(found, 10))


def _addresses(texts: Iterable[str]) -> tuple[str, ...]:
    found = [fold_address(address) for _, address in getaddresses([text for text in texts if text])]
    return tuple(dict.fromkeys(address for address in found if "@" in address))[:50]


def _key(mail: Message, raw: bytes) -> str:
    """Return what tells this mail from others: its Message-ID, else a digest of what was read of it."""
    named = _MESSAGE_ID.search(_header(mail, "Message-ID"))
    return named[0] if named else f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _one_line(text: str) -> str:
    return _SPACE.sub(" ", text).strip()[:LONGEST_WORDS]
