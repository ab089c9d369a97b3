"""What messages are rendered from, for many customers at once, in a constant number of queries."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import select
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
from storage.db import utcnow
from storage.models import Assignment, Contact, Customer, Invoice, User

_CUSTOMER = (
    Customer.id,
    Customer.name,
    Customer.external_id,
    Customer.group_name,
    Customer.language,
    Customer.currency,
    Customer.country,
    Customer.time_zone,
)
"""The columns of CustomerFacts, in its order."""


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
    query = select(*_CUSTOMER).where(Customer.workspace_id == workspace_id, Customer.id.in_(ids))
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
        for customer in (CustomerFacts(*row) for row in session.execute(query))
    }


def today_of(session: Session, workspace_id: int, now: datetime) -> date:
    """Return the day that `now` falls on in the workspace's time zone."""
    return day_in(workspaces.get(session, workspace_id).time_zone, now)


def _invoices(session: Session, workspace_id: int, ids: list[int]) -> dict[int, list[InvoiceFacts]]:
    query = (
        select(
            Invoice.customer_id,
            Invoice.number,
            Invoice.issue_date,
            Invoice.due_date,
            Invoice.total,
            Invoice.outstanding,
            Invoice.currency,
            Invoice.status,
            Invoice.promised_on,
        )
        .where(Invoice.workspace_id == workspace_id, Invoice.customer_id.in_(ids), Invoice.outstanding > 0)
        .order_by(Invoice.due_date, Invoice.number)
    )
    found: dict[int, list[InvoiceFacts]] = {}
    for row in session.execute(query):
        found.setdefault(row[0], []).append(InvoiceFacts(*row[1:]))
    return found


def _contacts(
    session: Session, workspace_id: int, ids: list[int], chosen: Mapping[int, int]
) -> dict[int, ContactFacts]:
    query = (
        select(Contact.customer_id, Contact.id, Contact.first_name, Contact.last_name, Contact.email, Contact.is_main)
        .where(Contact.workspace_id == workspace_id, Contact.customer_id.in_(ids))
        .order_by(Contact.id)
    )
    found: dict[int, ContactFacts] = {}
    for customer_id, contact_id, first, last, email, is_main in session.execute(query):
        wanted = chosen.get(customer_id)
        if contact_id == wanted or (wanted is None and is_main):
            found[customer_id] = ContactFacts(first, last, email)
    return found


def _account_managers(session: Session, workspace_id: int, ids: list[int]) -> dict[int, PersonFacts]:
    query = (
        select(Assignment.customer_id, User.name, User.email)
        .join(User, User.id == Assignment.user_id)
        .where(Assignment.workspace_id == workspace_id, Assignment.customer_id.in_(ids))
        .order_by(Assignment.id)
    )
    found: dict[int, PersonFacts] = {}
    for customer_id, name, email in session.execute(query):
        found.setdefault(customer_id, PersonFacts(name, email))
    return found
