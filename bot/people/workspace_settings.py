"""What a workspace has settled: its own name, language, currency, time zone, and how soon to write again."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bot.domain.access import Caller, require_admin
from bot.domain.money import is_currency
from bot.errors import FieldErrors
from bot.rendering.locales import is_locale
from storage import settings, workspaces
from storage.db import Database

MOST_DAYS = 365


@dataclass(frozen=True, slots=True)
class WorkspaceSettings:
    """`time_zone` is an IANA name; `recent_contact_days` 0 leaves nobody out for having been written to."""

    organisation_name: str
    locale: str
    currency: str
    time_zone: str
    recent_contact_days: int


def read(db: Database, caller: Caller) -> WorkspaceSettings:
    """Return the workspace's settings; admins only."""
    require_admin(caller)
    with db.read() as session:
        row = workspaces.get(session, caller.workspace_id)
        days = settings.recent_contact_days(session, caller.workspace_id)
        return WorkspaceSettings(row.organisation_name, row.locale, row.currency, row.time_zone, days)


def change(db: Database, caller: Caller, wanted: WorkspaceSettings) -> None:
    """Store the settings; admins only. Raises FieldErrors naming every wrong one, and then changes none."""
    require_admin(caller)
    faults = _faults(wanted)
    if faults:
        raise FieldErrors(faults)
    with db.write() as session:
        row = workspaces.get(session, caller.workspace_id)
        row.organisation_name, row.locale = wanted.organisation_name.strip(), wanted.locale
        row.currency, row.time_zone = wanted.currency, wanted.time_zone
        settings.set_recent_contact_days(session, caller.workspace_id, wanted.recent_contact_days)


def _faults(wanted: WorkspaceSettings) -> dict[str, str]:
    faults = {}
    if not 1 <= len(wanted.organisation_name.strip()) <= 200:
        faults["organisation_name"] = "Write your organisation's name, at most 200 characters."
    if not is_locale(wanted.locale):
        faults["locale"] = "Write a language such as en, fr or de_AT."
    if not is_currency(wanted.currency):
        faults["currency"] = "Write an ISO 4217 code such as EUR."
    if not _is_zone(wanted.time_zone):
        faults["time_zone"] = "Write an IANA time zone such as Europe/Paris."
    if not 0 <= wanted.recent_contact_days <= MOST_DAYS:
        faults["recent_contact_days"] = f"Write a number of days from 0 to {MOST_DAYS}."
    return faults


def _is_zone(text: str) -> bool:
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
