"""Addresses that must not be contacted, and how each came to be one and ceased to be."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, one_of, within_workspace


class Suppression(InWorkspace, Base):
    """An address that must not be contacted; kept by address, so it holds for every contact that has it."""

    __tablename__ = "suppressions"
    __table_args__ = (UniqueConstraint("workspace_id", "channel", "address"),)

    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(320))
    """In the form of bot.domain.folding.fold_address."""
    cause: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class SuppressionEvent(StrEnum):
    """What happened to an address: suppressed, suppressed already but from now on for another cause, or lifted."""

    ADDED = "added"
    CHANGED = "changed"
    LIFTED = "lifted"


class SuppressionHistory(InWorkspace, Base):
    """One event of one address; kept for good, so that it can always be told who lifted a suppression, and why."""

    __tablename__ = "suppression_history"
    __table_args__ = (
        within_workspace("user_id", "users"),
        one_of("event", SuppressionEvent),
        Index("ix_suppression_history_address", "workspace_id", "channel", "address"),
    )

    channel: Mapped[str] = mapped_column(String(20))
    address: Mapped[str] = mapped_column(String(320))
    event: Mapped[str] = mapped_column(String(20))
    cause: Mapped[str] = mapped_column(String(40))
    """Why the address was suppressed: of a lift, the cause that ended."""
    note: Mapped[str] = mapped_column(String(500))
    user_id: Mapped[int | None] = mapped_column(BigId)
    """The admin; empty where the recipient, a provider or a file did it."""
    at: Mapped[datetime] = mapped_column(UtcDateTime)
