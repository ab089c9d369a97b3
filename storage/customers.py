"""Queries on customers, each within a scope: an account manager's customers, or the whole workspace's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Date,
    Executable,
    Integer,
    and_,
    bindparam,
    case,
    exists,
    func,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.domain.access import Scope
from bot.domain.folding import fold
from bot.domain.money import Money, by_currency
from storage import word_search
from storage.by_dialect import ByDialect, among, as_date
from storage.customer_filter import Condition, in_scope, is_overdue, is_undisputed
from storage.models import Assignment, Contact, Customer, Invoice

BY_NAME = (Customer.name_folded, Customer.id)
"""The order of every list and of previews; the id settles equal names."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What one customer has overdue, and the age in days of the oldest part."""

    overdue: tuple[Money, ...] = ()
    days_past_due: int = 0


@dataclass(frozen=True, slots=True)
class Named:
    """A customer by id, name and group."""

    id: int
    name: str
    group: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """A customer in a list; `selected` says whether the audience goes to it."""

    id: int
    name: str
    group: str | None
    selected: bool


_LAST = "\U0010ffff"
"""What stands after every character, so that a prefix is a range of the index."""
_OURS = Customer.workspace_id == bindparam("workspace_id", type_=BigInteger)
_MOST = bindparam("most", type_=Integer)


def _starting(_sqlite: bool) -> Executable:
    c = Customer
    begins = c.name_folded >= bindparam("first"), c.name_folded < bindparam("last")
    return select(c.id, c.name, c.group_name).where(_OURS, *begins).order_by(*BY_NAME).limit(_MOST)


def _these(sqlite: bool) -> Executable:
    c = Customer
    return select(c.id, c.name, c.group_name, c.name_folded).where(_OURS, among(c.id, sqlite))


def _beyond(_sqlite: bool) -> Executable:
    return select(Customer.id).where(_OURS).offset(_MOST).limit(1)


def _owing(sqlite: bool) -> Executable:
    i, ours = Invoice, select(Customer.id).where(_OURS, among(Customer.id, sqlite))
    owed = select(i.customer_id, i.currency, func.sum(i.outstanding), func.min(i.due_date))
    # the customers alone say which workspace: asked for it too, SQLite reads every invoice in it
    late = is_overdue(bindparam("today", type_=Date)), i.customer_id.in_(ours)
    return owed.where(*late).group_by(i.customer_id, i.currency)


# type-ahead asks these with every letter
_STARTING, _THESE, _OWING = ByDialect(_starting), ByDialect(_these), ByDialect(_owing)
_BEYOND = ByDialect(_beyond)


def count(session: Session, condition: Condition) -> int:
    """Count the customers that fulfil `condition` (see storage.customer_filter: it carries the scope)."""
    return session.scalar(select(func.count()).select_from(Customer).where(condition)) or 0


def are_any(session: Session, condition: Condition) -> bool:
    """Say whether any customer fulfils `condition`."""
    return session.connection().scalar(select(Customer.id).where(condition).limit(1)) is not None


def exceed(session: Session, scope: Scope, most: int) -> bool:
    """Say whether there are more than `most` customers in scope; not one more than that is looked at."""
    if scope.account_manager_id is None:
        return bool(_BEYOND.run(session, workspace_id=scope.workspace_id, most=most))
    return session.scalar(select(Customer.id).where(in_scope(scope)).offset(most).limit(1)) is not None


def total_overdue(session: Session, scope: Scope, condition: Condition | None, today: date) -> tuple[Money, ...]:
    """Sum what these customers have overdue, disputed or not, per currency; None means everybody in scope."""
    query = select(Invoice.currency, func.sum(Invoice.outstanding)).where(is_overdue(today)).group_by(Invoice.currency)
    if condition is None and scope.account_manager_id is None:
        query = query.where(Invoice.workspace_id == scope.workspace_id)
    else:
        # the customers alone say which workspace: asked for it too, SQLite reads every invoice in it
        whose = in_scope(scope) if condition is None else and_(in_scope(scope), condition)
        query = query.where(Invoice.customer_id.in_(select(Customer.id).where(whose)))
    return by_currency(Money(int(amount), currency) for currency, amount in session.execute(query))


