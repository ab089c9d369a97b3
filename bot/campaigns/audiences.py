"""Picking customers: the rule of a draft's audience, what it finds, the list to look through, saved audiences."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from sqlalchemy import and_, or_
from sqlalchemy.orm import Session

from bot.campaigns.drafts import chosen_in, draft_of
from bot.campaigns.selecting import Selecting
from bot.campaigns.views import (
    AudienceView,
    CustomerName,
    CustomerPage,
    CustomerRow,
    FilterChoices,
    PickedView,
    SavedAudienceRow,
)
from bot.domain.access import Caller
from bot.domain.audience import MAX_BY_HAND, Audience, AudienceFilter
from bot.domain.money import Money
from bot.errors import FieldErrors, NotFound, UserError
from storage import audiences, customer_filter, customers, drafts, filter_choices
from storage.customer_filter import Condition
from storage.db import Database, utcnow
from storage.models import Campaign

NAME_LIMIT = 100
MOST_SAVED = 100
AT_ONCE = 5_000
"""Customers that a click may wait for being counted (a few hundredths of a second)."""
_Change = Callable[[Audience], Audience]


def chosen(db: Database, caller: Caller, campaign_id: int) -> Audience:
    """Return the draft's audience as it is written down: quick, for nobody is looked for."""
    with db.look() as connection:
        return chosen_in(connection, caller, campaign_id)[0]


def picked(db: Database, caller: Caller, campaign_id: int) -> PickedView:
    """Return who was picked by hand for the draft, as far as the caller sees them: quick."""
    with db.read() as session:
        return _picked(session, caller, chosen_in(session, caller, campaign_id)[0])


def are_many(db: Database, caller: Caller) -> bool:
    """Say whether the caller sees so many customers that a click does not wait until they are counted: quick."""
    with db.read() as session:
        return customers.exceed(session, caller.scope, AT_ONCE)


def is_anybody(db: Database, caller: Caller, campaign_id: int) -> bool:
    """Say whether the draft's audience holds anybody now; it ends with the first who is found."""
    with db.read() as session:
        audience, _ = chosen_in(session, caller, campaign_id)
        if not audience.may_hold_anybody:
            return False
        if audience.holds_everybody:
            return customers.exceed(session, caller.scope, 0)
        return customers.are_any(session, Selecting.open(session, caller).selected(audience))


def choices(db: Database, caller: Caller) -> FilterChoices:
    """Return what the rarer filters offer."""
    with db.read() as session:
        found = filter_choices.choices(session, caller.scope)
        return FilterChoices(found.countries, found.languages, found.currencies, found.custom_keys)


def set_filter(
    db: Database, caller: Caller, campaign_id: int, wanted: AudienceFilter, *, all_matching: bool | None = None
) -> None:
    """Replace the filter; what was picked by hand stays. Raise FieldErrors for bounds that can't be met.

    With `all_matching`, whether all that match are selected is set along with it. Like every change here it is quick:
    who is found now is asked for separately (`view`), and keeps nobody else from writing.
    """
    if wanted.overdue_min is not None and wanted.overdue_max is not None and wanted.overdue_min > wanted.overdue_max:
        raise FieldErrors({"overdue_max": "This is below the least overdue amount. Swap the two."})
    clean = AudienceFilter.from_json(wanted.to_json())
    _change(db, caller, campaign_id, lambda audience: _filtered(audience, clean, all_matching))


def _filtered(audience: Audience, wanted: AudienceFilter, all_matching: bool | None) -> Audience:
    on = audience.all_matching if all_matching is None else all_matching
    return audience.with_filter(wanted).with_all_matching(on)


def set_all_matching(db: Database, caller: Caller, campaign_id: int, on: bool) -> None:
    """Select all that match the filter, or only those added by hand."""
    _change(db, caller, campaign_id, lambda audience: audience.with_all_matching(on))


def add(db: Database, caller: Caller, campaign_id: int, customer_ids: Iterable[int]) -> None:
    """Add customers by hand; raise NotFound when one of them is not the caller's to see."""
    _by_hand(db, caller, campaign_id, customer_ids, Audience.add)


def leave_out(db: Database, caller: Caller, campaign_id: int, customer_ids: Iterable[int]) -> None:
    """Leave customers out by hand; raise NotFound when one of them is not the caller's to see."""
    _by_hand(db, caller, campaign_id, customer_ids, Audience.leave_out)


