"""Mails made to keep a reader busy: each is as large as what is read of a mail."""

from __future__ import annotations

import base64
import zlib

from bot.channels.imap import MOST_BYTES

REPORT = b'Content-Type: multipart/report; report-type=delivery-status; boundary="x"\r\n\r\n'
STATUS = b"--x\r\nContent-Type: message/delivery-status\r\n\r\n"
PLAIN = b"From: MAILER-DAEMON@mx.example.com\r\nReturn-Path: <>\r\nContent-Type: text/plain\r\n\r\n"


def _nested() -> bytes:
    return b"".join(b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n) for n in range(5000))


def _bomb() -> bytes:
    head = b'Content-Type: application/zip; name="a.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    return REPORT + b"--x\r\n" + head + base64.encodebytes(zlib.compress(b"\0" * 100_000_000))


HOSTILE = {
    "one line": b"Subject: " + b"x" * MOST_BYTES,
    "a text of one line": PLAIN + b"a" * MOST_BYTES,
    "nested multiparts": _nested(),
    "nested messages": b"Content-Type: message/rfc822\r\n\r\n" * 9000,
    "messages within digests": b'Content-Type: multipart/digest; boundary="b"\r\n\r\n--b\r\n\r\n' * 5000,
    "thousands of parts": REPORT + b"--x\r\n\r\n" * 40_000,
    "thousands of recipients": REPORT
    + STATUS
    + b"Final-Recipient: rfc822; a@b.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n" * 4000,
    "parameters without end": b'Content-Type: text/plain; a="' + b";" * MOST_BYTES,
    "folded without end": b"Content-Type: text/plain;\r\n" + b' a="b";\r\n' * 30_000,
    "comments in comments": b"To: " + b"(" * 100_000 + b"\r\n\r\nhello",
    "comments in short lines": b"To: a@b.example\r\n" + b" ((((((((((\r\n" * 20_000,
    "addresses without end": b"To: " + b"a@b.example, " * 20_000 + b"\r\n\r\nhello",
    "headers without end": b"X: y\r\n" * 60_000,
    "a zip bomb": _bomb(),
    "a slow charset": b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * MOST_BYTES,
    "words that nearly match": PLAIN + b"<" * MOST_BYTES,
    "addresses that nearly match": PLAIN + (b"<a" + b"." * 90 + b"@" + b"b." * 90 + b"\r\n") * 900,
    "spaces": PLAIN + b"Message-ID:" + b" " * MOST_BYTES,
    "spaced lines": PLAIN + (b" " * 990 + b"\r\n") * 260,
    "blank lines": PLAIN + b"\r\n" * 130_000,
    "no bytes at all": b"",
    "only zeros": b"\0" * MOST_BYTES,
    "every byte": bytes(range(256)) * 1024,
}
HOSTILE = {name: raw[:MOST_BYTES] for name, raw in HOSTILE.items()}
