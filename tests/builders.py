"""Builders of rows that keep every invariant: defaults everywhere, so that a test names only what it is about."""

from __future__ import annotations

import itertools
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

from sqlalchemy import select

from bot.domain.access import Caller, Position, Role
from bot.domain.folding import fold, fold_address
from bot.domain.states import ActionState, CampaignState, Reason
from storage.db import Database
from storage.models import (
    Action,
    Alias,
    Assignment,
    Campaign,
    Contact,
    ContactPosition,
    Customer,
    Invoice,
    Notification,
    Suppression,
    User,
    Workspace,
)

T = TypeVar("T")

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
"""The moment that tests take for the present unless they say otherwise (a Tuesday)."""
TODAY = NOW.date()


class Builder:
    """Adds rows to one database and returns them, detached; the first call makes a workspace when there is none."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self._n = itertools.count(1)
        self._workspace: Workspace | None = None

    def save(self, row: T) -> T:
        """Store one row and return it."""
        with self.db.write() as session:
            session.add(row)
        return row

    def workspace(self, **values: Any) -> Workspace:
        """Make a workspace; the latest one made is the default for what follows."""
        n = next(self._n)
        defaults = {
            "team_id": f"T{n:08d}",
            "name": "Sandbox",
            "organisation_name": "Northwind Ltd",
            "locale": "en",
            "currency": "EUR",
            "time_zone": "UTC",
            "created_at": NOW,
        }
        self._workspace = self.save(Workspace(**(defaults | values)))
        return self._workspace

    @property
    def workspace_id(self) -> int:
        """Return the default workspace's id."""
        return (self._workspace or self.workspace()).id

    def user(self, name: str = "Alice Martin", **values: Any) -> User:
        """Make a user: a member and finance user with a verified email, unless told otherwise."""
        n = next(self._n)
        defaults = {
            "workspace_id": self.workspace_id,
            "slack_user_id": f"U{n:08d}",
            "name": name,
            "email": f"{name.split()[0].lower()}{n}@example.com",
            "email_verified": True,
            "role": Role.MEMBER.value,
            "position": Position.FINANCE.value,
            "signature": f"{name}\nAccounts receivable",
            "time_zone": "UTC",
            "created_at": NOW,
        }
        return self.save(User(**(defaults | values)))

    def caller(self, user: User | None = None, **values: Any) -> Caller:
        """Return the caller for `user`, or for a new one."""
        user = user or self.user(**values)
        assert user.slack_user_id and user.role
        return Caller(
            user.workspace_id, user.id, user.slack_user_id, user.name, Role(user.role), Position(user.position)
        )

    def alias(self, email: str = "billing@example.com", *, created_by: User, **values: Any) -> Alias:
        """Make a verified alias."""
        defaults = {
            "workspace_id": created_by.workspace_id,
            "email": email,
            "name": "Billing",
            "verified_at": NOW,
            "created_by": created_by.id,
            "created_at": NOW,
        }
        return self.save(Alias(**(defaults | values)))

    def customer(
        self,
        name: str = "Acme GmbH",
        *,
        overdue: int | None = 10_000,
        email: str | None = "payer@example.com",
        phone: str | None = None,
        account_managers: tuple[User, ...] = (),
        **values: Any,
    ) -> Customer:
        """Make a customer that owes `overdue` minor units for 30 days, with one main contact (none without email)."""
        n = next(self._n)
        group = values.pop("group_name", None)
        defaults = {
            "workspace_id": self.workspace_id,
            "external_id": f"C-{n}",
            "name": name,
            "name_folded": fold(name),
            "group_name": group,
            "group_folded": fold(group) if group else None,
            "language": "en",
            "currency": "EUR",
            "country": "DE",
            "custom": {},
        }
        customer = self.save(Customer(**(defaults | values)))
        if overdue:
            self.invoice(customer, outstanding=overdue, currency=customer.currency or "EUR")
        if email or phone:
            self.contact(customer, email=email, phone=phone, is_main=True)
        for user in account_managers:
            self.save(Assignment(workspace_id=customer.workspace_id, customer_id=customer.id, user_id=user.id))
        return customer

    def contact(self, customer: Customer, *, positions: tuple[str, ...] = (), **values: Any) -> Contact:
        """Make a contact of `customer`, holding `positions`."""
        n = next(self._n)
        defaults = {
            "workspace_id": customer.workspace_id,
            "customer_id": customer.id,
            "external_id": f"P-{n}",
            "first_name": "Pat",
            "last_name": "Payer",
            "email": f"pat{n}@example.com",
            "positions": [ContactPosition(workspace_id=customer.workspace_id, position=p) for p in positions],
        }
        return self.save(Contact(**(defaults | values)))

    def invoice(self, customer: Customer, *, days_overdue: int = 30, today: date = TODAY, **values: Any) -> Invoice:
        """Make an open invoice due `days_overdue` days before `today` (negative: not due yet)."""
        n = next(self._n)
        due = today - timedelta(days=days_overdue)
        outstanding = values.get("outstanding", 10_000)
        defaults = {
            "workspace_id": customer.workspace_id,
            "customer_id": customer.id,
            "number": f"INV-{n:04d}",
            "issue_date": due - timedelta(days=30),
            "due_date": due,
            "total": outstanding,
            "outstanding": outstanding,
            "currency": "EUR",
            "status": "open",
        }
        return self.save(Invoice(**(defaults | values)))

    def campaign(self, creator: User, *, state: CampaignState = CampaignState.DRAFT, **values: Any) -> Campaign:
        """Make a campaign in `state`, with the times that the state implies, and its living message once launched."""
        launched = state not in (CampaignState.DRAFT, CampaignState.DISCARDED)
        defaults: dict[str, Any] = {
            "workspace_id": creator.workspace_id,
            "creator_id": creator.id,
            "channel": "email",
            "state": state.value,
            "name": "March reminder",
            "sender_user_id": creator.id,
            "subject": "Your account with {{organisation.name}}",
            "body": "Dear {{customer.name}},\n\nplease pay {{amounts.overdue}}.\n\n{{sender.signature}}",
            "audience": {"all_matching": True},
            "created_at": NOW,
            "updated_at": NOW,
        }
        if launched:
            defaults |= {"launched_at": NOW, "starts_at": NOW, "frozen_at": NOW}
        if state is CampaignState.PAUSED:
            defaults["pause_reason"] = "by_person"
        if state is CampaignState.COMPLETED:
            defaults["completed_at"] = NOW
        if state is CampaignState.CANCELLED:
            defaults["cancelled_at"] = NOW
        campaign = self.save(Campaign(**(defaults | values)))
        if launched:
            self.save(
                Notification(
                    workspace_id=campaign.workspace_id,
                    campaign_id=campaign.id,
                    user_id=creator.id,
                    kind="campaign",
                    due_at=NOW,
                    created_at=NOW,
                )
            )
        return campaign

    def action(
        self,
        campaign: Campaign,
        customer: Customer | None = None,
        *,
        state: ActionState = ActionState.QUEUED,
        **values: Any,
    ) -> Action:
        """Make an action in `state`, with the claim and the times that the state implies."""
        customer = customer or self.customer()
        by_phone = campaign.channel == "sms"
        defaults: dict[str, Any] = {
            "workspace_id": campaign.workspace_id,
            "campaign_id": campaign.id,
            "customer_id": customer.id,
            "owner_id": campaign.creator_id,
            "channel": campaign.channel,
            "state": state.value,
            "reason": _REASONS[state].value,
            "recipients": self._recipients(customer, "phone" if by_phone else "email"),
            "message_id": f"<{uuid.uuid4().hex}@example.com>",
            "created_at": NOW,
            "updated_at": NOW,
        }
        if state is ActionState.QUEUED:
            defaults["due_at"] = NOW
        if state is ActionState.SENDING:
            defaults |= {
                "claim_token": str(uuid.uuid4()),
                "claimed_by": "worker-1",
                "lease_until": NOW + timedelta(minutes=5),
                "due_at": NOW,
            }
        if state in (ActionState.SENT, ActionState.DELIVERED):
            defaults |= {"sent_at": NOW, "handed_off_at": NOW, "attempts": 1}
        if state is ActionState.IGNORED:
            defaults |= {"decided_by": campaign.creator_id, "decided_at": NOW}
        return self.save(Action(**(defaults | values)))

    def _recipients(self, customer: Customer, key: str) -> list[dict[str, Any]]:
        def kept(contact: Contact) -> dict[str, Any]:
            return {key: getattr(contact, key)}

        with self.db.read() as session:
            contacts = session.scalars(select(Contact).where(Contact.customer_id == customer.id, Contact.is_main)).all()
            return [{"contact_id": c.id, "name": f"{c.first_name} {c.last_name}", **kept(c)} for c in contacts]

    def suppression(self, address: str, **values: Any) -> Suppression:
        """Make a suppression of an address, of an email unless `channel` says otherwise."""
        defaults = {
            "workspace_id": self.workspace_id,
            "channel": "email",
            "address": fold_address(address),
            "cause": "opt_out",
            "created_at": NOW,
        }
        return self.save(Suppression(**(defaults | values)))


_REASONS = {
    ActionState.QUEUED: Reason.FROZEN,
    ActionState.SENDING: Reason.CLAIMED,
    ActionState.SENT: Reason.ACCEPTED,
    ActionState.DELIVERED: Reason.DELIVERED,
    ActionState.MANUAL: Reason.REJECTED,
    ActionState.IGNORED: Reason.DECIDED_IGNORE,
    ActionState.SKIPPED: Reason.PAID,
    ActionState.CANCELLED: Reason.CAMPAIGN_CANCELLED,
}
