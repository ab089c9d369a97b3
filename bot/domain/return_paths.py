"""Return paths that say which action a bounce is about (VERP): signed, so that nobody can make one up.

`bounces@example.com` becomes `bounces+<action>-<signature>@example.com`; what is added is in lower case, since some
servers fold it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass, field

_SIGNED = re.compile(r"(.+)\+(\d{1,18})-([a-z2-7]{16})@(.+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class ReturnPaths:
    """The return paths below one plain `address`."""

    address: str
    secret_key: str = field(repr=False)

    def of(self, action_id: int) -> str:
        """Return the envelope sender of an action's message."""
        return self.address.replace("@", f"+{action_id}-{self._signature(action_id)}@")

    def action_of(self, address: str) -> int | None:
        """Return the action that a return path was made for; None for any other address, and for a forged one."""
        given = _SIGNED.fullmatch(address.strip().casefold())
        if given is None or f"{given[1]}@{given[4]}" != self.address.casefold():
            return None
        action_id = int(given[2])
        return action_id if hmac.compare_digest(self._signature(action_id), given[3]) else None

    def _signature(self, action_id: int) -> str:
        digest = hmac.new(self.secret_key.encode(), f"return-path:{action_id}".encode(), hashlib.sha256).digest()
        return base64.b32encode(digest[:10]).decode().lower()
