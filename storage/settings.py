"""Queries on the settings that admins changed in Slack; each has its default here."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import Setting

RECENT_CONTACT_DAYS = "recent_contact_days"
SMS_PRICES = "sms_prices"
SMS_OPT_OUT = "sms_opt_out"
SENDING_HOURS = "sending_hours"
LETTERS = "letters"
SYNC = "import_sync"
DEFAULT_RECENT_CONTACT_DAYS = 7
DEFAULT_SENDING_HOURS = {"sms": "08:00-20:00 Mon-Sat"}
"""By channel; one that is not here may send at any time."""


def recent_contact_days(session: Session, workspace_id: int) -> int:
    """Return how many days after a message a customer is left out of the next campaign; 0 leaves nobody out."""
    value = _value(session, workspace_id, RECENT_CONTACT_DAYS)
    return value if isinstance(value, int) else DEFAULT_RECENT_CONTACT_DAYS


def set_recent_contact_days(session: Session, workspace_id: int, days: int) -> None:
    """Store the number of days."""
    _store(session, workspace_id, RECENT_CONTACT_DAYS, days)


def sms_prices(session: Session, workspace_id: int) -> str:
    """Return what a segment costs, in the form of bot.domain.sms_prices; empty where nobody wrote it down."""
    return str(_value(session, workspace_id, SMS_PRICES) or "")


def sms_opt_out(session: Session, workspace_id: int) -> bool:
    """Say whether every SMS ends with how to opt out; off unless an admin switched it on."""
    return _value(session, workspace_id, SMS_OPT_OUT) is True


def sending_hours(session: Session, workspace_id: int) -> dict[str, str]:
    """Return the local hours in which each channel may send, in the form of bot.domain.sending_hours, by channel.

    A channel that is absent, or has an empty text, may send at any time.
    """
    stored = _value(session, workspace_id, SENDING_HOURS)
    return {**DEFAULT_SENDING_HOURS, **stored} if isinstance(stored, dict) else dict(DEFAULT_SENDING_HOURS)


def set_sms(session: Session, workspace_id: int, *, prices: str, opt_out: bool) -> None:
    """Store the prices and whether every SMS says how to opt out."""
    _store(session, workspace_id, SMS_PRICES, prices)
    _store(session, workspace_id, SMS_OPT_OUT, opt_out)


def letters(session: Session, workspace_id: int) -> dict[str, Any]:
    """Return what stands on our letters and what they cost, in the form of bot.domain.letterhead; empty at first."""
    stored = _value(session, workspace_id, LETTERS)
    return dict(stored) if isinstance(stored, dict) else {}


def set_letters(session: Session, workspace_id: int, letterhead: dict[str, Any]) -> None:
    """Store what stands on our letters and what they cost."""
    _store(session, workspace_id, LETTERS, letterhead)


def set_sending_hours(session: Session, workspace_id: int, hours: dict[str, str]) -> None:
    """Store the hours of these channels; those of others stay."""
    _store(session, workspace_id, SENDING_HOURS, {**sending_hours(session, workspace_id), **hours})


def sync(session: Session, workspace_id: int) -> dict[str, Any]:
    """Return how the sync stands, in the form of bot.imports.sync; empty before its first run."""
    stored = _value(session, workspace_id, SYNC)
    return dict(stored) if isinstance(stored, dict) else {}


def set_sync(session: Session, workspace_id: int, stands: dict[str, Any]) -> None:
    """Store how the sync stands."""
    _store(session, workspace_id, SYNC, stands)


def _value(session: Session, workspace_id: int, key: str) -> object:
    row = _row(session, workspace_id, key)
    return row.value if row is not None else None


def _store(session: Session, workspace_id: int, key: str, value: object) -> None:
    row = _row(session, workspace_id, key)
    if row is None:
        session.add(Setting(workspace_id=workspace_id, key=key, value=value))
    else:
        row.value = value


def _row(session: Session, workspace_id: int, key: str) -> Setting | None:
    return session.scalar(select(Setting).where(Setting.workspace_id == workspace_id, Setting.key == key))
