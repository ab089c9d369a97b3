"""What happened with one customer, newest first: messages, answers, and suppressions of its contacts' addresses."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Select, and_, false, func, literal, or_, select, union_all
from sqlalchemy.orm import Session

from bot.domain.access import Scope
from bot.domain.money import Money, by_currency
from bot.domain.states import ActionState, Reason
from storage.customer_filter import in_scope
from storage.db import UtcDateTime
from storage.models import (
    Action,
    Assignment,
    Campaign,
    Customer,
    Invoice,
    InvoiceStatus,
    Reply,
    SuppressionEvent,
    SuppressionHistory,
    User,
)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: whose campaign, and where it stands."""

    at: datetime
    campaign: str
    creator: str
    channel: str
    state: ActionState
    reason: Reason
    detail: str | None


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer of the customer; `kind` is a storage.models.ReplyKind."""

    at: datetime
    channel: str
    kind: str
    body: str


@dataclass(frozen=True, slots=True)
class Stopped:
    """One event of a suppressed address; `by` is the admin's name, None where nobody of ours did it."""

    at: datetime
    channel: str
    address: str
    event: SuppressionEvent
    cause: str
    note: str
    by: str | None


Entry = Sent | Answered | Stopped

Addresses = Mapping[str, Collection[str]]
"""By channel, in the form of bot.domain.folding.fold_address."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a customer stands today: `disputed` and `promised` count open invoices, `promised_on` is the next day."""

    id: int
    name: str
    group: str | None
    external_id: str
    country: str | None
    outstanding: tuple[Money, ...]
    paused_until: date | None
    account_managers: tuple[str, ...]
    disputed: int
    promised: int
    promised_on: date | None


def standing(session: Session, scope: Scope, customer_id: int, today: date) -> Standing | None:
    """Return how a customer stands; None for one that is not there or not in scope."""
    customer = session.scalar(select(Customer).where(in_scope(scope), Customer.id == customer_id))
    if customer is None:
        return None
    mine = (Invoice.workspace_id == scope.workspace_id, Invoice.customer_id == customer.id, Invoice.outstanding > 0)
    owed = select(Invoice.currency, func.sum(Invoice.outstanding)).where(*mine).group_by(Invoice.currency)
    disputed = select(func.count()).select_from(Invoice).where(*mine, Invoice.status == InvoiceStatus.DISPUTED.value)
    promised = select(func.count(), func.min(Invoice.promised_on)).where(*mine, Invoice.promised_on >= today)
    count, day = session.execute(promised).one()
    managers = (
        select(User.name)
        .join(Assignment, Assignment.user_id == User.id)
        .where(Assignment.workspace_id == scope.workspace_id, Assignment.customer_id == customer.id)
    )
    return Standing(
        id=customer.id,
        name=customer.name,
        group=customer.group_name,
        external_id=customer.external_id,
        country=customer.country,
        outstanding=by_currency(Money(int(amount), currency) for currency, amount in session.execute(owed)),
        paused_until=customer.paused_until if customer.paused_until and customer.paused_until > today else None,
        account_managers=tuple(session.scalars(managers.order_by(User.name))),
        disputed=session.scalar(disputed) or 0,
        promised=count,
        promised_on=day,
    )


def count(session: Session, scope: Scope, customer_id: int, addresses: Addresses) -> int:
    """Count what happened with a customer."""
    everything = _everything(scope, customer_id, addresses).subquery()
    return session.scalar(select(func.count()).select_from(everything)) or 0


def page(
    session: Session, scope: Scope, customer_id: int, addresses: Addresses, *, offset: int, limit: int
) -> list[Entry]:
    """Return one page of what happened with a customer, newest first.

    The caller has looked the customer up in the scope, and `addresses` are its contacts'.
    """
    everything = _everything(scope, customer_id, addresses).subquery()
    newest = select(everything).order_by(everything.c.at.desc(), everything.c.kind.desc(), everything.c.id.desc())
    rows = session.execute(newest.offset(offset).limit(limit)).all()
    found: dict[tuple[str, int], Entry] = {
        **_sent(session, scope, [row.id for row in rows if row.kind == "sent"]),
        **_answered(session, scope, [row.id for row in rows if row.kind == "answered"]),
        **_stopped(session, scope, [row.id for row in rows if row.kind == "stopped"]),
    }
    return [found[row.kind, row.id] for row in rows]


def _everything(scope: Scope, customer_id: int, addresses: Addresses) -> Select[str, int, datetime]:
    visible = select(Customer.id).where(in_scope(scope), Customer.id == customer_id)
    began = func.coalesce(Action.sent_at, Action.created_at, type_=UtcDateTime)
    sent = select(literal("sent").label("kind"), Action.id.label("id"), began.label("at"))
    answered = select(literal("answered"), Reply.id, Reply.received_at)
    stopped = select(literal("stopped"), SuppressionHistory.id, SuppressionHistory.at)
    of = scope.workspace_id
    everything = union_all(
        sent.where(Action.workspace_id == of, Action.customer_id.in_(visible)),
        answered.where(Reply.workspace_id == of, Reply.customer_id.in_(visible)),
        stopped.where(SuppressionHistory.workspace_id == of, _is_one(addresses)),
    ).subquery()
    return select(everything.c.kind, everything.c.id, everything.c.at)


def _is_one(addresses: Addresses) -> ColumnElement[bool]:
    same = [
        and_(SuppressionHistory.channel == channel, SuppressionHistory.address.in_(sorted(those)))
        for channel, those in addresses.items()
        if those
    ]
    return or_(*same) if same else false()


def _sent(session: Session, scope: Scope, ids: Iterable[int]) -> dict[tuple[str, int], Entry]:
    query = (
        select(Action, Campaign.name, User.name)
        .join(Campaign, Campaign.id == Action.campaign_id)
        .join(User, User.id == Campaign.creator_id)
        .where(Action.workspace_id == scope.workspace_id, Action.id.in_(list(ids)))
    )
    return {
        ("sent", row.id): Sent(
            row.sent_at or row.created_at,
            campaign,
            creator,
            row.channel,
            ActionState(row.state),
            Reason(row.reason),
            row.detail,
        )
        for row, campaign, creator in session.execute(query)
    }


def _answered(session: Session, scope: Scope, ids: Iterable[int]) -> dict[tuple[str, int], Entry]:
    query = select(Reply).where(Reply.workspace_id == scope.workspace_id, Reply.id.in_(list(ids)))
    return {
        ("answered", row.id): Answered(row.received_at, row.channel, row.kind, row.body)
        for row in session.scalars(query)
    }


def _stopped(session: Session, scope: Scope, ids: Iterable[int]) -> dict[tuple[str, int], Entry]:
    query = (
        select(SuppressionHistory, User.name)
        .outerjoin(User, User.id == SuppressionHistory.user_id)
        .where(SuppressionHistory.workspace_id == scope.workspace_id, SuppressionHistory.id.in_(list(ids)))
    )
    return {
        ("stopped", row.id): Stopped(
            row.at, row.channel, row.address, SuppressionEvent(row.event), row.cause, row.note, by
        )
        for row, by in session.execute(query)
    }
