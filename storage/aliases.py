"""Queries on aliases."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from bot.domain.folding import fold_address
from storage.models import Alias, Campaign


def all_of(session: Session, workspace_id: int) -> list[Alias]:
    """Return the workspace's aliases, by address."""
    return list(session.scalars(select(Alias).where(Alias.workspace_id == workspace_id).order_by(Alias.email)))


def by_id(session: Session, workspace_id: int, alias_id: int) -> Alias | None:
    """Return one alias of the workspace."""
    return session.scalar(select(Alias).where(Alias.workspace_id == workspace_id, Alias.id == alias_id))


def by_email(session: Session, workspace_id: int, email: str) -> Alias | None:
    """Return the alias with this address, whatever its case."""
    return session.scalar(select(Alias).where(Alias.workspace_id == workspace_id, Alias.email == fold_address(email)))


def is_used(session: Session, workspace_id: int, alias_id: int) -> bool:
    """Say whether any campaign, past ones too, has the alias as its sender: its name is still shown there."""
    used = exists().where(Campaign.workspace_id == workspace_id, Campaign.sender_alias_id == alias_id)
    return bool(session.scalar(select(used)))
