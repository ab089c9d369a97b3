"""Queries on remembered maps: what columns were said to mean, by the shape of the header."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from storage.models import ImportMap


def remembered(session: Session, workspace_id: int) -> dict[str, dict[str, str]]:
    """Return every map of the workspace: shape -> folded heading -> field."""
    query = select(ImportMap.shape, ImportMap.fields).where(ImportMap.workspace_id == workspace_id)
    return {shape: dict(fields) for shape, fields in session.execute(query)}


def remember(session: Session, workspace_id: int, shape: str, fields: Mapping[str, str], *, now: datetime) -> None:
    """Remember what the columns of headers of this shape mean, in place of what was remembered before."""
    key = hashlib.sha256(shape.encode()).hexdigest()
    query = select(ImportMap).where(ImportMap.workspace_id == workspace_id, ImportMap.shape_hash == key)
    row = session.scalar(query)
    if row is None:
        row = ImportMap(workspace_id=workspace_id, shape_hash=key, shape=shape, fields=dict(fields), changed_at=now)
        session.add(row)
    elif row.fields != dict(fields):
        row.fields, row.changed_at = dict(fields), now
    session.flush()
