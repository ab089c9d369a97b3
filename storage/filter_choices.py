"""What the filters of an audience can be set to: only what the customers in scope have."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from bot.domain.access import Scope
from storage.by_dialect import is_sqlite
from storage.customer_filter import in_scope
from storage.models import Assignment, Customer, Invoice, User


@dataclass(frozen=True, slots=True)
class Choices:
    """What the customers in scope have, as far as filters offer it."""

    countries: tuple[str, ...]
    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    custom_keys: tuple[str, ...]


def choices(session: Session, scope: Scope) -> Choices:
    """Return what filters offer, from the customers in scope alone, each list in order."""
    visible = select(Customer.id).where(in_scope(scope))
    owed = select(Invoice.currency).where(Invoice.workspace_id == scope.workspace_id, Invoice.outstanding > 0)
    if scope.account_manager_id is not None:
        owed = owed.where(Invoice.customer_id.in_(visible))
    currencies = select(Customer.currency).where(in_scope(scope)).distinct().union(owed.distinct())
    return Choices(
        countries=_distinct(session, scope, Customer.country),
        languages=_distinct(session, scope, Customer.language),
        currencies=tuple(sorted(c for c in session.scalars(currencies) if c)),
        custom_keys=_custom_keys(session, scope),
    )


def _distinct(session: Session, scope: Scope, column: InstrumentedAttribute[str | None]) -> tuple[str, ...]:
    found = session.scalars(select(column).where(in_scope(scope)).distinct())
    return tuple(sorted(value for value in found if value))


def account_managers(session: Session, workspace_id: int) -> tuple[tuple[int, str], ...]:
    """Return the id and name of everybody in the workspace who has customers, by name."""
    has_some = exists().where(Assignment.user_id == User.id, Assignment.workspace_id == workspace_id)
    query = select(User.id, User.name).where(User.workspace_id == workspace_id, has_some)
    return tuple((row[0], row[1]) for row in session.execute(query.order_by(User.name, User.id)))


def _custom_keys(session: Session, scope: Scope) -> tuple[str, ...]:
    if is_sqlite(session):
        keys = func.json_each(Customer.custom).table_valued("key")
    else:
        keys = func.jsonb_each(Customer.custom).table_valued("key", "value")
    query = select(keys.c.key).select_from(Customer).join(keys, in_scope(scope)).distinct()
    return tuple(sorted(session.scalars(query)))
