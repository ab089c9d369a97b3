"""Workspaces, their settings, users and aliases."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.domain.access import Position, Role
from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, Json, one_of, referable, within_workspace


class Workspace(Base):
    """One Slack team and its data."""

    __tablename__ = "workspaces"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    team_id: Mapped[str] = mapped_column(String(32), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    organisation_name: Mapped[str] = mapped_column(String(200))
    locale: Mapped[str] = mapped_column(String(20))
    currency: Mapped[str] = mapped_column(String(3))
    time_zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Setting(InWorkspace, Base):
    """One setting that admins changed in Slack; what is not here has its default."""

    __tablename__ = "settings"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    key: Mapped[str] = mapped_column(String(64))
    value: Mapped[Any] = mapped_column(Json)


class User(InWorkspace, Base):
    """A Slack person known to the bot, or an account manager known from an import by email alone.

    `role` is empty for somebody without access; `slack_user_id` is empty until the person is first seen in Slack with
    the same confirmed email. `email` is lower case; `email_verified` says that Slack confirmed it.
    """

    __tablename__ = "users"
    __table_args__ = (
        referable(),
        UniqueConstraint("workspace_id", "slack_user_id"),
        UniqueConstraint("workspace_id", "email"),
        CheckConstraint("slack_user_id IS NOT NULL OR email IS NOT NULL", name="known_by"),
        CheckConstraint("role IS NULL OR slack_user_id IS NOT NULL", name="role_needs_slack"),
        one_of("role", Role),
        one_of("position", Position),
    )

    slack_user_id: Mapped[str | None] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(320))
    email_verified: Mapped[bool] = mapped_column(default=False)
    role: Mapped[str | None] = mapped_column(String(20))
    position: Mapped[str] = mapped_column(String(20), default=Position.FINANCE.value)
    signature: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str | None] = mapped_column(String(64))
    dm_channel_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    refreshed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Alias(InWorkspace, Base):
    """A shared address that may be the sender once a code mailed to it came back."""

    __tablename__ = "aliases"
    __table_args__ = (
        referable(),
        UniqueConstraint("workspace_id", "email"),
        within_workspace("created_by", "users"),
    )

    email: Mapped[str] = mapped_column(String(320))
    name: Mapped[str] = mapped_column(String(200))
    signature: Mapped[str] = mapped_column(Text, default="")
    verified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_nonce: Mapped[str | None] = mapped_column(String(64))
    code_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    code_attempts: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
