"""One delivery of Slack's over HTTP, as Bolt takes it."""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Mapping

from slack_bolt import BoltRequest

_FIELD = "payload="
_PLAIN = bytes(each for each in range(0x20, 0x7F) if each not in b"=&;")
"""What a single, well-formed field is made of; any other is left to Bolt."""


class Delivery(BoltRequest):
    """A request with its payload read; `raw_body` is what Slack signed.

    Raises ValueError for what is no payload of Slack's: Bolt reads it before it checks the signature.
    """

    def __init__(self, body: str, headers: Mapping[str, str]) -> None:
        """Read a delivery's body, with its headers."""
        try:
            super().__init__(body=_payload(body) or body, headers=dict(headers))
        except (AttributeError, TypeError, LookupError, RecursionError) as error:
            raise ValueError("The payload is not one of Slack's.") from error
        self.raw_body = body


def _payload(body: str) -> str | None:
    """Return the payload of a click, a submission or a type-ahead; None for anything else.

    Clicks carry their whole view, with thousands of escapes, which urllib undoes one by one: a third of a millisecond
    of Python's lock for each 1,000. They are quoted-printable but for their sign, which is undone in one call; each
    that is well-formed makes the field shorter by two.
    """
    if not body.startswith(_FIELD):
        return None
    field = body[len(_FIELD) :].encode(errors="surrogatepass")
    if field.translate(None, _PLAIN):
        return None
    undone = a2b_qp(field.replace(b"+", b" ").replace(b"%", b"="))
    if len(undone) != len(field) - 2 * field.count(b"%"):
        return None
    payload = undone.decode("utf-8", "replace")
    return payload if payload.startswith("{") else None
