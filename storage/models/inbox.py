"""What comes back: receipts of providers, and what customers answer."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, one_of, within_workspace


class ProviderReceipt(InWorkspace, Base):
    """What a provider reported of one action, in its own words; each status of a message is kept once.

    Of emails `provider_id` is the Message-ID of the mail that came back, `status` a bot.domain.bounces.MailStatus, and
    `recipient` the address it speaks of, folded (empty where it names none); `detail` holds the server's words.

    `applied_at` is empty until the action has moved by it, or needed not to: a receipt may come before our own call to
    the provider is settled.
    """

    __tablename__ = "provider_receipts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "provider_id", "status", "recipient"),
        within_workspace("action_id", "actions", on_delete="CASCADE"),
        Index("ix_provider_receipts_action", "action_id"),
        Index(
            "ix_provider_receipts_recipient",
            "workspace_id",
            "recipient",
            sqlite_where=text("recipient <> ''"),
            postgresql_where=text("recipient <> ''"),
        ),
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
    recipient: Mapped[str] = mapped_column(String(320), default="", server_default="")
    detail: Mapped[str | None] = mapped_column(Text)
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


class Mailbox(Base):
    """A folder that bounces are read from, for all workspaces: one reader at a time, and how far it has come.

    `uid_validity` and `last_uid` are IMAP's (RFC 3501, 2.3.1.1): a folder with another validity is read anew, and what
    was kept of it before changes nothing a second time.
    """

    __tablename__ = "mailboxes"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    """User, host and folder (bot.channels.imap.ImapTarget.key)."""
    uid_validity: Mapped[int | None] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """The next look: after the usual interval, or later and later while it can't be read."""
    claim_token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    failures: Mapped[int] = mapped_column(default=0)
    """Looks in a row that failed."""
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    """When admins were told of those."""
