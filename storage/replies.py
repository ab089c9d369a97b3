"""Queries on what customers answer."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Text, cast, select
from sqlalchemy.orm import Session

from storage.models import Action, Contact, Reply, ReplyKind, Workspace


@dataclass(frozen=True, slots=True)
class Author:
    """Who most likely wrote: the customer, and the latest message of ours to that address."""

    workspace_id: int
    customer_id: int | None
    action_id: int | None


def workspaces_of(session: Session) -> list[int]:
    """Return every workspace of this install, the oldest first: they share the number that was answered."""
    return list(session.scalars(select(Workspace.id).order_by(Workspace.id)))


def author_of(session: Session, channel: str, key: str, address: str) -> Author | None:
    """Return who was written to at this address last, else whose contact has it; `key` is the recipients' key.

    An answer may concern any workspace, so all are looked through; there are few answers.
    """
    latest = session.scalars(
        select(Action)
        .where(Action.channel == channel, Action.sent_at.is_not(None))
        .where(cast(Action.recipients, Text).contains(json.dumps(address), autoescape=True))
        .order_by(Action.sent_at.desc(), Action.id.desc())
        .limit(1)
    ).first()
    if latest is not None:
        return Author(latest.workspace_id, latest.customer_id, latest.id)
    contact = session.scalars(
        select(Contact).where(getattr(Contact, key) == address).order_by(Contact.is_main.desc(), Contact.id).limit(1)
    ).first()
    return Author(contact.workspace_id, contact.customer_id, None) if contact else None


def keep(
    session: Session,
    author: Author,
    *,
    channel: str,
    kind: ReplyKind,
    address: str,
    body: str,
    provider_id: str,
    now: datetime,
) -> bool:
    """Keep an answer; False when it was kept before."""
    known = select(Reply.id).where(
        Reply.workspace_id == author.workspace_id, Reply.channel == channel, Reply.provider_id == provider_id
    )
    if session.scalar(known) is not None:
        return False
    session.add(
        Reply(
            workspace_id=author.workspace_id,
            customer_id=author.customer_id,
            action_id=author.action_id,
            channel=channel,
            kind=kind.value,
            address=address,
            body=body,
            provider_id=provider_id,
            received_at=now,
        )
    )
    session.flush()
    return True
