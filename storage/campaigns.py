"""Queries on campaigns and their senders. Each change of state is one conditional UPDATE that says from which state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, CursorResult, Executable, and_, bindparam, func, or_, select, update
from sqlalchemy.orm import Session

from bot.domain.access import Scope
from bot.domain.folding import fold, fold_address
from bot.domain.merge import SenderFacts
from bot.domain.states import PUT_OFF, ActionState, CampaignState
from storage.by_dialect import ByDialect
from storage.customer_filter import in_scope
from storage.models import Action, Alias, Campaign, Contact, ContactPosition, Customer, User

FREEZABLE = (CampaignState.SCHEDULED, CampaignState.PAUSED, CampaignState.SENDING)
"""A pause or a start may come before the worker's freeze: the audience must become actions all the same."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A verified identity for From; exactly one of the ids is set."""

    user_id: int | None
    alias_id: int | None
    facts: SenderFacts


def of_creator(
    session: Session, workspace_id: int, creator_id: int, campaign_id: int, *, lock: bool = False
) -> Campaign | None:
    """Return a campaign made by this user, in whatever state; with `lock`, nobody else changes it meanwhile."""
    wanted = {"workspace_id": workspace_id, "creator_id": creator_id, "campaign_id": campaign_id}
    return session.scalar(_OF_CREATOR_LOCKED if lock else _OF_CREATOR, wanted)


# made once: every click on a draft asks one of them
_OF_CREATOR = select(Campaign).where(
    Campaign.workspace_id == bindparam("workspace_id", type_=BigInteger),
    Campaign.creator_id == bindparam("creator_id", type_=BigInteger),
    Campaign.id == bindparam("campaign_id", type_=BigInteger),
)
_OF_CREATOR_LOCKED = _OF_CREATOR.with_for_update()


def launched(session: Session, workspace_id: int, campaign_id: int) -> Campaign | None:
    """Return a campaign of the workspace that is no draft (any more)."""
    drafts_only = [CampaignState.DRAFT.value, CampaignState.DISCARDED.value]
    return session.scalar(
        select(Campaign)
        .where(Campaign.workspace_id == workspace_id, Campaign.id == campaign_id, Campaign.state.not_in(drafts_only))
        .execution_options(populate_existing=True)
    )


def kept_by_undo(session: Session, campaign: Campaign) -> int | None:
    """Return the draft that Undo of this campaign made, while it is a draft.

    Undo cancels and copies in one transaction, at one and the same microsecond: nothing else links the two.
    """
    return session.scalar(
        select(Campaign.id).where(
            Campaign.workspace_id == campaign.workspace_id,
            Campaign.creator_id == campaign.creator_id,
            Campaign.state == CampaignState.DRAFT.value,
            Campaign.created_at == campaign.cancelled_at,
        )
    )


def by_id(session: Session, campaign_id: int) -> Campaign:
    """Return a campaign of whatever workspace: for the worker, which acts on nobody's behalf."""
    return session.scalars(select(Campaign).where(Campaign.id == campaign_id)).one()


def late(session: Session, *, before: datetime) -> list[int]:
    """Return the campaigns, of every workspace, with an action that was to go out before `before`.

    One is late that nobody has tried since it was due, or that was tried and put off in a campaign that began before;
    and whatever is in a campaign that no worker has started.
    """
    untried = and_(Action.attempts == 0, Action.due_at < before)
    put_off = and_(Action.reason.in_([reason.value for reason in PUT_OFF]), Campaign.starts_at < before)
    query = (
        select(Action.campaign_id)
        .join(Campaign, Campaign.id == Action.campaign_id)
        .where(Action.state == ActionState.QUEUED.value, or_(untried, put_off))
        .where(Campaign.state == CampaignState.SENDING.value, Campaign.updated_at < before)
    )
    unstarted = select(Campaign.id).where(Campaign.state == CampaignState.SCHEDULED.value, Campaign.starts_at < before)
    return sorted({*session.scalars(query.distinct()), *session.scalars(unstarted)})


