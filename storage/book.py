"""The import's writes: customers, contacts, invoices and assignments, each compared before it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from bot.domain.access import Position
from bot.domain.folding import fold, fold_address
from storage.models import Assignment, Contact, ContactPosition, Customer, Invoice, User

Values = Mapping[str, Any]
CHUNK = 1000


@dataclass(slots=True)
class ImportResult:
    """How many rows were new, changed, and as they were already."""

    customers_new: int = 0
    customers_changed: int = 0
    contacts_new: int = 0
    contacts_changed: int = 0
    invoices_new: int = 0
    invoices_changed: int = 0
    unchanged: int = 0


def customer_ids(session: Session, workspace_id: int) -> dict[str, int]:
    """Return the workspace's customers, id by external id."""
    query = select(Customer.external_id, Customer.id).where(Customer.workspace_id == workspace_id)
    return dict(session.execute(query).all())


def upsert(
    session: Session,
    workspace_id: int,
    *,
    customers: Mapping[str, Values],
    contacts: Mapping[tuple[str, str], Values],
    invoices: Mapping[str, Values],
    now: datetime,
) -> ImportResult:
    """Write what is new and what differs, and count."""
    result = ImportResult()
    _customers(session, workspace_id, customers, result)
    ids = customer_ids(session, workspace_id)
    _account_managers(session, workspace_id, customers, ids, now)
    _contacts(session, workspace_id, contacts, ids, result)
    _invoices(session, workspace_id, invoices, ids, result)
    return result


def _customers(session: Session, workspace_id: int, wanted: Mapping[str, Values], result: ImportResult) -> None:
    rows = {
        key: {
            **{name: value for name, value in row.items() if name != "account_managers"},
            "name_folded": fold(row["name"]),
            "group_folded": fold(row["group_name"]) if row["group_name"] else None,
        }
        for key, row in wanted.items()
    }
    known = {c.external_id: c for c in session.scalars(select(Customer).where(Customer.workspace_id == workspace_id))}
    for row in rows.values():
        if row["last_contacted_at"] is None:
            del row["last_contacted_at"]  # a file that does not say must not forget what we sent ourselves
    new, changed = _sort(rows, known, result)
    _insert(session, Customer, [{"last_contacted_at": None, **row, "workspace_id": workspace_id} for row in new])
    _update(session, Customer, changed)
    result.customers_new, result.customers_changed = len(new), len(changed)


def _account_managers(
    session: Session, workspace_id: int, customers: Mapping[str, Values], ids: Mapping[str, int], now: datetime
) -> None:
    """Make the named people the customers' account managers; customers for whom the files name nobody keep theirs."""
    wanted = {
        ids[key]: {fold_address(e) for e in row["account_managers"]}
        for key, row in customers.items()
        if row["account_managers"]
    }
    query = select(User.email, User.id).where(User.workspace_id == workspace_id, User.email.is_not(None))
    users: dict[str | None, int] = dict(session.execute(query).all())
    missing = sorted({email for emails in wanted.values() for email in emails} - set(users))
    for email in missing:
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
    held: dict[int, set[int]] = {}
    for customer_id, user_id in session.execute(
        select(Assignment.customer_id, Assignment.user_id).where(Assignment.workspace_id == workspace_id)
    ):
        held.setdefault(customer_id, set()).add(user_id)
    rows = []
    for customer_id, emails in wanted.items():
        meant = {users[email] for email in emails}
        if meant != held.get(customer_id, set()):
            session.execute(delete(Assignment).where(Assignment.customer_id == customer_id))
            rows += [{"workspace_id": workspace_id, "customer_id": customer_id, "user_id": u} for u in sorted(meant)]
    _insert(session, Assignment, rows)


def _contacts(
    session: Session,
    workspace_id: int,
    wanted: Mapping[tuple[str, str], Values],
    ids: Mapping[str, int],
    result: ImportResult,
) -> None:
    known = {
        (c.customer_id, c.external_id): c
        for c in session.scalars(select(Contact).where(Contact.workspace_id == workspace_id))
    }
    mains = {c.customer_id: c for c in known.values() if c.is_main}
    for (key, own), row in wanted.items():
        customer_id = ids[key]
        contact, current = known.get((customer_id, own)), mains.get(customer_id)
        main = row["is_main"] if row["is_main"] is not None else current is None or current is contact
        if main and current is not None and current is not contact:
            current.is_main = False
            session.flush()  # before the new one: never two at a time
        values = {name: v for name, v in row.items() if name not in ("positions", "is_main")} | {"is_main": main}
        if contact is None:
            contact = Contact(workspace_id=workspace_id, customer_id=customer_id, **values)
            _hold(contact, row["positions"], workspace_id)
            session.add(contact)
            known[customer_id, own] = contact
            result.contacts_new += 1
        elif _differs(contact, values) or {p.position for p in contact.positions} != set(row["positions"]):
            for name, value in values.items():
                setattr(contact, name, value)
            _hold(contact, row["positions"], workspace_id)
            result.contacts_changed += 1
        else:
            result.unchanged += 1
        if main:
            mains[customer_id] = contact
    session.flush()


def _hold(contact: Contact, positions: list[str], workspace_id: int) -> None:
    held = {p.position: p for p in contact.positions or []}
    contact.positions = [
        held.get(p) or ContactPosition(workspace_id=workspace_id, position=p) for p in dict.fromkeys(positions)
    ]


def _invoices(
    session: Session, workspace_id: int, wanted: Mapping[str, Values], ids: Mapping[str, int], result: ImportResult
) -> None:
    rows = {
        number: {**{n: v for n, v in row.items() if n != "customer"}, "customer_id": ids[row["customer"]]}
        for number, row in wanted.items()
    }
    known = {i.number: i for i in session.scalars(select(Invoice).where(Invoice.workspace_id == workspace_id))}
    new, changed = _sort(rows, known, result)
    _insert(session, Invoice, [{**row, "workspace_id": workspace_id} for row in new])
    _update(session, Invoice, changed)
    result.invoices_new, result.invoices_changed = len(new), len(changed)


def _sort(
    rows: Mapping[str, dict[str, Any]], known: Mapping[str, Any], result: ImportResult
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Split rows into new ones and changed ones (with their id); count the rest as unchanged."""
    new = [row for key, row in rows.items() if key not in known]
    changed = [{**row, "id": known[key].id} for key, row in rows.items() if key in known and _differs(known[key], row)]
    result.unchanged += len(rows) - len(new) - len(changed)
    return new, changed


def _differs(row: Any, values: Values) -> bool:
    return any(getattr(row, name) != value for name, value in values.items())


def _insert(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    for start in range(0, len(rows), CHUNK):
        session.execute(insert(model), rows[start : start + CHUNK])


def _update(session: Session, model: Any, rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(update(model), rows)
