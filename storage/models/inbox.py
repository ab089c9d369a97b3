"""What comes back: receipts of providers, and what customers answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, one_of, within_workspace


class ProviderReceipt(InWorkspace, Base):
    """What a provider reported of one action, in its own words; each status of a message is kept once.

    `applied_at` is empty until the action has moved by it, or needed not to: a receipt may come before our own call to
    the provider is settled.
    """

    __tablename__ = "provider_receipts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "provider_id", "status"),
        within_workspace("action_id", "actions", on_delete="CASCADE"),
        Index("ix_provider_receipts_action", "action_id"),
        Index(
            "ix_provider_receipts_pending",
            "received_at",
            sqlite_where=text("applied_at IS NULL"),
            postgresql_where=text("applied_at IS NULL"),
        ),
    )

    action_id: Mapped[int] = mapped_column(BigId)
    provider_id: Mapped[str] = mapped_column(String(255))
    status: Mapped[str] = mapped_column(String(40))
    error_code: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReplyKind(StrEnum):
    """What an answer is: words for people, or a keyword that the bot acted on."""

    MESSAGE = "message"
    STOP = "stop"
    START = "start"
    HELP = "help"


class Reply(InWorkspace, Base):
    """One answer of a customer; without `customer_id` nobody could tell whose it is."""

    __tablename__ = "replies"
    __table_args__ = (
        UniqueConstraint("workspace_id", "channel", "provider_id"),
        within_workspace("customer_id", "customers", on_delete="CASCADE"),
        within_workspace("action_id", "actions", on_delete="CASCADE"),
        one_of("kind", ReplyKind),
        Index("ix_replies_customer", "customer_id", "received_at"),
    )

    customer_id: Mapped[int | None] = mapped_column(BigId)
    action_id: Mapped[int | None] = mapped_column(BigId)
    """The latest message of ours that it may answer."""
    channel: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(320))
    body: Mapped[str] = mapped_column(Text)
    provider_id: Mapped[str] = mapped_column(String(255))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