def free_name(session: Session, workspace_id: int, creator_id: int, name: str) -> str:
    """Return `name`, or "name (2)" and so on where the creator has such a campaign or draft already."""
    taken = set(
        session.scalars(
            select(Campaign.name).where(
                Campaign.workspace_id == workspace_id,
                Campaign.creator_id == creator_id,
                Campaign.name.startswith(name, autoescape=True),
                Campaign.state != CampaignState.DISCARDED.value,
            )
        )
    )
    numbered = (f"{name} ({n})" for n in count(2))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def add(session: Session, campaign: Campaign) -> int:
    """Add a campaign and return its id."""
    session.add(campaign)
    session.flush()
    return campaign.id


def save_draft(session: Session, campaign: Campaign, values: dict[str, Any], *, now: datetime) -> bool:
    """Write `values` into a draft unless it was changed or sent since it was read; say whether they were written.

    The version that `campaign` was read with is the fence; it grows by one. `campaign` is read afresh.
    """
    query = _at_version(campaign, campaign.version).values(version=Campaign.version + 1, updated_at=now, **values)
    return _moved(session, query, campaign)


def launch(session: Session, campaign: Campaign, *, version: int, starts_at: datetime, now: datetime) -> bool:
    """Move a draft at `version` to scheduled; False when another Send, a change or a discard was there first."""
    query = _at_version(campaign, version).values(
        state=CampaignState.SCHEDULED.value,
        version=Campaign.version + 1,
        launched_at=now,
        starts_at=starts_at,
        updated_at=now,
    )
    return _moved(session, query, campaign)


def discard(session: Session, campaign: Campaign, *, now: datetime) -> bool:
    """Throw a draft away; False when it is no draft any more."""
    query = (
        update(Campaign)
        .where(Campaign.id == campaign.id, Campaign.state == CampaignState.DRAFT.value)
        .values(state=CampaignState.DISCARDED.value, updated_at=now)
    )
    return _moved(session, query, campaign)


def unfrozen(session: Session) -> list[int]:
    """Return the ids of the campaigns, of every workspace, whose audience is still to become actions."""
    query = select(Campaign.id).where(*_unfrozen(None))
    return list(session.scalars(query.order_by(Campaign.starts_at, Campaign.id)))


def to_freeze(session: Session, campaign_id: int, *, as_of: datetime | None = None) -> Campaign | None:
    """Return a launched campaign whose audience is still to become actions, read afresh; else None.

    With `as_of` None, too, when it was changed since.
    """
    query = select(Campaign).where(Campaign.id == campaign_id, *_unfrozen(as_of))
    return session.scalar(query.execution_options(populate_existing=True))


def _unfrozen(as_of: datetime | None) -> list[ColumnElement[bool]]:
    states = [state.value for state in FREEZABLE]
    same = [] if as_of is None else [Campaign.updated_at == as_of]
    return [Campaign.frozen_at.is_(None), Campaign.state.in_(states), *same]


def freeze(session: Session, campaign_id: int, *, now: datetime, as_of: datetime | None = None) -> Campaign | None:
    """Note that a launched campaign is frozen, once: None when another worker did, or it was cancelled meanwhile.

    With `as_of` None, too, when it was changed since in any other way.
    """
    query = (
        update(Campaign)
        .where(Campaign.id == campaign_id, *_unfrozen(as_of))
        .values(frozen_at=now, updated_at=now)
        .execution_options(synchronize_session=False)
    )
    taken: CursorResult[Any] = session.execute(query)  # type: ignore[assignment]
    return session.get(Campaign, campaign_id, populate_existing=True) if taken.rowcount else None


def set_left_out(session: Session, campaign_id: int, counts: dict[str, int]) -> None:
    """Store how many customers were left out at Send, by reason."""
    session.execute(update(Campaign).where(Campaign.id == campaign_id).values(left_out=counts))


def actions_of(session: Session, campaign: Campaign) -> int:
    """Count the actions of a campaign, in whatever state."""
    return session.scalar(select(func.count()).select_from(Action).where(Action.campaign_id == campaign.id)) or 0


def sender_of(session: Session, campaign: Campaign) -> Sender | None:
    """Return the campaign's sender, or None when none is chosen or its address is not (any longer) verified."""
    if campaign.sender_user_id is not None:
        return sender(session, campaign.workspace_id, user_id=campaign.sender_user_id)
    if campaign.sender_alias_id is not None:
        return sender(session, campaign.workspace_id, alias_id=campaign.sender_alias_id)
    return None


