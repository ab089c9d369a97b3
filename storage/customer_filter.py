"""The rule of an audience as SQL conditions on customers, always within a scope."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, and_, case, cast, exists, false, func, or_, select, true
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from bot.domain.access import Scope
from bot.domain.audience import ME, NOBODY, Audience, AudienceFilter
from bot.domain.folding import fold
from bot.domain.money import unusual_exponents
from storage.models import Assignment, Contact, Customer, Invoice, InvoiceStatus

_MOST = 2**62
"""Larger than any amount that a column holds; amounts asked for beyond it match nothing, or everything."""

Condition = ColumnElement[bool]


def in_scope(scope: Scope) -> Condition:
    """Return the condition that every query on customers carries."""
    within = Customer.workspace_id == scope.workspace_id
    if scope.account_manager_id is None:
        return within
    assigned = select(Assignment.customer_id).where(
        Assignment.workspace_id == scope.workspace_id, Assignment.user_id == scope.account_manager_id
    )
    return and_(within, Customer.id.in_(assigned))


def among(scope: Scope, ids: Sequence[int]) -> Condition:
    """Return the condition that a customer in scope is one of `ids`."""
    listed = _Listed(json.dumps([int(each) for each in ids])).table_valued("value")
    return and_(in_scope(scope), Customer.id.in_(select(cast(listed.c.value, BigInteger))))


class _Listed(FunctionElement[Any]):
    """The rows of one parameter that holds a list in JSON: thousands of parameters cost more than what they ask for."""

    name = "listed"
    inherit_cache = True


@compiles(_Listed, "sqlite")
def _listed_by_sqlite(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(_Listed, "postgresql")
def _listed_by_postgresql(element: _Listed, compiler: SQLCompiler, **options: Any) -> str:
    return f"json_array_elements_text(CAST({compiler.process(element.clauses, **options)} AS json))"


def is_overdue(today: date | ColumnElement[date]) -> Condition:
    """Return the condition on an invoice: unpaid and past its due date, disputed or not."""
    return and_(Invoice.due_date < today, Invoice.outstanding > 0, Invoice.status != InvoiceStatus.PAID.value)


def is_undisputed(today: date) -> Condition:
    """Return the condition on an invoice: overdue, and not disputed."""
    return and_(is_overdue(today), Invoice.status == InvoiceStatus.OPEN.value)


def is_collectible(today: date) -> Condition:
    """Return the condition on an invoice: overdue, undisputed, and not promised for today or a later day."""
    return and_(is_undisputed(today), or_(Invoice.promised_on.is_(None), Invoice.promised_on < today))


def matches_text(text: str) -> Condition:
    """Return the condition that name or group contains `text`, whatever its case and accents."""
    wanted = fold(text.replace("\x00", " "))
    return or_(
        Customer.name_folded.contains(wanted, autoescape=True), Customer.group_folded.contains(wanted, autoescape=True)
    )


def matches(scope: Scope, wanted: AudienceFilter, *, me: int, now: datetime, today: date) -> Condition:
    """Return the condition that a customer in scope fulfils the filter; `me` is the user whom ME stands for."""
    conditions = [in_scope(scope), *_of_customer(scope, wanted, me, now), *_of_invoices(scope, wanted, today)]
    return and_(*conditions)


def selected(scope: Scope, audience: Audience, *, me: int, now: datetime, today: date) -> Condition:
    """Return the condition that the audience goes to a customer in scope, whatever ids it names."""
    by_rule = matches(scope, audience.filter, me=me, now=now, today=today) if audience.all_matching else false()
    chosen = or_(by_rule, Customer.id.in_(audience.added)) if audience.added else by_rule
    kept = Customer.id.not_in(audience.left_out) if audience.left_out else true()
    return and_(in_scope(scope), chosen, kept)


def _of_customer(scope: Scope, wanted: AudienceFilter, me: int, now: datetime) -> list[Condition]:
    found: list[Condition] = []
    if wanted.text and fold(wanted.text):
        found.append(matches_text(wanted.text))
    if wanted.account_manager is not None:
        found.append(_assigned(scope, wanted.account_manager, me))
    if wanted.countries:
        found.append(Customer.country.in_(wanted.countries))
    if wanted.languages:
        found.append(Customer.language.in_(wanted.languages))
    if wanted.currencies:
        found.append(_deals_in(scope, wanted.currencies))
    if wanted.no_contact:
        reachable = exists().where(Contact.customer_id == Customer.id, Contact.email.is_not(None), Contact.email != "")
        found.append(~reachable)
    if wanted.not_contacted_days is not None:
        found.append(_not_contacted_since(now, wanted.not_contacted_days))
    return found + _custom(wanted.custom)


def _of_invoices(scope: Scope, wanted: AudienceFilter, today: date) -> list[Condition]:
    found: list[Condition] = []
    if wanted.days_past_due_min is not None:
        due = today - timedelta(days=min(max(wanted.days_past_due_min, 1), today.toordinal() - 1))
        found.append(_has_invoice(scope, is_overdue(today), Invoice.due_date <= due))
    having = _thresholds(wanted, today)
    if having:
        per_currency = _invoices(scope).group_by(Invoice.customer_id, Invoice.currency)
        if wanted.currencies:
            per_currency = per_currency.where(Invoice.currency.in_(wanted.currencies))
        found.append(Customer.id.in_(per_currency.having(and_(*having))))
    return found


def _has_invoice(scope: Scope, *conditions: Condition) -> Condition:
    """Return the condition that a customer has such an invoice, asked by the index and not of a list of all of them.

    PostgreSQL reads a list that is too large for its memory once for every customer.
    """
    found = exists().where(Invoice.customer_id == Customer.id, Invoice.workspace_id == scope.workspace_id, *conditions)
    return found.correlate(Customer)  # and not the invoices of a query around it


def _invoices(scope: Scope) -> Select[int]:
    return select(Invoice.customer_id).where(Invoice.workspace_id == scope.workspace_id)


def _thresholds(wanted: AudienceFilter, today: date) -> list[Condition]:
    if wanted.overdue_min is None and wanted.overdue_max is None and wanted.outstanding_min is None:
        return []
    overdue = func.sum(case((is_overdue(today), Invoice.outstanding), else_=0))
    found: list[Condition] = []
    if wanted.overdue_min is not None and wanted.overdue_min > 0:
        found.append(overdue >= _minor(wanted.overdue_min, ROUND_CEILING))
    if wanted.overdue_max is not None:
        # "at most" speaks of what is overdue: who owes nothing overdue is not meant
        found += [overdue > 0, overdue <= _minor(wanted.overdue_max, ROUND_FLOOR)]
    if wanted.outstanding_min is not None and wanted.outstanding_min > 0:
        found.append(func.sum(Invoice.outstanding) >= _minor(wanted.outstanding_min, ROUND_CEILING))
    return found


def _minor(major: Decimal, rounding: str) -> ColumnElement[int]:
    def scaled(digits: int) -> int:
        if major.adjusted() > 18:
            return _MOST
        return min(int(major.scaleb(digits).to_integral_value(rounding)), _MOST)

    cases = [(Invoice.currency.in_(codes), scaled(digits)) for digits, codes in unusual_exponents().items()]
    return case(*cases, else_=scaled(2))


def _assigned(scope: Scope, wanted: str | int, me: int) -> Condition:
    assigned = exists().where(Assignment.customer_id == Customer.id, Assignment.workspace_id == scope.workspace_id)
    if wanted == NOBODY:
        return ~assigned
    return assigned.where(Assignment.user_id == (me if wanted == ME else wanted))


def _deals_in(scope: Scope, currencies: tuple[str, ...]) -> Condition:
    owed = _has_invoice(scope, Invoice.currency.in_(currencies), Invoice.outstanding > 0)
    return or_(Customer.currency.in_(currencies), owed)


def _not_contacted_since(now: datetime, days: int) -> Condition:
    since = now - timedelta(days=min(days, 36_500))
    return or_(Customer.last_contacted_at.is_(None), Customer.last_contacted_at < since)


def _custom(wanted: tuple[tuple[str, str], ...]) -> list[Condition]:
    by_key: dict[str, list[str]] = {}
    for key, value in wanted:
        by_key.setdefault(key, []).append(value)
    # SQLite's JSON paths can't hold a quote, and no escape exists: such a key matches nothing
    return [false() if '"' in key else _has(key, values) for key, values in by_key.items()]


def _has(key: str, values: list[str]) -> Condition:
    """Return the condition that a field has one of `values`, whatever their case (SQLite: that of ASCII letters)."""
    column = Customer.custom[key].as_string()
    return or_(column.in_(values), func.lower(column).in_([value.lower() for value in values]))
