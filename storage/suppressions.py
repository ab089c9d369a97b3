"""Queries on addresses that must not be contacted; what begins, changes or ends a suppression also writes its history.

Addresses are compared in the form of bot.domain.folding.fold_address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot.domain.channels import CHANNELS, LETTER, AddressKind
from bot.domain.folding import fold_address, fold_place
from bot.domain.postal import PostalAddress
from storage.models import Contact, Customer, Suppression, SuppressionEvent, SuppressionHistory, User

OPT_OUT = "opt_out"
"""The recipient said so: by STOP, or by what the provider knows of them."""
HARD_BOUNCE = "hard_bounce"
"""A mail server said that the address is dead."""
SOFT_BOUNCES = "soft_bounces"
"""Messages came back again and again (bot.domain.bounces.SOFT_LIMIT)."""
COMPLAINT = "complaint"
"""The recipient called a message spam."""
BY_ADMIN = "by_admin"
"""An admin or a file said so; only an admin ends it."""
CHUNK = 1_000
"""Rows of one INSERT or IN list."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event of an address; `by` is the admin's name, None where the recipient, a provider or a file did it."""

    channel: str
    address: str
    event: SuppressionEvent
    cause: str
    note: str
    by: str | None
    at: datetime

    @property
    def shown(self) -> str:
        """Return the address as people read it."""
        return CHANNELS[self.channel].shown(self.address)


def find(session: Session, workspace_id: int, channel: str, address: str) -> Suppression | None:
    """Return the suppression of an address on a channel, if there is one."""
    return session.scalar(
        select(Suppression).where(
            Suppression.workspace_id == workspace_id,
            Suppression.channel == channel,
            Suppression.address == fold_address(address),
        )
    )


def by_id(session: Session, workspace_id: int, suppression_id: int) -> Suppression | None:
    """Return one suppression of the workspace."""
    return session.scalar(
        select(Suppression).where(Suppression.workspace_id == workspace_id, Suppression.id == suppression_id)
    )


def add(
    session: Session,
    workspace_id: int,
    channel: str,
    address: str,
    *,
    cause: str,
    note: str = "",
    by: int | None = None,
    now: datetime,
) -> bool:
    """Suppress an address on a channel; False when it is suppressed already, and then the first cause stays."""
    row = Suppression(
        workspace_id=workspace_id,
        channel=channel,
        address=fold_address(address),
        cause=cause,
        note=note[:500],
        created_at=now,
    )
    if find(session, workspace_id, channel, address) is not None:
        return False
    try:
        with session.begin_nested():
            session.add(row)
    except IntegrityError:  # somebody added it since we looked: what it stands in must not fail for that
        return False
    _record(session, row, SuppressionEvent.ADDED, note, by, now)
    return True


def held_among(session: Session, workspace_id: int, channel: str, addresses: Collection[str]) -> dict[str, Suppression]:
    """Return the suppressions there are of these addresses, folded, by address."""
    ordered = sorted(addresses)
    found: dict[str, Suppression] = {}
    for start in range(0, len(ordered), CHUNK):
        query = select(Suppression).where(
            Suppression.workspace_id == workspace_id,
            Suppression.channel == channel,
            Suppression.address.in_(ordered[start : start + CHUNK]),
        )
        found |= {row.address: row for row in session.scalars(query)}
    return found


def add_all(
    session: Session,
    workspace_id: int,
    channel: str,
    notes: Mapping[str, str],
    *,
    cause: str,
    by: int | None = None,
    now: datetime,
) -> None:
    """Suppress addresses, folded, none of which is suppressed yet; `notes` says why by address."""
    rows = [
        {"workspace_id": workspace_id, "channel": channel, "address": address, "cause": cause, "note": note[:500]}
        for address, note in notes.items()
    ]
    event = {"event": SuppressionEvent.ADDED.value, "user_id": by, "at": now}
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        session.execute(insert(Suppression), [{**row, "created_at": now} for row in chunk])
        session.execute(insert(SuppressionHistory), [{**row, **event} for row in chunk])


def change_cause(
    session: Session, suppression: Suppression, *, cause: str, note: str, by: int | None, now: datetime
) -> None:
    """Let a suppression hold for another cause from now on."""
    suppression.cause, suppression.note = cause, note[:500]
    _record(session, suppression, SuppressionEvent.CHANGED, note, by, now)


