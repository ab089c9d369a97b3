"""What our own people are to be told: living messages and notices in Slack, and mails to themselves."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, Json, one_of, referable, within_workspace


class NotificationKind(StrEnum):
    """What a notification says."""

    CAMPAIGN = "campaign"
    """The one living message of a campaign, in its creator's DM; redrawn whenever `version` is ahead."""
    MISSED_SCHEDULE = "missed_schedule"
    DELAYED = "delayed"
    SENDER_LOGIN = "sender_login"
    MAILBOX = "mailbox"
    """The mailbox of bounces can't be read. To admins, of no campaign; `detail` says why."""


class Notification(InWorkspace, Base):
    """One Slack message to one user: `version` is what should be seen, `drawn_version` what is.

    All but the living message are posted once, in the thread of the living message, and never redrawn. `campaign_id` is
    empty where it is about no campaign; then `detail` has what is to be said.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("campaign_id", "kind", "user_id"),
        within_workspace("campaign_id", "campaigns", on_delete="CASCADE"),
        within_workspace("user_id", "users", on_delete="CASCADE"),
        one_of("kind", NotificationKind),
        CheckConstraint("drawn_version <= version", name="drawn_not_ahead"),
        CheckConstraint("campaign_id IS NOT NULL OR detail IS NOT NULL", name="says_something"),
        Index(
            "ix_notifications_behind",
            "due_at",
            sqlite_where=text("drawn_version < version"),
            postgresql_where=text("drawn_version < version"),
        ),
    )

    campaign_id: Mapped[int | None] = mapped_column(BigId)
    user_id: Mapped[int] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(40))
    detail: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    drawn_version: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """Not to be drawn before: keeps redraws within Slack's rate and spaces retries."""
    attempts: Mapped[int] = mapped_column(default=0)
    claim_token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    posting_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """Committed before the first post: after a crash the message is looked for before it is posted again."""
    channel_id: Mapped[str | None] = mapped_column(String(32))
    ts: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SystemMailKind(StrEnum):
    """What a mail to our own people is for."""

    TEST = "test"
    ALIAS_CODE = "alias_code"


class SystemMailState(StrEnum):
    """Where a mail to our own people stands; a crash in the call leaves it `sending`, which ends as failed."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"


class SystemMail(InWorkspace, Base):
    """A mail to one of us: a test of a campaign, or the code that verifies an alias."""

    __tablename__ = "system_mails"
    __table_args__ = (
        referable(),
        within_workspace("requested_by", "users", on_delete="CASCADE"),
        one_of("kind", SystemMailKind),
        one_of("state", SystemMailState),
        CheckConstraint("(state = 'sending') = (lease_until IS NOT NULL)", name="lease_while_sending"),
        Index("ix_system_mails_due", "state", "due_at"),
    )

    kind: Mapped[str] = mapped_column(String(20))
    requested_by: Mapped[int] = mapped_column(BigId)
    to_address: Mapped[str] = mapped_column(String(320))
    subject_id: Mapped[int] = mapped_column(BigId)
    """The campaign of a test, or the alias of a code."""
    payload: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """A test: {"customer_id": ...}. A code: {}: the code itself is derived when it is mailed."""
    state: Mapped[str] = mapped_column(String(20), default=SystemMailState.QUEUED.value)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    detail: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
