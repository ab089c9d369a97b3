"""Queries on addresses that must not be contacted."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from bot.domain.folding import fold_address
from storage.models import Suppression

OPT_OUT = "opt_out"
"""The recipient said so: by STOP, or by what the provider knows of them."""
HARD_BOUNCE = "hard_bounce"
"""A mail server said that the address is dead."""
SOFT_BOUNCES = "soft_bounces"
"""Messages came back again and again (bot.domain.bounces.SOFT_LIMIT)."""
COMPLAINT = "complaint"
"""The recipient called a message spam."""


def holds(session: Session, workspace_id: int, channel: str, address: str) -> bool:
    """Say whether `address` (in the form of bot.domain.folding.fold_address) must not be contacted on this channel."""
    query = select(Suppression.id).where(
        Suppression.workspace_id == workspace_id, Suppression.channel == channel, Suppression.address == address
    )
    return session.scalar(query) is not None


def add(
    session: Session, workspace_id: int, channel: str, address: str, *, cause: str, note: str = "", now: datetime
) -> bool:
    """Suppress an address on a channel; False when it is suppressed already, and then the first cause stays."""
    if holds(session, workspace_id, channel, fold_address(address)):
        return False
    session.add(
        Suppression(
            workspace_id=workspace_id,
            channel=channel,
            address=fold_address(address),
            cause=cause,
            note=note[:500],
            created_at=now,
        )
    )
    session.flush()
    return True


def lift(session: Session, workspace_id: int, channel: str, address: str, *, cause: str) -> bool:
    """End the suppression of an address if this was its cause; False when there is none such."""
    found = session.execute(
        delete(Suppression)
        .where(
            Suppression.workspace_id == workspace_id,
            Suppression.channel == channel,
            Suppression.address == fold_address(address),
            Suppression.cause == cause,
        )
        .returning(Suppression.id)
    )
    return found.first() is not None
