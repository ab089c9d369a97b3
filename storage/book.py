"""The import's reads and writes: the book as it stands, what is to change of it, and how that is written.

Everything goes through SQLAlchemy Core in chunks: a book of 100,000 invoices is compared and written within seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, delete, func, insert, select, update
from sqlalchemy.orm import Session

from bot.domain.access import Position
from storage.models import Assignment, Contact, ContactPosition, Customer, Invoice, User, Workspace

CHUNK = 1000

_CUSTOMER = (
    Customer.id, Customer.external_id, Customer.name, Customer.name_folded, Customer.group_name, Customer.group_folded,
    Customer.language, Customer.currency,
    Customer.country, Customer.time_zone, Customer.paused_until, Customer.custom,
    Customer.last_contacted_at,
)  # fmt: skip
_CONTACT = (
    Contact.id, Contact.customer_id, Contact.external_id, Contact.first_name, Contact.last_name, Contact.email,
    Contact.phone, Contact.street, Contact.postcode, Contact.city, Contact.region, Contact.country, Contact.is_main,
)  # fmt: skip
_INVOICE = (
    Invoice.id, Invoice.customer_id, Invoice.number, Invoice.issue_date, Invoice.due_date, Invoice.total,
    Invoice.outstanding, Invoice.currency, Invoice.status, Invoice.promised_on,
)  # fmt: skip


class InvoiceKept(NamedTuple):
    """An invoice of the book. Days, currencies and states are shared between them: 100,000 fit into 30 MB."""

    id: int
    customer_id: int
    number: str
    issue_date: date
    due_date: date
    total: int
    outstanding: int
    currency: str
    status: str
    promised_on: date | None


@dataclass(frozen=True, slots=True)
class Book:
    """The workspace's book as an import compares with it: customers by external id, invoices by number."""

    customers: dict[str, Row[Any]]
    contacts: dict[tuple[int, str], Row[Any]]
    positions: dict[int, set[str]]
    invoices: dict[str, InvoiceKept]


@dataclass(slots=True)
class Changes:
    """What is to be written; customers are named by their external id, since new ones have no other yet.

    `closed` are ids of invoices, `unmain` ids of contacts that stop being the main one. Changed rows carry their `id`.
    """

    customers_new: list[dict[str, Any]] = field(default_factory=list)
    customers_changed: list[dict[str, Any]] = field(default_factory=list)
    account_managers: dict[str, list[str]] = field(default_factory=dict)
    contacts_new: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    contacts_changed: list[dict[str, Any]] = field(default_factory=list)
    positions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    """What a contact (customer's and its own external id) is to hold, where that is new or differs."""
    unmain: list[int] = field(default_factory=list)
    invoices_new: Iterable[tuple[str, dict[str, Any]]] = ()
    invoices_changed: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def load(session: Session, workspace_id: int, *, contacts: bool) -> Book:
    """Return the book; without `contacts` the part of it that is not asked for stays empty."""
    customers: Iterable[Row[Any]] = session.execute(select(*_CUSTOMER).where(Customer.workspace_id == workspace_id))
    invoices: Iterable[Row[Any]] = session.execute(
        select(*_INVOICE).where(Invoice.workspace_id == workspace_id).execution_options(yield_per=CHUNK)
    )
    people: Iterable[Row[Any]] = (
        session.execute(select(*_CONTACT).where(Contact.workspace_id == workspace_id)) if contacts else ()
    )
    held: dict[int, set[str]] = {}
    if contacts:
        query = select(ContactPosition.contact_id, ContactPosition.position)
        for contact_id, position in session.execute(query.where(ContactPosition.workspace_id == workspace_id)):
            held.setdefault(contact_id, set()).add(position)
    return Book(
        {row.external_id: row for row in customers},
        {(row.customer_id, row.external_id): row for row in people},
        held,
        {kept.number: kept for kept in _kept(invoices)},
    )


def _kept(rows: Iterable[Any]) -> Iterator[InvoiceKept]:
    """Turn rows into what is kept of them; values that repeat a great deal are the same object."""
    shared: dict[Any, Any] = {}
    for row in rows:
        id_, customer_id, number, issued, due, total, outstanding, currency, status, promised = row
        yield InvoiceKept(
            id_,
            shared.setdefault(customer_id, customer_id),
            number,
            shared.setdefault(issued, issued),
            shared.setdefault(due, due),
            total,
            total if outstanding == total else outstanding,
            shared.setdefault(currency, currency),
            shared.setdefault(status, status),
            shared.setdefault(promised, promised),
        )


def fingerprint(session: Session, workspace_id: int) -> tuple[Any, ...]:
    """Return what tells whether rows came to the book since it was loaded."""
    found: list[Any] = []
    for model in (Customer, Contact, Invoice):
        query = select(func.count(), func.max(model.id)).where(model.workspace_id == workspace_id)
        found += session.execute(query).one()
    return tuple(found)


def lock(session: Session, workspace_id: int) -> None:
    """Let a second import wait until this transaction ends; whatever else goes on in the workspace does not wait."""
    session.execute(select(Workspace.id).where(Workspace.id == workspace_id).with_for_update(key_share=True))


