"""Addresses that must not be contacted: admins look through them, add some with a reason, and lift one with a reason.

A suppression holds for the address, whoever has it: storage.outbox asks for it before every handoff.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from bot.channels.addresses import Reached, read_any
from bot.channels.postal import check_postal
from bot.domain.access import Caller, require_admin
from bot.domain.channels import CHANNELS, LETTER
from bot.domain.folding import fold_address
from bot.domain.postal import PostalAddress
from bot.errors import FieldErrors, NotFound
from storage import suppressions
from storage.db import Database
from storage.models import Suppression
from storage.suppressions import BY_ADMIN, OPT_OUT
from storage.suppressions import Event as Event

PAGE = 10
MOST_AT_ONCE = 200
LONGEST_REASON = 500
LONGEST_PLACE = 320
SOMEBODY = "-"
"""Stands in for the names: a suppression is of a place."""
_SHOWN = 20
_LIKE_A_NUMBER = re.compile(r"[+\d\s()/.-]+")


@dataclass(frozen=True, slots=True)
class Row:
    """One suppressed address; `by_recipient` says that the recipient asked for it."""

    id: int
    channel: str
    address: str
    cause: str
    note: str
    since: datetime

    @property
    def shown(self) -> str:
        """Return the address as people read it."""
        return CHANNELS[self.channel].shown(self.address)

    @property
    def by_recipient(self) -> bool:
        """Say whether the recipient asked for it, rather than an admin or what came back."""
        return self.cause == OPT_OUT


@dataclass(frozen=True, slots=True)
class Page:
    """One page of suppressed addresses; `page` counts from 0."""

    rows: tuple[Row, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of what happened to addresses; `page` counts from 0."""

    rows: tuple[Event, ...]
    page: int
    pages: int


@dataclass(frozen=True, slots=True)
class Detail:
    """One suppressed address, the customers that have it (the first 20), and what happened to it, the latest first."""

    row: Row
    customers: tuple[str, ...]
    history: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """What adding came to: `known` were suppressed already."""

    new: int
    known: int


def look_through(db: Database, caller: Caller, *, text: str = "", page: int = 0) -> Page:
    """Return one page of the suppressed addresses that hold `text`; admins only. A page past the end is the last."""
    require_admin(caller)
    wanted = _search(text)
    with db.read() as session:
        total = suppressions.count(session, caller.workspace_id, wanted)
        page, pages = _page(page, total)
        rows = suppressions.page(session, caller.workspace_id, wanted, offset=page * PAGE, limit=PAGE)
        return Page(tuple(map(_row, rows)), page, pages, total)


def history(db: Database, caller: Caller, *, page: int = 0) -> HistoryPage:
    """Return one page of what was added and lifted, the latest first; admins only."""
    require_admin(caller)
    with db.read() as session:
        page, pages = _page(page, suppressions.count_events(session, caller.workspace_id))
        rows = suppressions.events(session, caller.workspace_id, offset=page * PAGE, limit=PAGE)
        return HistoryPage(tuple(rows), page, pages)


def look(db: Database, caller: Caller, suppression_id: int) -> Detail:
    """Return one suppressed address; admins only. Raises NotFound where it is not suppressed any more."""
    require_admin(caller)
    with db.read() as session:
        held = _find(session, caller, suppression_id)
        customers = suppressions.customers_with(session, held, CHANNELS[held.channel].address, limit=_SHOWN)
        return Detail(_row(held), tuple(customers), tuple(suppressions.events_of(session, held, limit=_SHOWN)))


def add(db: Database, caller: Caller, addresses: str, reason: str, *, now: datetime | None = None) -> Added:
    """Suppress email addresses and phone numbers, separated by line feeds or commas; admins only.

    One that a recipient or what came back had suppressed is held by the admin's reason from now on, so that START does
    not lift it; one that an admin had suppressed stays as it is. Raises FieldErrors (`addresses`, `reason`) naming what
    is no address, and then adds none.
    """
    require_admin(caller)
    faults = _reason_faults(reason)
    written = [part.strip() for part in re.split(r"[\n,;]+", addresses) if part.strip()]
    wrong = [part for part in written if not _is_address(part)]
    if wrong:
        faults["addresses"] = f"Neither an email address nor a phone number like +49 151 12345678: {', '.join(wrong)}."
    elif not written:
        faults["addresses"] = "Write at least one email address or phone number."
    elif len(written) > MOST_AT_ONCE:
        faults["addresses"] = f"At most {MOST_AT_ONCE} at once; more come in with `campaign-bot suppress FILE`."
    if faults:
        raise FieldErrors(faults)
    found = [(read_any(part), reason.strip()) for part in written]
    return _add(db, caller.workspace_id, found, by=caller.user_id, now=now or db.now())


