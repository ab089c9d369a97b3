"""Queries on workspaces."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Executable, bindparam, select
from sqlalchemy.orm import Session

from storage.by_dialect import ByDialect
from storage.models import Workspace


def by_team(session: Session, team_id: str) -> Workspace | None:
    """Return the workspace of a Slack team."""
    return session.scalar(select(Workspace).where(Workspace.team_id == team_id))


def get(session: Session, workspace_id: int) -> Workspace:
    """Return one workspace; raise NoResultFound where there is none."""
    return session.scalars(select(Workspace).where(Workspace.id == workspace_id)).one()


def _time_zone(_sqlite: bool) -> Executable:
    return select(Workspace.time_zone).where(Workspace.id == bindparam("workspace_id", type_=BigInteger))


_TIME_ZONE = ByDialect(_time_zone)


def time_zone(session: Session, workspace_id: int) -> str:
    """Return the IANA time zone of a workspace; what day it is is asked with nearly every click."""
    zone: str = _TIME_ZONE.run(session, workspace_id=workspace_id)[0][0]
    return zone


def sole(session: Session) -> Workspace | None:
    """Return the workspace where there is exactly one, else None."""
    rows = session.scalars(select(Workspace).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def add(
    session: Session,
    *,
    team_id: str,
    name: str,
    organisation_name: str,
    locale: str,
    currency: str,
    time_zone: str,
    now: datetime,
) -> Workspace:
    """Add a workspace; the unique key on `team_id` refuses a second one."""
    row = Workspace(
        team_id=team_id,
        name=name[:200],
        organisation_name=organisation_name,
        locale=locale,
        currency=currency,
        time_zone=time_zone,
        created_at=now,
    )
    session.add(row)
    session.flush()
    return row