def sender(
    session: Session, workspace_id: int, *, user_id: int | None = None, alias_id: int | None = None
) -> Sender | None:
    """Return one verified user or alias as a sender, or None."""
    if user_id is not None:
        rows = _USER.run(session, workspace_id=workspace_id, user_id=user_id)
        return next((Sender(user_id, None, SenderFacts(n, fold_address(e), s)) for n, e, s in rows), None)
    alias = session.scalar(_verified_aliases(workspace_id).where(Alias.id == alias_id))
    return _from_alias(alias) if alias else None


def _user(_sqlite: bool) -> Executable:
    user = select(User.name, User.email, User.signature)
    wanted = User.id == bindparam("user_id", type_=BigInteger)
    return user.where(*_verified(bindparam("workspace_id", type_=BigInteger)), wanted)


_USER = ByDialect(_user)


def senders(session: Session, workspace_id: int, text: str, limit: int) -> list[Sender]:
    """Return the verified users and aliases whose name or address contains `text`, aliases first."""
    aliases = [_from_alias(row) for row in session.scalars(_verified_aliases(workspace_id).order_by(Alias.email))]
    users = [_from_user(row) for row in session.scalars(_verified_users(workspace_id).order_by(User.name, User.id))]
    wanted = fold(text)
    found = (s for s in (*aliases, *users) if wanted in fold(f"{s.facts.name} {s.facts.email}"))
    return list(found)[:limit]


def positions(session: Session, scope: Scope) -> Sequence[str]:
    """Return the contact positions in use at the customers in scope, the most frequent first."""
    if scope.account_manager_id is None:  # of the whole workspace they are counted by their index alone
        return [position for (position,) in _POSITIONS.run(session, workspace_id=scope.workspace_id)]
    query = select(ContactPosition.position).where(ContactPosition.workspace_id == scope.workspace_id)
    query = query.join(Contact, Contact.id == ContactPosition.contact_id)
    query = query.join(Customer, Customer.id == Contact.customer_id).where(in_scope(scope))
    return session.scalars(query.group_by(ContactPosition.position).order_by(*_MOST_FREQUENT)).all()


_MOST_FREQUENT = func.count().desc(), ContactPosition.position


def _positions(_sqlite: bool) -> Executable:
    position = ContactPosition.position
    ours = ContactPosition.workspace_id == bindparam("workspace_id", type_=BigInteger)
    return select(position).where(ours).group_by(position).order_by(*_MOST_FREQUENT)


_POSITIONS = ByDialect(_positions)


def names_of(session: Session, workspace_id: int, message_ids: Sequence[str]) -> dict[str, str]:
    """Return the campaign's name by the id of a message, as providers know it: its Message-ID, or the provider's id."""
    query = (
        select(Action.message_id, Action.provider_id, Campaign.name)
        .join(Campaign, Campaign.id == Action.campaign_id)
        .where(
            Action.workspace_id == workspace_id,
            or_(Action.message_id.in_(message_ids), Action.provider_id.in_(message_ids)),
        )
    )
    found = session.execute(query).all()
    return {row.message_id: row.name for row in found} | {row.provider_id: row.name for row in found if row.provider_id}


def _verified_users(workspace_id: int) -> Any:
    return select(User).where(*_verified(workspace_id))


def _verified(workspace_id: Any) -> list[ColumnElement[bool]]:
    return [User.workspace_id == workspace_id, User.email_verified, User.email.is_not(None), User.email != ""]


def _verified_aliases(workspace_id: int) -> Any:
    return select(Alias).where(Alias.workspace_id == workspace_id, Alias.verified_at.is_not(None))


def _from_user(user: User) -> Sender:
    return Sender(user.id, None, SenderFacts(user.name, fold_address(user.email or ""), user.signature))


def _from_alias(alias: Alias) -> Sender:
    return Sender(None, alias.id, SenderFacts(alias.name, fold_address(alias.email), alias.signature))


def _at_version(campaign: Campaign, version: int) -> Any:
    return update(Campaign).where(
        Campaign.id == campaign.id, Campaign.state == CampaignState.DRAFT.value, Campaign.version == version
    )


def _moved(session: Session, query: Any, campaign: Campaign) -> bool:
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        query.execution_options(synchronize_session=False)
    )
    session.refresh(campaign)
    return moved.rowcount == 1
