"""Questions on drafts that every click asks: which there are, whom one goes to (in words made once: by_dialect)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Executable, Integer, bindparam, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.orm import Session

from bot.domain.states import CampaignState
from storage.by_dialect import ByDialect, as_json, as_moment
from storage.db import UtcDateTime
from storage.models import Campaign
from storage.models.base import Json


@dataclass(frozen=True, slots=True)
class Listed:
    """A draft in a list; `audience` is the rule as JSON."""

    id: int
    name: str
    updated_at: datetime
    channel: str
    audience: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chosen:
    """Whom a campaign goes to: the rule as JSON, and the state and version that it was read in."""

    state: str
    version: int
    audience: dict[str, Any]


def _mine() -> list[ColumnElement[bool]]:
    wanted = bindparam("workspace_id", type_=BigInteger), bindparam("creator_id", type_=BigInteger)
    return [Campaign.workspace_id == wanted[0], Campaign.creator_id == wanted[1]]


def _this() -> list[ColumnElement[bool]]:
    return [*_mine(), Campaign.id == bindparam("campaign_id", type_=BigInteger)]


def _latest(_sqlite: bool) -> Executable:
    c = Campaign
    listed = select(c.id, c.name, c.updated_at, c.channel, c.audience).where(
        *_mine(), c.state == CampaignState.DRAFT.value
    )
    return listed.order_by(c.updated_at.desc(), c.id.desc()).limit(bindparam("most", type_=Integer))


def _chosen(*, lock: bool) -> Callable[[bool], Executable]:
    query = select(Campaign.state, Campaign.version, Campaign.audience).where(*_this())
    return lambda _sqlite: query.with_for_update() if lock else query


def _set_audience(_sqlite: bool) -> Executable:
    changed = update(Campaign.__table__).where(  # type: ignore[arg-type]
        *_this(),
        Campaign.state == CampaignState.DRAFT.value,
        Campaign.version == bindparam("seen", type_=Integer),
    )
    return changed.values(
        version=Campaign.version + 1,
        audience=bindparam("rule", type_=Json),
        updated_at=bindparam("now", type_=UtcDateTime()),
    )


_LATEST, _CHOSEN, _CHOSEN_LOCKED = ByDialect(_latest), ByDialect(_chosen(lock=False)), ByDialect(_chosen(lock=True))
_SET_AUDIENCE = ByDialect(_set_audience)


def latest(connection: Connection, workspace_id: int, creator_id: int, limit: int) -> list[Listed]:
    """Return the user's drafts, the latest touched first."""
    rows = _LATEST.run(connection, workspace_id=workspace_id, creator_id=creator_id, most=limit)
    return [Listed(row[0], row[1], as_moment(row[2]), row[3], as_json(row[4])) for row in rows]


def chosen(
    session: Session | Connection, workspace_id: int, creator_id: int, campaign_id: int, *, lock: bool = False
) -> Chosen | None:
    """Return whom a campaign of this user's goes to, in whatever state it is; `lock` keeps others from changing it."""
    query = _CHOSEN_LOCKED if lock else _CHOSEN
    rows = query.run(session, workspace_id=workspace_id, creator_id=creator_id, campaign_id=campaign_id)
    return next((Chosen(state, version, as_json(rule)) for state, version, rule in rows), None)


def set_audience(
    session: Session,
    workspace_id: int,
    creator_id: int,
    campaign_id: int,
    audience: dict[str, Any],
    *,
    seen: int,
    now: datetime,
) -> None:
    """Write whom a draft goes to, unless it was changed or sent since version `seen`, which grows by one."""
    _SET_AUDIENCE.run(
        session,
        workspace_id=workspace_id,
        creator_id=creator_id,
        campaign_id=campaign_id,
        rule=json.dumps(audience),
        seen=seen,
        now=now,
    )