def restore(db: Database, caller: Caller, campaign_id: int, customer_ids: Iterable[int]) -> None:
    """Forget what was decided by hand on these customers: the filter alone decides again."""
    ids = tuple(customer_ids)
    _change(db, caller, campaign_id, lambda audience: audience.restore(ids))


def view(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> AudienceView:
    """Return what the draft's audience finds now: counts, total overdue, names picked by hand, what filters offer."""
    with db.read() as session:
        return _view(session, caller, draft_of(session, caller, campaign_id), Selecting.open(session, caller, now))


def page(
    db: Database,
    caller: Caller,
    campaign_id: int,
    page: int,
    size: int = 10,
    text: str | None = None,
    *,
    now: datetime | None = None,
) -> CustomerPage:
    """Return one page (0-based) of those who match the filter or were added, by name; a page past the end is the last.

    The left-out ones are among them, not selected, so that they can be taken back. `text` narrows by name or group.
    """
    with db.read() as session:
        audience, _ = chosen_in(session, caller, campaign_id)
        selecting = Selecting.open(session, caller, now)
        shown = _listed(selecting, audience, text)
        total = customers.count(session, shown)
        pages = max(-(-total // size), 1)
        page = min(max(page, 0), pages - 1)
        rows = customers.page(session, shown, selecting.selected(audience), offset=page * size, limit=size)
        return CustomerPage(_rows(session, selecting, rows), page, pages, total)


def search(
    db: Database, caller: Caller, text: str, limit: int = 50, *, now: datetime | None = None
) -> tuple[CustomerName, ...]:
    """Return what type-ahead offers for `text`, each with what is overdue."""
    with db.read() as session:
        selecting = Selecting.open(session, caller, now)
        found = customers.search(session, caller.scope, text[:200], limit)
        balances = customers.balances(session, caller.scope, [row.id for row in found], selecting.today)
        none = customers.Balance()
        return tuple(CustomerName(r.id, r.name, r.group, balances.get(r.id, none).overdue) for r in found)


def save(db: Database, caller: Caller, campaign_id: int, name: str, *, now: datetime | None = None) -> None:
    """Keep the draft's audience under a name, for the caller alone; an audience of that name is replaced."""
    name = " ".join(name.replace("\x00", " ").split())
    if not name or len(name) > NAME_LIMIT:
        raise FieldErrors({"name": f"Give it a name of 1 to {NAME_LIMIT} characters."})
    with db.write() as session:
        audience, _ = chosen_in(session, caller, campaign_id, lock=True)
        kept = audiences.saved(session, caller.workspace_id, caller.user_id)
        if len(kept) >= MOST_SAVED and name not in {row.name for row in kept}:
            raise FieldErrors({"name": f"You have {MOST_SAVED} saved audiences. Forget one first."})
        audiences.save(session, caller.workspace_id, caller.user_id, name, audience.to_json(), now=now or db.now())


def saved(db: Database, caller: Caller) -> tuple[SavedAudienceRow, ...]:
    """Return the caller's saved audiences, by name."""
    with db.read() as session:
        rows = audiences.saved(session, caller.workspace_id, caller.user_id)
        return tuple(SavedAudienceRow(row.id, row.name) for row in rows)


def use_saved(db: Database, caller: Caller, campaign_id: int, saved_id: int) -> None:
    """Make a saved audience the draft's; raise NotFound when it is not the caller's."""
    with db.write() as session:
        _, version = chosen_in(session, caller, campaign_id, lock=True)
        rows = audiences.saved(session, caller.workspace_id, caller.user_id)
        found = next((row for row in rows if row.id == saved_id), None)
        if found is None:
            raise NotFound("There is no such saved audience of yours.")
        _store(session, caller, campaign_id, Audience.from_json(found.audience), version)


def forget(db: Database, caller: Caller, saved_id: int) -> None:
    """Delete one of the caller's saved audiences; raise NotFound when there is none (any more)."""
    with db.write() as session:
        if not audiences.forget(session, caller.workspace_id, caller.user_id, saved_id):
            raise NotFound("There is no such saved audience of yours.")


def _by_hand(
    db: Database,
    caller: Caller,
    campaign_id: int,
    customer_ids: Iterable[int],
    change: Callable[[Audience, Iterable[int]], Audience],
) -> None:
    ids = tuple(dict.fromkeys(customer_ids))
    with db.write() as session:
        before, version = chosen_in(session, caller, campaign_id, lock=True)
        if len(ids) > MAX_BY_HAND or len(customers.visible_ids(session, caller.scope, ids)) < len(ids):
            raise NotFound("There is no such customer.")
        audience = change(before, ids)
        if max(len(audience.added), len(audience.left_out)) > MAX_BY_HAND:
            raise UserError(f"More than {MAX_BY_HAND} customers can't be picked one by one. Use the filters.")
        _store(session, caller, campaign_id, audience, version)


def _change(db: Database, caller: Caller, campaign_id: int, change: _Change) -> None:
    with db.write() as session:
        audience, version = chosen_in(session, caller, campaign_id, lock=True)
        _store(session, caller, campaign_id, change(audience), version)


def _store(session: Session, caller: Caller, campaign_id: int, audience: Audience, version: int) -> None:
    draft = caller.workspace_id, caller.user_id, campaign_id
    drafts.set_audience(session, *draft, audience.to_json(), seen=version, now=utcnow())


def _view(session: Session, caller: Caller, draft: Campaign, selecting: Selecting) -> AudienceView:
    audience = Audience.from_json(draft.audience)
    matching, selected = _counts(session, selecting, audience)
    owed = _overdue(session, selecting, audience, of_selected=bool(selected))
    scope, picked = caller.scope, _picked(session, caller, audience)
    is_whole = scope.account_manager_id is None
    return AudienceView(
        campaign_id=draft.id,
        version=draft.version,
        audience=audience,
        matching=matching,
        selected=selected,
        overdue=owed if selected else (),
        matching_overdue=() if selected else owed,
        added=picked.added,
        left_out=picked.left_out,
        account_managers=filter_choices.account_managers(session, scope.workspace_id) if is_whole else (),
    )


def _counts(session: Session, selecting: Selecting, audience: Audience) -> tuple[int, int]:
    """Count who match and who are selected; nobody is looked for twice where both are the same customers."""
    found = customers.count(session, selecting.matching(audience.filter))
    if not audience.may_hold_anybody:
        return found, 0
    if audience.all_matching and not audience.added and not audience.left_out:
        return found, found
    return found, customers.count(session, selecting.selected(audience))


def _overdue(session: Session, selecting: Selecting, audience: Audience, *, of_selected: bool) -> tuple[Money, ...]:
    """Sum what the selected, or those who match, have overdue; of everybody without asking who they are."""
    condition = selecting.selected(audience) if of_selected else selecting.matching(audience.filter)
    everybody = audience.holds_everybody if of_selected else audience.filter.is_empty
    return customers.total_overdue(session, selecting.scope, None if everybody else condition, selecting.today)


def _picked(session: Session, caller: Caller, audience: Audience) -> PickedView:
    named = {row.id: row for row in customers.names(session, caller.scope, (*audience.added, *audience.left_out))}
    return PickedView(_names(named, audience.added), _names(named, audience.left_out))


def _names(named: dict[int, customers.Named], ids: tuple[int, ...]) -> tuple[CustomerName, ...]:
    return tuple(CustomerName(i, named[i].name, named[i].group) for i in ids if i in named)


def _listed(selecting: Selecting, audience: Audience, text: str | None) -> Condition:
    shown = or_(selecting.matching(audience.filter), selecting.selected(audience))
    return and_(shown, customer_filter.matches_text(text)) if text and text.strip() else shown


def _rows(session: Session, selecting: Selecting, rows: list[customers.Listed]) -> tuple[CustomerRow, ...]:
    ids = [row.id for row in rows]
    balances = customers.balances(session, selecting.scope, ids, selecting.today)
    contacts = customers.main_contacts(session, selecting.scope, ids)
    none = customers.Balance()
    return tuple(
        CustomerRow(
            id=row.id,
            name=row.name,
            group=row.group,
            overdue=balances.get(row.id, none).overdue,
            days_past_due=balances.get(row.id, none).days_past_due,
            main_contact=contacts.get(row.id),
            selected=row.selected,
        )
        for row in rows
    )
