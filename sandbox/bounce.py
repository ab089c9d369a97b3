"""A bounce as Postfix writes it: the mail was taken, and could not be delivered further on (RFC 3464)."""

from __future__ import annotations

import secrets
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

HOST = "mx.sandbox.example"


def bounce_of(raw: bytes, sender: str, recipient: str, words: str) -> bytes:
    """Return the bounce of a mail to its envelope's sender; `words` begin like `550 5.1.1`."""
    status = next((one for one in words.split() if one.count(".") == 2), "5.0.0")
    copied = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[0].decode("utf-8", "replace")
    boundary = f"{secrets.token_hex(6)}/{HOST}"
    text = (
        f"This is the mail system at host {HOST}.\n\nI'm sorry to have to inform you that your message could not\n"
        f"be delivered to one or more recipients. It's attached below.\n\n<{recipient}>: {words}\n"
    )
    report = (
        f"Reporting-MTA: dns; {HOST}\nArrival-Date: {formatdate()}\n\nFinal-Recipient: rfc822; {recipient}\n"
        f"Original-Recipient: rfc822;{recipient}\nAction: failed\nStatus: {status}\nDiagnostic-Code: smtp; {words}\n"
    )
    parts = (("text/plain; charset=utf-8", text), ("message/delivery-status", report), ("text/rfc822-headers", copied))
    body = "".join(f"--{boundary}\nContent-Type: {kind}\n\n{content}\n" for kind, content in parts)
    head = EmailMessage()
    head["Return-Path"] = "<>"
    head["From"] = f"Mail Delivery System <MAILER-DAEMON@{HOST}>"
    head["To"] = sender
    head["Subject"] = "Undelivered Mail Returned to Sender"
    head["Date"] = formatdate()
    head["Message-ID"] = make_msgid(domain=HOST)
    head["Auto-Submitted"] = "auto-replied"
    head["MIME-Version"] = "1.0"
    headers = "".join(f"{name}: {value}\n" for name, value in head.items())
    kind = f'multipart/report; report-type=delivery-status; boundary="{boundary}"'
    return f"{headers}Content-Type: {kind}\n\n{body}--{boundary}--\n".encode()