def customer_ids(session: Session, workspace_id: int) -> dict[str, int]:
    """Return the workspace's customers, id by external id."""
    query = select(Customer.external_id, Customer.id).where(Customer.workspace_id == workspace_id)
    return dict(session.execute(query).all())


def write(session: Session, workspace_id: int, changes: Changes, *, now: datetime) -> None:
    """Write all changes; the caller commits."""
    blank = {"last_contacted_at": None, "workspace_id": workspace_id}
    _insert(session, Customer, ({**blank, **row} for row in changes.customers_new))
    _update(session, Customer, changes.customers_changed)
    ids = customer_ids(session, workspace_id)
    _write_account_managers(session, workspace_id, {ids[k]: v for k, v in changes.account_managers.items()}, now)
    _write_contacts(session, workspace_id, changes, ids)
    own = {"workspace_id": workspace_id}
    _insert(session, Invoice, ({**row, "customer_id": ids[key], **own} for key, row in changes.invoices_new))
    _update(session, Invoice, [{**row, "customer_id": ids[key]} for key, row in changes.invoices_changed])
    for chunk in _chunks(changes.closed):
        session.execute(
            update(Invoice)
            .where(Invoice.workspace_id == workspace_id, Invoice.id.in_(chunk))
            .values(status="paid", outstanding=0)
            .execution_options(synchronize_session=False)
        )


def assigned(session: Session, workspace_id: int) -> dict[int, set[str]]:
    """Return the emails of each customer's account managers; those without one are left out."""
    query = (
        select(Assignment.customer_id, User.email)
        .join(User, User.id == Assignment.user_id)
        .where(Assignment.workspace_id == workspace_id)
    )
    found: dict[int, set[str]] = {}
    for customer_id, email in session.execute(query):
        found.setdefault(customer_id, set()).add(email or "")
    return found


def _write_account_managers(
    session: Session, workspace_id: int, wanted: Mapping[int, Sequence[str]], now: datetime
) -> None:
    """Make the named people the customers' account managers, in place of those before."""
    query = select(User.email, User.id).where(User.workspace_id == workspace_id, User.email.is_not(None))
    users: dict[str | None, int] = dict(session.execute(query).all())
    for email in sorted({email for emails in wanted.values() for email in emails} - set(users)):
        user = User(
            workspace_id=workspace_id,
            name=email.split("@")[0].replace(".", " ").title()[:200],
            email=email,
            position=Position.ACCOUNT_MANAGER.value,
            created_at=now,
        )
        session.add(user)
        session.flush()
        users[email] = user.id
    for chunk in _chunks(list(wanted)):
        session.execute(delete(Assignment).where(Assignment.customer_id.in_(chunk)))
    rows = ((customer_id, users[email]) for customer_id, emails in wanted.items() for email in emails)
    _insert(session, Assignment, ({"workspace_id": workspace_id, "customer_id": c, "user_id": u} for c, u in rows))


def _write_contacts(session: Session, workspace_id: int, changes: Changes, ids: Mapping[str, int]) -> None:
    for chunk in _chunks(changes.unmain):  # before the new ones: never two main contacts at a time
        session.execute(
            update(Contact)
            .where(Contact.id.in_(chunk))
            .values(is_main=False)
            .execution_options(synchronize_session=False)
        )
    own = {"workspace_id": workspace_id}
    _insert(session, Contact, ({**row, "customer_id": ids[key], **own} for key, row in changes.contacts_new))
    _update(session, Contact, changes.contacts_changed)
    if not changes.positions:
        return
    query = select(Contact.customer_id, Contact.external_id, Contact.id).where(Contact.workspace_id == workspace_id)
    contacts = {(customer_id, own_id): contact_id for customer_id, own_id, contact_id in session.execute(query)}
    held = {contacts[ids[key], own_id]: positions for (key, own_id), positions in changes.positions.items()}
    for chunk in _chunks(list(held)):
        session.execute(delete(ContactPosition).where(ContactPosition.contact_id.in_(chunk)))
    rows = ((contact_id, position) for contact_id, positions in held.items() for position in positions)
    _insert(session, ContactPosition, ({**own, "contact_id": c, "position": p} for c, p in rows))


def _chunks(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    return (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))


def _insert(session: Session, model: Any, rows: Iterable[Mapping[str, Any]]) -> None:
    """Insert rows that all have the same columns, a chunk at a time."""
    left = iter(rows)
    while chunk := list(islice(left, CHUNK)):
        session.connection().execute(insert(model.__table__), chunk)


def _update(session: Session, model: Any, rows: Sequence[dict[str, Any]]) -> None:
    """Update rows by id; rows that change the same columns go together."""
    table = model.__table__
    alike: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for row in rows:
        alike.setdefault(tuple(sorted(row)), []).append(row)
    for names, same in alike.items():
        statement = update(table).where(table.c.id == bindparam("b_id"))
        statement = statement.values({name: bindparam(f"b_{name}") for name in names if name != "id"})
        for start in range(0, len(same), CHUNK):
            chunk = [{f"b_{name}": value for name, value in row.items()} for row in same[start : start + CHUNK]]
            session.connection().execute(statement, chunk)
