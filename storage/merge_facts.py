"""What messages are rendered from, for many customers at once, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import BigInteger, Executable, bindparam, select
from sqlalchemy.orm import Session

from bot.domain.merge import (
    ContactFacts,
    CustomerFacts,
    InvoiceFacts,
    MergeFacts,
    OrganisationFacts,
    PersonFacts,
    SenderFacts,
)
from bot.domain.preflight import day_in
from storage import settings, workspaces
from storage.by_dialect import ByDialect, among, as_date, ours
from storage.db import utcnow
from storage.models import Assignment, Contact, Customer, Invoice, User


def _customers_of(sqlite: bool) -> Executable:
    c = Customer
    facts = (c.id, c.name, c.external_id, c.group_name, c.language, c.currency, c.country, c.time_zone)
    return select(*facts).where(c.workspace_id == _WORKSPACE, among(c.id, sqlite))


def _invoices_of(sqlite: bool) -> Executable:
    i = Invoice
    what = (i.customer_id, i.number, i.issue_date, i.due_date, i.total, i.outstanding, i.currency, i.status)
    owed = select(*what, i.promised_on).where(ours(i.workspace_id, sqlite), among(i.customer_id, sqlite))
    return owed.where(i.outstanding > 0).order_by(i.due_date, i.number)


def _contacts_of(sqlite: bool) -> Executable:
    c = Contact
    facts = (c.customer_id, c.id, c.first_name, c.last_name, c.email, c.is_main)
    return select(*facts).where(ours(c.workspace_id, sqlite), among(c.customer_id, sqlite)).order_by(c.id)


def _managers_of(sqlite: bool) -> Executable:
    managers = select(Assignment.customer_id, User.name, User.email).join(User, User.id == Assignment.user_id)
    ours = managers.where(Assignment.workspace_id == _WORKSPACE, among(Assignment.customer_id, sqlite))
    return ours.order_by(Assignment.id)


_WORKSPACE = bindparam("workspace_id", type_=BigInteger)
_CUSTOMERS, _INVOICES = ByDialect(_customers_of), ByDialect(_invoices_of)
_CONTACTS, _MANAGERS = ByDialect(_contacts_of), ByDialect(_managers_of)


def load(
    session: Session,
    workspace_id: int,
    customer_ids: Collection[int],
    *,
    sender: SenderFacts,
    contact_ids: Mapping[int, int] | None = None,
    now: datetime | None = None,
) -> dict[int, MergeFacts]:
    """Return the facts of each of these customers; unknown ids are absent. At most 1,000 ids a call.

    `contact_ids` names the first recipient of each customer; where it names none, the main contact is taken. The caller
    has checked that the customers may be seen: this is also what the worker reads, on nobody's behalf.
    """
    ids = list(customer_ids)
    if not ids:
        return {}
    workspace = workspaces.get(session, workspace_id)
    today = day_in(workspace.time_zone, now or utcnow())
    invoices = _invoices(session, workspace_id, ids)
    contacts = _contacts(session, workspace_id, ids, contact_ids or {})
    managers = _account_managers(session, workspace_id, ids)
    organisation = OrganisationFacts(
        workspace.organisation_name, workspace.locale, settings.sms_opt_out(session, workspace_id)
    )
    return {
        customer.id: MergeFacts(
            customer=customer,
            invoices=tuple(invoices.get(customer.id, ())),
            sender=sender,
            organisation=organisation,
            today=today,
            contact=contacts.get(customer.id),
            account_manager=managers.get(customer.id),
        )
        for customer in (CustomerFacts(*row) for row in _CUSTOMERS.run(session, workspace_id=workspace_id, ids=ids))
    }


def today_of(session: Session, workspace_id: int, now: datetime) -> date:
    """Return the day that `now` falls on in the workspace's time zone."""
    return day_in(workspaces.time_zone(session, workspace_id), now)


def _invoices(session: Session, workspace_id: int, ids: list[int]) -> dict[int, list[InvoiceFacts]]:
    found: dict[int, list[InvoiceFacts]] = {}
    rows = _INVOICES.run(session, workspace_id=workspace_id, ids=ids)
    for customer_id, number, issued, due, total, outstanding, currency, status, promised in rows:
        dates = as_date(issued), as_date(due)
        facts = InvoiceFacts(number, *dates, total, outstanding, currency, status, promised and as_date(promised))
        found.setdefault(customer_id, []).append(facts)
    return found


def _contacts(
    session: Session, workspace_id: int, ids: list[int], chosen: Mapping[int, int]
) -> dict[int, ContactFacts]:
    found: dict[int, ContactFacts] = {}
    rows = _CONTACTS.run(session, workspace_id=workspace_id, ids=ids)
    for customer_id, contact_id, first, last, email, is_main in rows:
        wanted = chosen.get(customer_id)
        if contact_id == wanted or (wanted is None and is_main):
            found[customer_id] = ContactFacts(first, last, email)
    return found


def _account_managers(session: Session, workspace_id: int, ids: list[int]) -> dict[int, PersonFacts]:
    found: dict[int, PersonFacts] = {}
    for customer_id, name, email in _MANAGERS.run(session, workspace_id=workspace_id, ids=ids):
        found.setdefault(customer_id, PersonFacts(name, email))
    return found
