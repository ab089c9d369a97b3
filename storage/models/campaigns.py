"""Campaigns, their actions and the history of those, and saved audiences."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.states import ActionState, CampaignState
from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, Json, one_of, referable, within_workspace


class Campaign(InWorkspace, Base):
    """One creator's run. As a draft it may be incomplete; Send freezes its audience into actions.

    `audience` is the rule (bot.domain.audience.Audience as JSON); `put_back` lists the left-out groups that the creator
    decided to send to all the same; `version` grows with every saved change of the draft, so that two windows can't
    overwrite each other unseen.
    """

    __tablename__ = "campaigns"
    __table_args__ = (
        referable(),
        within_workspace("creator_id", "users"),
        within_workspace("sender_user_id", "users"),
        within_workspace("sender_alias_id", "aliases"),
        one_of("state", CampaignState),
        CheckConstraint("sender_user_id IS NULL OR sender_alias_id IS NULL", name="one_sender"),
        CheckConstraint("state IN ('draft', 'discarded') OR launched_at IS NOT NULL", name="launched"),
        CheckConstraint("state <> 'paused' OR pause_reason IS NOT NULL", name="pause_reason"),
        CheckConstraint("state <> 'completed' OR completed_at IS NOT NULL", name="completed"),
        Index("ix_campaigns_state", "state", "starts_at"),
        Index("ix_campaigns_creator", "workspace_id", "creator_id", "state"),
    )

    creator_id: Mapped[int] = mapped_column(BigId)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    version: Mapped[int] = mapped_column(default=1)
    name: Mapped[str] = mapped_column(String(200))
    sender_user_id: Mapped[int | None] = mapped_column(BigId)
    sender_alias_id: Mapped[int | None] = mapped_column(BigId)
    to_positions: Mapped[list[str]] = mapped_column(Json, default=list)
    cc: Mapped[list[str]] = mapped_column(Json, default=list)
    subject: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    attach_statement: Mapped[bool] = mapped_column(default=False)
    audience: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    put_back: Mapped[list[str]] = mapped_column(Json, default=list)
    send_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """The chosen date and time; empty means now (after the hold)."""
    starts_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the first action may go out: the end of the hold, or `send_at`."""
    launched_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    frozen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When the audience became actions; nothing starts before."""
    pause_reason: Mapped[str | None] = mapped_column(String(40))
    pause_detail: Mapped[str | None] = mapped_column(Text)
    """The provider's words, where a fault paused it."""
    left_out: Mapped[dict[str, int]] = mapped_column(Json, default=dict)
    """Counts of customers left out at Send, by reason."""
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delay_told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Action(InWorkspace, Base):
    """One message of one campaign to one customer, with frozen recipients: a row of the outbox.

    `recipients` is a list of {"contact_id", "name", "email"}, with "phone" in place of "email" on SMS,
    and on letters "postal" (bot.domain.postal.PostalAddress as JSON); `message_id` is
    the RFC 5322 Message-ID, made at Send.
    """

    __tablename__ = "actions"
    __table_args__ = (
        referable(),
        UniqueConstraint("campaign_id", "customer_id"),  # one customer, one action
        UniqueConstraint("message_id"),
        within_workspace("campaign_id", "campaigns"),
        within_workspace("customer_id", "customers"),
        within_workspace("owner_id", "users"),
        one_of("state", ActionState),
        CheckConstraint("(state = 'sending') = (claim_token IS NOT NULL)", name="claimed_while_sending"),
        CheckConstraint("claim_token IS NULL OR lease_until IS NOT NULL", name="claim_has_lease"),
        CheckConstraint("state <> 'queued' OR due_at IS NOT NULL", name="queued_has_due"),
        CheckConstraint("state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL", name="sent_has_time"),
        # what a worker looks for: a campaign's due rows, oldest first; and claims that ran out
        Index(
            "ix_actions_queue",
            "campaign_id",
            "channel",
            "due_at",
            "id",
            sqlite_where=text("state = 'queued'"),
            postgresql_where=text("state = 'queued'"),
        ),
        Index(
            "ix_actions_lease",
            "lease_until",
            sqlite_where=text("state = 'sending'"),
            postgresql_where=text("state = 'sending'"),
        ),
        Index("ix_actions_campaign", "campaign_id", "state", "reason"),
        # the few that people decided, of a campaign of many
        Index(
            "ix_actions_decided",
            "campaign_id",
            "decided_at",
            "id",
            sqlite_where=text("decided_by IS NOT NULL"),
            postgresql_where=text("decided_by IS NOT NULL"),
        ),
        Index("ix_actions_customer", "customer_id"),
        Index("ix_actions_provider", "provider_id"),
        Index("ix_actions_owner", "workspace_id", "owner_id", "state"),
    )

    campaign_id: Mapped[int] = mapped_column(BigId)
    customer_id: Mapped[int] = mapped_column(BigId)
    owner_id: Mapped[int] = mapped_column(BigId)
    channel: Mapped[str] = mapped_column(String(20))
    state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
    """The provider's words, or the refused recipients."""
    recipients: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    cc: Mapped[list[str]] = mapped_column(Json, default=list)
    message_id: Mapped[str] = mapped_column(String(255))
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(default=0)
    """Handoffs so far since the last person's Send."""
    claim_token: Mapped[str | None] = mapped_column(String(36))
    claimed_by: Mapped[str | None] = mapped_column(String(100))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    handed_off_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Committed just before the provider is called; empty again once that attempt is settled as not sent."""
    in_spite_of: Mapped[list[str]] = mapped_column(Json, default=list)
    """What a person agreed to send in spite of: why the customer's group, put back, was left out; empty values."""
    unanswered: Mapped[bool] = mapped_column(default=False, server_default=false())
    """An attempt had no answer and is tried again, because its provider takes a message only once: it may be out."""
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    provider_id: Mapped[str | None] = mapped_column(String(255))
    sent_subject: Mapped[str | None] = mapped_column(Text)
    sent_text: Mapped[str | None] = mapped_column(Text)
    decided_by: Mapped[int | None] = mapped_column(BigId)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ActionHistory(InWorkspace, Base):
    """One transition of one action: who or what, when, why."""

    __tablename__ = "action_history"
    __table_args__ = (
        within_workspace("action_id", "actions", on_delete="CASCADE"),
        Index("ix_action_history_action", "action_id", "id"),
    )

    action_id: Mapped[int] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    event: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str | None] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(String(100))
    """`user:<id>`, or `worker:<name>`."""


class SavedAudience(InWorkspace, Base):
    """An audience rule kept under a name for the next campaign; its owner's alone."""

    __tablename__ = "saved_audiences"
    __table_args__ = (
        UniqueConstraint("workspace_id", "owner_id", "name"),
        within_workspace("owner_id", "users", on_delete="CASCADE"),
    )

    owner_id: Mapped[int] = mapped_column(BigId)
    name: Mapped[str] = mapped_column(String(100))
    audience: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
