"""What single settings must look like; each raises ValueError with how to write it."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import SecretStr


def token(*beginnings: str) -> Callable[[SecretStr], SecretStr]:
    """Return the check of a token of Slack's, of which the beginning tells the kind: they are easily mixed up.

    Source: https://docs.slack.dev/authentication/tokens
    """

    def check(value: SecretStr) -> SecretStr:
        if not value.get_secret_value().startswith(beginnings):
            raise ValueError(f"must begin with {beginnings[0]}: this is another kind of token")
        return value

    return check


def web_address(value: str) -> str:
    """Return the address of a web server."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://bot.example.com")
    return value


def bounce_address(value: str) -> str:
    """Return a plain address that return paths can be made of."""
    local, _, domain = value.rpartition("@")
    # what is added to it must leave it within 64 characters (RFC 5321, 4.5.3.1.1)
    if not 1 <= len(local) <= 28 or not domain or not value.isascii() or any(one in value for one in '+ <>,;:"\\'):
        raise ValueError("must be a plain address such as bounces@example.com, with at most 28 letters before the @")
    return value


def database_address(value: str) -> str:
    """Return the address of an SQLite file or a PostgreSQL server."""
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must be sqlite:///FILE or postgresql://user:password@host/name")
    return value


def zone(value: str) -> str:
    """Return an IANA time zone."""
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be an IANA time zone such as Europe/Paris") from error
    return value
