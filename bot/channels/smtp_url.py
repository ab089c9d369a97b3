"""SMTP_URL: where the mail server is, and how to log in."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_HOW = "SMTP_URL must be like smtp+starttls://user:password@mail.example.com:587?connections=8"
MAX_CONNECTIONS = 64


@dataclass(frozen=True, slots=True)
class SmtpTarget:
    """Where the mail server is, and how to log in; the password is kept out of every repr."""

    host: str
    port: int
    security: str
    """`smtp`, `smtp+starttls` or `smtps`."""
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    connections: int = 8

    @classmethod
    def parse(cls, url: str) -> SmtpTarget:
        """Read an SMTP_URL, with user and password percent-encoded; raise ValueError that says how to mend it."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS:
            raise ValueError(f"{_HOW}: it must begin with smtp://, smtp+starttls:// or smtps://.")
        if not parts.hostname:
            raise ValueError(f"{_HOW}: the host is missing.")
        try:
            port = parts.port or _PORTS[parts.scheme]
        except ValueError:
            raise ValueError(f"{_HOW}: the port must be a number from 1 to 65535.") from None
        user, password = _unquoted(parts.username), _unquoted(parts.password)
        if (user is None) != (password is None):
            raise ValueError(f"{_HOW}: give both a user and a password, or neither (write @ in them as %40).")
        return cls(parts.hostname, port, parts.scheme, user, password, _connections(parts.query))


def _unquoted(text: str | None) -> str | None:
    return unquote(text) if text else None


def _connections(query: str) -> int:
    options = parse_qs(query, keep_blank_values=True)
    if unknown := sorted(set(options) - {"connections"}):
        raise ValueError(f"{_HOW}: {unknown[0]!r} is not an option; connections is the only one.")
    text = options.get("connections", ["8"])[-1]
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MAX_CONNECTIONS:
        raise ValueError(f"{_HOW}: connections must be a number from 1 to {MAX_CONNECTIONS}.")
    return int(text)
