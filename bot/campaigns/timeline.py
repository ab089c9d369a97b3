"""One customer's timeline: how it stands today, and what happened, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.campaigns.mending import address_of
from bot.campaigns.selecting import Selecting
from bot.channels.addresses import CHECKS
from bot.domain.access import Caller
from bot.domain.channels import CHANNELS
from bot.domain.folding import fold_address
from bot.domain.money import Money
from bot.errors import NotFound
from storage import customers, manual_actions, timeline
from storage.db import Database
from storage.models import SuppressionEvent as SuppressionEvent
from storage.timeline import Answered as Answered
from storage.timeline import Entry as Entry
from storage.timeline import Sent as Sent
from storage.timeline import Standing as Standing
from storage.timeline import Stopped as Stopped

PAGE = 10


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page (0-based) of a customer's timeline; `pages` is at least 1, `total` counts the rows of all of them."""

    customer: Standing
    main_contact: str | None
    overdue: tuple[Money, ...]
    days_past_due: int
    rows: tuple[Entry, ...]
    page: int
    pages: int
    total: int


def show(db: Database, caller: Caller, customer_id: int, *, page: int = 0, now: datetime | None = None) -> Timeline:
    """Return one page; a page past the end is the last.

    Raises NotFound for a customer that is not there, or not the caller's to see. Messages of everybody's campaigns to
    that customer are shown.
    """
    with db.read() as session:
        selecting = Selecting.open(session, caller, now)
        standing = timeline.standing(session, caller.scope, customer_id, selecting.today)
        if standing is None:
            raise NotFound("There is no such customer.")
        addresses = _addresses(session, caller, standing)
        total = timeline.count(session, caller.scope, customer_id, addresses)
        pages = max(-(-total // PAGE), 1)
        page = min(max(page, 0), pages - 1)
        balance = customers.balances(session, caller.scope, [customer_id], selecting.today).get(customer_id)
        balance = balance or customers.Balance()
        return Timeline(
            customer=standing,
            main_contact=customers.main_contacts(session, caller.scope, [customer_id]).get(customer_id),
            overdue=balance.overdue,
            days_past_due=balance.days_past_due,
            rows=tuple(timeline.page(session, caller.scope, customer_id, addresses, offset=page * PAGE, limit=PAGE)),
            page=page,
            pages=pages,
            total=total,
        )


def _addresses(session: Session, caller: Caller, of: Standing) -> dict[str, set[str]]:
    """Return the addresses of the customer's contacts by channel, each in its normal form."""
    contacts = manual_actions.contacts(session, caller.workspace_id, of.id)
    return {
        name: {
            fold_address(str(CHECKS[kind.address](written, of.country).address))
            for contact in contacts
            if str(written := address_of(contact, kind))
        }
        for name, kind in CHANNELS.items()
    }
