"""Return paths that say which action a bounce is about (VERP): signed, so that nobody can make one up.

`bounces@example.com` becomes `bounces+<action>-<signature>@example.com`; what is added is in lower case, since some
servers fold it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """The return paths below one plain `address`."""

    address: str
    secret_key: str = field(repr=False)

    def of(self, action_id: int) -> str:
        """Return the envelope sender of an action's message."""
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{action_id}-{self._signature(action_id)}@{domain}"

    def action_of(self, address: str) -> int | None:
        """Return the action that a return path was made for; None for any other address, and for a forged one."""
        local, _, domain = self.address.casefold().rpartition("@")
        given, _, at = address.strip().casefold().rpartition("@")
        number, _, signature = given.removeprefix(f"{local}+").partition("-")
        if at != domain or not given.startswith(f"{local}+") or not _is_number(number):
            return None
        expected = self._signature(int(number)).encode()
        return int(number) if hmac.compare_digest(expected, signature.encode()) else None

    def _signature(self, action_id: int) -> str:
        digest = hmac.new(self.secret_key.encode(), f"return-path:{action_id}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:10]).decode().lower()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
