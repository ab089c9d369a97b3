"""A book of many customers, and a campaign to all of them, made in bulk."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert, text

from bot.campaigns.freeze import freeze_due
from bot.campaigns.tick import tick
from bot.domain.folding import fold
from bot.domain.states import CampaignState
from storage.db import Database
from storage.models import Campaign, Contact, Customer, Invoice, User
from tests.builders import Builder

CHUNK = 5_000
SUBJECT = "Overdue: {{amounts.overdue}} to {{organisation.name}}"
BODY = (
    "Dear {{contact.first_name | default('customer')}},\n\n"
    "our books show **{{amounts.overdue}}** of {{customer.name}} as overdue:\n\n{{invoices.table}}\n\n"
    "Please pay at your earliest convenience, or tell us what keeps you from it.\n\n{{sender.signature}}"
)
_FIRST = ("Northern", "Blue", "Old", "Grand", "Ümit", "Silver", "Red", "Zenith", "Kowalski", "Delta", "Iron", "Quality")
_SECOND = (
    "Harbour",
    "Mills",
    "Bakery",
    "Traders",
    "Optics",
    "Freight",
    "Cycles",
    "Garden",
    "Paper",
    "Systems",
    "Tools",
)


def company(n: int) -> str:
    """Return a name like those in books: two common words and one of its own."""
    return f"{_FIRST[n % 12]} {_SECOND[n // 12 % 11]} {n:x}"


def fill(db: Database, user: User, customers: int, *, invoices: int = 5, contacts: bool = True) -> None:
    """Add customers with a contact each and overdue invoices."""
    of = {"workspace_id": user.workspace_id}
    due = db.now().date() - timedelta(days=40)
    for start in range(0, customers, CHUNK):
        names = [company(n) for n in range(start, min(start + CHUNK, customers))]
        rows = [{**of, "external_id": n, "name": n, "name_folded": fold(n), "custom": {}} for n in names]
        with db.write() as session:
            made = session.scalars(insert(Customer).returning(Customer.id), [{"currency": "EUR", **r} for r in rows])
            ids = list(made)
            if not db.is_sqlite:  # else it reads all for each foreign key; by itself it counts soon, SQLite never
                session.execute(text("ANALYZE customers"))
            if contacts:
                main = {**of, "external_id": "p", "first_name": "Pat", "last_name": "Lee", "is_main": True}
                session.execute(
                    insert(Contact), [{**main, "customer_id": i, "email": f"c{i}@acme.example"} for i in ids]
                )
            owed = {**of, "issue_date": due, "due_date": due, "total": 10_000, "outstanding": 10_000}
            owed |= {"currency": "EUR", "status": "open"}
            numbers = [(i, n) for i in ids for n in range(invoices)]
            if numbers:
                session.execute(
                    insert(Invoice), [{**owed, "customer_id": i, "number": f"I-{i}-{n}"} for i, n in numbers]
                )
    if db.is_sqlite:
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def launched(db: Database, build: Builder, user: User, *, hold: float = 0) -> Campaign:
    """Make a campaign to everybody, sent and not frozen yet; it starts `hold` seconds from now."""
    now = db.now()
    times = {"launched_at": now, "starts_at": now + timedelta(seconds=hold), "frozen_at": None}
    return build.campaign(user, state=CampaignState.SCHEDULED, subject=SUBJECT, body=BODY, **times)


def queue(db: Database, customers: int, *, invoices: int = 5) -> Campaign:
    """Make a book and a campaign to all of it that is sending, by way of the freeze."""
    build = Builder(db)
    user = build.user()
    fill(db, user, customers, invoices=invoices)
    campaign = launched(db, build, user)
    assert freeze_due(db) == 1
    tick(db)
    return campaign