def balances(session: Session, scope: Scope, ids: Sequence[int], today: date) -> dict[int, Balance]:
    """Return what each of these customers has overdue; customers out of scope are absent, like unknown ones."""
    visible = visible_ids(session, scope, ids) if scope.account_manager_id is not None else ids
    amounts: dict[int, list[Money]] = {}
    oldest: dict[int, date] = {}
    rows = _OWING.run(session, workspace_id=scope.workspace_id, ids=visible, today=today) if visible else ()
    for customer_id, currency, amount, earliest in rows:
        due = as_date(earliest)
        amounts.setdefault(customer_id, []).append(Money(int(amount), currency))
        oldest[customer_id] = min(due, oldest.get(customer_id, due))
    return {i: Balance(by_currency(found), (today - oldest[i]).days) for i, found in amounts.items()}


def asked_for(session: Session, scope: Scope, condition: Condition, today: date) -> dict[int, list[Money]]:
    """Return per customer what a message asks for: overdue and undisputed, one amount a currency."""
    query = (
        select(Invoice.customer_id, Invoice.currency, func.sum(Invoice.outstanding))
        .where(Invoice.workspace_id == scope.workspace_id, is_undisputed(today))
        .where(Invoice.customer_id.in_(select(Customer.id).where(condition)))
        .group_by(Invoice.customer_id, Invoice.currency)
    )
    found: dict[int, list[Money]] = {}
    for customer_id, currency, amount in session.execute(query):
        found.setdefault(customer_id, []).append(Money(int(amount), currency))
    return found


def names(session: Session, scope: Scope, ids: Iterable[int]) -> list[Named]:
    """Return the visible ones of `ids`, by name."""
    wanted = list(ids)
    if not wanted:
        return []
    return _named(session, and_(in_scope(scope), Customer.id.in_(wanted)))


def visible_ids(session: Session, scope: Scope, ids: Iterable[int]) -> list[int]:
    """Return those of `ids` that are in scope, in the order given."""
    wanted = list(ids)
    if not wanted:
        return []
    found = set(session.scalars(select(Customer.id).where(in_scope(scope), Customer.id.in_(wanted))))
    return [i for i in wanted if i in found]


def page(session: Session, condition: Condition, selected: Condition, *, offset: int, limit: int) -> list[Listed]:
    """Return one page of the customers that fulfil `condition`, by name."""
    query = select(Customer.id, Customer.name, Customer.group_name, _flag(selected)).where(condition)
    rows = session.execute(query.order_by(*BY_NAME).offset(offset).limit(limit))
    return [Listed(row[0], row[1], row[2], bool(row[3])) for row in rows]


def main_contacts(session: Session, scope: Scope, ids: Sequence[int]) -> dict[int, str]:
    """Return the main contact of each of these customers, as name and address."""
    visible = select(Customer.id).where(in_scope(scope), Customer.id.in_(ids))
    query = select(Contact.customer_id, Contact.first_name, Contact.last_name, Contact.email).where(
        Contact.workspace_id == scope.workspace_id, Contact.is_main, Contact.customer_id.in_(visible)
    )
    rows = session.execute(query) if ids else ()
    return {row[0]: " ".join(filter(None, (row[1], row[2], f"<{row[3]}>" if row[3] else None))) for row in rows}


