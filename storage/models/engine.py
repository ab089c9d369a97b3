"""What workers share: how fast they may send together, and which of them are there."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from storage.db import UtcDateTime
from storage.models.base import Base, Json


class RateToken(Base):
    """One rate limit, kept across workers: `next_at` is the token bucket's moment (bot.domain.rates).

    The key is `<channel>` for all that the channel sends, `<channel>:<workspace>:<sender>` for one sender.
    """

    __tablename__ = "rate_tokens"

    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    next_at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkerSeen(Base):
    """A worker as it last told of itself; nothing is decided by it: claims have tokens and leases of their own."""

    __tablename__ = "workers"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    started_at: Mapped[datetime] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    doing: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Per channel: jobs waiting in memory, connections open, messages in a call."""
