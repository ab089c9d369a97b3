"""Codes that prove an alias: derived when they are needed, so that none is ever stored."""

from __future__ import annotations

import hashlib
import hmac

DIGITS = 6


def alias_code(secret_key: str, alias_id: int, nonce: str) -> str:
    """Return the six digits for one alias and one nonce (HMAC-SHA256 under the install's SECRET_KEY)."""
    digest = hmac.new(secret_key.encode(), f"alias:{alias_id}:{nonce}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}d}"


def same_code(expected: str, given: str) -> bool:
    """Compare in constant time; spaces and dashes that people type are left out."""
    return hmac.compare_digest(expected.encode(), given.replace(" ", "").replace("-", "").encode())