def lift(session: Session, suppression: Suppression, *, note: str, by: int | None = None, now: datetime) -> None:
    """End a suppression; its history stays."""
    _record(session, suppression, SuppressionEvent.LIFTED, note, by, now)
    session.delete(suppression)
    session.flush()


def count(session: Session, workspace_id: int, text: str = "") -> int:
    """Count the suppressed addresses that hold `text`."""
    return session.scalar(select(func.count()).select_from(Suppression).where(*_holding(workspace_id, text))) or 0


def page(session: Session, workspace_id: int, text: str = "", *, offset: int, limit: int) -> list[Suppression]:
    """Return one page of the suppressed addresses that hold `text`, the latest first."""
    query = select(Suppression).where(*_holding(workspace_id, text))
    newest = query.order_by(Suppression.created_at.desc(), Suppression.id.desc())
    return list(session.scalars(newest.offset(offset).limit(limit)))


def count_events(session: Session, workspace_id: int) -> int:
    """Count everything that ever happened to addresses."""
    rows = select(func.count()).select_from(SuppressionHistory)
    return session.scalar(rows.where(SuppressionHistory.workspace_id == workspace_id)) or 0


def events(session: Session, workspace_id: int, *, offset: int, limit: int) -> list[Event]:
    """Return one page of what happened to addresses, the latest first."""
    return _events(session, _history(workspace_id).offset(offset).limit(limit))


def events_of(session: Session, suppression: Suppression, *, limit: int) -> list[Event]:
    """Return what happened to one address on its channel, the latest first."""
    same = (SuppressionHistory.channel == suppression.channel, SuppressionHistory.address == suppression.address)
    return _events(session, _history(suppression.workspace_id).where(*same).limit(limit))


def customers_with(session: Session, suppression: Suppression, kind: AddressKind, *, limit: int) -> list[str]:
    """Return the names of the customers that have a contact with this address, by name."""
    query = select(Customer.name).join(Contact, Contact.customer_id == Customer.id).distinct().order_by(Customer.name)
    query = query.where(Contact.workspace_id == suppression.workspace_id)
    if kind is AddressKind.POSTAL:
        return _at_place(session, query, suppression.address)[:limit]
    same = func.lower(getattr(Contact, kind.value)) == suppression.address
    return list(session.scalars(query.where(same).limit(limit)))


def _at_place(session: Session, query: Select[str], address: str) -> list[str]:
    """Return the names of those who have a postal address, folded: its last word is the country, which SQL can tell."""
    country = func.coalesce(Contact.country, Customer.country)
    places = query.add_columns(Contact.street, Contact.postcode, Contact.city, Contact.region, country)
    rows = session.execute(places.where(func.lower(country) == address.rpartition(" ")[2]))
    found = ((name, PostalAddress("", "", *(part or "" for part in place))) for name, *place in rows)
    return list(dict.fromkeys(name for name, place in found if fold_address(str(place)) == address))


def _holding(workspace_id: int, text: str) -> list[ColumnElement[bool]]:
    """Return the conditions; of postal addresses, which have no punctuation, the text is looked for without any."""
    holding: list[ColumnElement[bool]] = [Suppression.workspace_id == workspace_id]
    if not text.strip():
        return holding
    bare = fold_place(text)
    as_place = and_(Suppression.channel == LETTER.name, Suppression.address.contains(bare, autoescape=True))
    as_it_is = Suppression.address.contains(fold_address(text), autoescape=True)
    return [*holding, or_(as_it_is, as_place) if bare else as_it_is]


def _history(workspace_id: int) -> Select[SuppressionHistory, str | None]:
    return (
        select(SuppressionHistory, User.name)
        .outerjoin(User, User.id == SuppressionHistory.user_id)
        .where(SuppressionHistory.workspace_id == workspace_id)
        .order_by(SuppressionHistory.at.desc(), SuppressionHistory.id.desc())
    )


def _events(session: Session, query: Select[SuppressionHistory, str | None]) -> list[Event]:
    return [
        Event(row.channel, row.address, SuppressionEvent(row.event), row.cause, row.note, name, row.at)
        for row, name in session.execute(query)
    ]


def _record(
    session: Session, row: Suppression, event: SuppressionEvent, note: str, by: int | None, now: datetime
) -> None:
    session.add(
        SuppressionHistory(
            workspace_id=row.workspace_id,
            channel=row.channel,
            address=row.address,
            event=event.value,
            cause=row.cause,
            note=note[:500],
            user_id=by,
            at=now,
        )
    )
    session.flush()