def add_place(db: Database, caller: Caller, place: PostalAddress, reason: str, *, now: datetime | None = None) -> Added:
    """Suppress one postal address, whoever is there, like `add`; admins only.

    Raises FieldErrors (`address`, `reason`) naming what its country wants of it, and then adds none.
    """
    require_admin(caller)
    faults = _reason_faults(reason)
    checked = check_postal(replace(place, company=SOMEBODY, name=""))
    written = str(checked.address)
    if checked.detail:
        faults["address"] = f"{checked.detail}."
    elif len(written) > LONGEST_PLACE:
        faults["address"] = f"At most {LONGEST_PLACE} characters in all."
    if faults:
        raise FieldErrors(faults)
    to = Reached(LETTER.name, fold_address(written))
    return _add(db, caller.workspace_id, [(to, reason.strip())], by=caller.user_id, now=now or db.now())


def bring_in(
    db: Database, workspace_id: int, wanted: Sequence[tuple[Reached, str]], *, now: datetime | None = None
) -> Added:
    """Suppress addresses with their reasons, all or nothing, like `add`; for the command line, so nobody is named."""
    return _add(db, workspace_id, wanted, by=None, now=now or db.now())


def lift(db: Database, caller: Caller, suppression_id: int, reason: str, *, now: datetime | None = None) -> Row:
    """End a suppression, with a reason that its history keeps; admins only. Return what was lifted.

    Raises FieldErrors (`reason`), and NotFound where it is not suppressed any more.
    """
    require_admin(caller)
    faults = _reason_faults(reason)
    if faults:
        raise FieldErrors(faults)
    with db.write() as session:
        held = _find(session, caller, suppression_id)
        lifted = _row(held)
        suppressions.lift(session, held, note=reason.strip(), by=caller.user_id, now=now or db.now())
        return lifted


def _is_address(text: str) -> bool:
    try:
        read_any(text)
    except ValueError:
        return False
    return True


def _add(
    db: Database, workspace_id: int, wanted: Iterable[tuple[Reached, str]], *, by: int | None, now: datetime
) -> Added:
    by_channel: dict[str, dict[str, str]] = {}
    for to, note in wanted:
        by_channel.setdefault(to.channel, {}).setdefault(to.address, note)
    new = known = 0
    with db.write() as session:
        for channel, notes in by_channel.items():
            held = suppressions.held_among(session, workspace_id, channel, notes)
            fresh = {address: note for address, note in notes.items() if address not in held}
            suppressions.add_all(session, workspace_id, channel, fresh, cause=BY_ADMIN, by=by, now=now)
            for address, row in held.items():
                if row.cause != BY_ADMIN:
                    suppressions.change_cause(session, row, cause=BY_ADMIN, note=notes[address], by=by, now=now)
            new, known = new + len(fresh), known + len(held)
    return Added(new, known)


def _find(session: Session, caller: Caller, suppression_id: int) -> Suppression:
    held = suppressions.by_id(session, caller.workspace_id, suppression_id)
    if held is None:
        raise NotFound("This address is not suppressed any more.")
    return held


def _reason_faults(reason: str) -> dict[str, str]:
    if not 1 <= len(reason.strip()) <= LONGEST_REASON:
        return {"reason": f"Write a reason, at most {LONGEST_REASON} characters."}
    return {}


def _search(text: str) -> str:
    """Return what to search for: a number as people write it becomes a part of its normal form."""
    wanted = text.strip()[:320]
    if not _LIKE_A_NUMBER.fullmatch(wanted):
        return wanted
    digits = re.sub(r"\D", "", wanted)
    return "+" + digits if wanted.startswith("+") else digits.lstrip("0")


def _page(page: int, total: int) -> tuple[int, int]:
    pages = max(-(-total // PAGE), 1)
    return min(max(page, 0), pages - 1), pages


def _row(held: Suppression) -> Row:
    return Row(held.id, held.channel, held.address, held.cause, held.note, held.created_at)
