"""Queries on whole audiences: how each selected customer stands, who can be written to; and audiences kept by name."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, case, delete, func, select
from sqlalchemy.orm import Session

from bot.domain.access import Scope
from bot.domain.channels import AddressKind
from bot.domain.postal import PostalAddress
from bot.domain.preflight import Standing
from bot.domain.recipients import Reachable
from bot.domain.suppressions import why
from storage.customer_filter import Condition, is_collectible, is_overdue, is_undisputed
from storage.customers import BY_NAME
from storage.models import Contact, ContactPosition, Customer, Invoice, SavedAudience, Suppression

_PLACE = (Contact.street, Contact.postcode, Contact.city, Contact.region)
_COLUMNS = {AddressKind.EMAIL: (Contact.email,), AddressKind.PHONE: (Contact.phone,), AddressKind.POSTAL: _PLACE}


def ids(session: Session, condition: Condition) -> list[int]:
    """Return the customers that fulfil `condition`, in the order of names."""
    return list(session.scalars(select(Customer.id).where(condition).order_by(*BY_NAME)))


def standings(session: Session, scope: Scope, condition: Condition, today: date) -> dict[int, Standing]:
    """Return how each customer that fulfils `condition` stands today, in the order of names."""
    owed = and_(Invoice.customer_id == Customer.id, Invoice.workspace_id == scope.workspace_id, Invoice.outstanding > 0)
    query = (
        select(
            Customer.id,
            _count(is_overdue(today)),
            _count(is_undisputed(today)),
            _count(is_collectible(today)),
            Customer.paused_until,
            Customer.last_contacted_at,
        )
        .outerjoin(Invoice, owed)
        .where(condition)
        .group_by(Customer.id)
        .order_by(*BY_NAME)
    )
    return {row[0]: Standing(*row[1:]) for row in session.connection().execute(query).all()}


def contacts(
    session: Session, scope: Scope, condition: Condition, kind: AddressKind = AddressKind.EMAIL
) -> dict[int, list[Reachable]]:
    """Return the contacts of the customers that fulfil `condition`, the main one first, else as they came."""
    visible = select(Customer.id).where(condition)
    positions = _positions(session, scope, visible)
    query = (
        select(
            Contact.customer_id,
            Contact.id,
            Contact.first_name,
            Contact.last_name,
            Contact.is_main,
            func.coalesce(Contact.country, Customer.country),
            Customer.time_zone,
            Customer.name,
            *_COLUMNS[kind],
        )
        .join(Customer, Customer.id == Contact.customer_id)
        .where(Contact.workspace_id == scope.workspace_id, Contact.customer_id.in_(visible))
        .order_by(Contact.customer_id, Contact.is_main.desc(), Contact.id)
    )
    found: dict[int, list[Reachable]] = {}
    rows = session.connection().execute(query).all()
    for customer_id, contact_id, first, last, is_main, country, zone, company, *written in rows:
        name = f"{first} {last}".strip()
        address = _postal(company, name, country, *written) if kind is AddressKind.POSTAL else written[0]
        held = tuple(positions.get(contact_id, ()))
        reachable = Reachable(contact_id, name, address, held, is_main, country, zone)
        found.setdefault(customer_id, []).append(reachable)
    return found


def _postal(
    company: str,
    name: str,
    country: str | None,
    street: str | None,
    postcode: str | None,
    city: str | None,
    region: str | None,
) -> PostalAddress | None:
    if not (street or postcode or city):
        return None
    return PostalAddress(company, name, street or "", postcode or "", city or "", region or "", country or "")


def suppressed(session: Session, workspace_id: int, channel: str) -> dict[str, str]:
    """Return every address that must not be contacted on this channel, folded, with the reason in words."""
    columns = Suppression.address, Suppression.cause, Suppression.note
    query = select(*columns).where(Suppression.workspace_id == workspace_id, Suppression.channel == channel)
    return {address: why(cause, note) for address, cause, note in session.execute(query)}


def saved(session: Session, workspace_id: int, owner_id: int) -> list[SavedAudience]:
    """Return the user's audiences kept by name, by name."""
    query = select(SavedAudience).where(SavedAudience.workspace_id == workspace_id, SavedAudience.owner_id == owner_id)
    return list(session.scalars(query.order_by(func.lower(SavedAudience.name), SavedAudience.id)))


def save(
    session: Session, workspace_id: int, owner_id: int, name: str, audience: dict[str, Any], *, now: datetime
) -> None:
    """Keep an audience under a name; the one that had this name is replaced."""
    of_owner = select(SavedAudience).where(
        SavedAudience.workspace_id == workspace_id, SavedAudience.owner_id == owner_id, SavedAudience.name == name
    )
    row = session.scalar(of_owner.with_for_update())
    if row is None:
        row = SavedAudience(workspace_id=workspace_id, owner_id=owner_id, name=name, created_at=now)
        session.add(row)
    row.audience = audience
    session.flush()


def forget(session: Session, workspace_id: int, owner_id: int, saved_id: int) -> bool:
    """Delete one of the user's saved audiences; False when there is no such one."""
    row = session.execute(
        delete(SavedAudience)
        .where(
            SavedAudience.workspace_id == workspace_id,
            SavedAudience.owner_id == owner_id,
            SavedAudience.id == saved_id,
        )
        .returning(SavedAudience.id)
    )
    return row.first() is not None


def _positions(session: Session, scope: Scope, customers: Any) -> dict[int, list[str]]:
    query = (
        select(ContactPosition.contact_id, ContactPosition.position)
        .join(Contact, Contact.id == ContactPosition.contact_id)
        .where(Contact.workspace_id == scope.workspace_id, Contact.customer_id.in_(customers))
        .order_by(ContactPosition.id)
    )
    found: dict[int, list[str]] = {}
    for contact_id, position in session.execute(query):
        found.setdefault(contact_id, []).append(position)
    return found


def _count(condition: Condition) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
