"""Queries on addresses that must not be contacted."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import Suppression


def holds(session: Session, workspace_id: int, channel: str, address: str) -> bool:
    """Say whether `address` (in the form of bot.domain.folding.fold_address) must not be contacted on this channel."""
    query = select(Suppression.id).where(
        Suppression.workspace_id == workspace_id, Suppression.channel == channel, Suppression.address == address
    )
    return session.scalar(query) is not None
