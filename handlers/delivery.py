"""One delivery of Slack's over HTTP, as Bolt takes it."""

from __future__ import annotations

import re
from binascii import a2b_qp
from collections.abc import Mapping

from slack_bolt import BoltRequest

_FIELD = "payload="
_ODD = re.compile(r"[^ -~]|[=&;]|%(?![0-9A-Fa-f]{2})")
"""What no single, well-formed field has: it is left to Bolt."""


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
    of Python's lock for each 1,000. They are quoted-printable but for their sign, which is undone in one call.
    """
    if not body.startswith(_FIELD):
        return None
    field = body[len(_FIELD) :]
    if _ODD.search(field):
        return None
    payload = a2b_qp(field.replace("+", " ").replace("%", "=")).decode("utf-8", "replace")
    return payload if payload.startswith("{") else None