def search(session: Session, scope: Scope, text: str, limit: int) -> list[Named]:
    """Return what type-ahead offers: names that start with `text`, then names and groups with such words, by name.

    The first part is a range of the index on the folded name, the rest comes from the index of words and is looked for
    only when the first left room. Of an account manager's customers each is looked at: they are few.
    """
    wanted = fold(text.replace("\x00", " "))
    if not wanted:
        return _named(session, in_scope(scope), limit)
    if scope.account_manager_id is not None:
        return _search_assigned(session, scope, wanted, limit)
    whose = {"workspace_id": scope.workspace_id}
    found = _STARTING.run(session, **whose, first=wanted, last=wanted + _LAST, most=limit)
    if len(found) < limit:
        ids = word_search.ids(session, scope.workspace_id, wanted, 2 * limit)
        others = [row for row in _THESE.run(session, **whose, ids=ids) if not row[3].startswith(wanted)]
        # sorted here, as SQLite would walk the whole index of names for the order
        found += sorted(others, key=lambda row: (row[3], row[0]))[: limit - len(found)]
    return [Named(*row[:3]) for row in found]


def _search_assigned(session: Session, scope: Scope, wanted: str, limit: int) -> list[Named]:
    starts = _begins(Customer.name_folded, wanted)
    found = _named(session, and_(in_scope(scope), starts), limit)
    if len(found) == limit:
        return found
    return found + _named(session, and_(in_scope(scope), _assigned_words(wanted), ~starts), limit - len(found))


def _begins(column: InstrumentedAttribute[Any], wanted: str) -> ColumnElement[bool]:
    return and_(column >= wanted, column < wanted + _LAST)


def _assigned_words(wanted: str) -> ColumnElement[bool]:
    conditions = [
        or_(
            _begins(Customer.name_folded, word),
            Customer.name_folded.contains(f" {word}", autoescape=True),
            _begins(Customer.group_folded, word),
            Customer.group_folded.contains(f" {word}", autoescape=True),
        )
        for word in wanted.split()
    ]
    return and_(*conditions)


def nth(session: Session, condition: Condition, index: int) -> int | None:
    """Return the id of the customer at `index` (0-based) by name, or None past the end."""
    return session.scalar(select(Customer.id).where(condition).order_by(*BY_NAME).offset(index).limit(1))


def index_of(session: Session, condition: Condition, customer_id: int) -> int | None:
    """Return where a customer stands by name among those that fulfil `condition`, or None when it is not there."""
    row = session.execute(select(Customer.name_folded).where(condition, Customer.id == customer_id)).first()
    if row is None:
        return None
    before = or_(Customer.name_folded < row[0], and_(Customer.name_folded == row[0], Customer.id < customer_id))
    return count(session, and_(condition, before))


def with_most_invoices(session: Session, condition: Condition, today: date, limit: int) -> list[int]:
    """Return the ids with the most overdue undisputed invoices, longer names first among equals."""
    per_customer = (
        select(Invoice.customer_id.label("id"), func.count().label("n"))
        .where(is_undisputed(today))
        .group_by(Invoice.customer_id)
        .subquery()
    )
    query = select(Customer.id).outerjoin(per_customer, per_customer.c.id == Customer.id).where(condition)
    order = (func.coalesce(per_customer.c.n, 0).desc(), func.length(Customer.name).desc(), *BY_NAME)
    return list(session.scalars(query.order_by(*order).limit(limit)))


def with_most_gaps(session: Session, condition: Condition, today: date, limit: int) -> list[int]:
    """Return the ids of whom least is known: group, contact names, account manager, anything to ask for.

    Asked customer by customer, each by an index: PostgreSQL would read a list that is too large for its memory once for
    every customer.
    """
    named = exists().where(Contact.customer_id == Customer.id, Contact.is_main, Contact.first_name != "")
    assigned = exists().where(Assignment.customer_id == Customer.id)
    owing = exists().where(Invoice.customer_id == Customer.id, is_undisputed(today))
    known = _flag(Customer.group_name.is_not(None)) + _flag(named) + _flag(assigned) + _flag(owing)
    return list(session.scalars(select(Customer.id).where(condition).order_by(known, *BY_NAME).limit(limit)))


def _named(session: Session, condition: Condition, limit: int | None = None) -> list[Named]:
    query = select(Customer.id, Customer.name, Customer.group_name).where(condition).order_by(*BY_NAME).limit(limit)
    return [Named(*row) for row in session.execute(query)]


def _flag(condition: Condition) -> ColumnElement[int]:
    return case((condition, 1), else_=0)
