"""Who: the filters, the count that follows them, and picking by hand. Every change is saved in the draft at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.campaigns import audiences, preview
from bot.campaigns.views import AudienceView
from bot.domain.audience import ME, NOBODY, AudienceFilter
from bot.errors import UserError
from handlers import ids
from handlers.blocks import who as blocks
from handlers.blocks import who_windows as windows
from handlers.blocks.common import Block
from handlers.blocks.what import what_view
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import Metadata, chosen, clicked, row_ids
from handlers.turn import Entry, Turn, bind, bind_options
from handlers.typing_ahead import customer_options

FIELD_BLOCKS = {
    ids.WHO: {
        "overdue_min": ids.WHO_OVERDUE_MIN,
        "days_past_due_min": ids.WHO_DAYS_PAST_DUE,
        "audience": ids.WHO_ALL,
    },
    ids.WHO_FILTERS: {
        "overdue_max": ids.WHO_OVERDUE_MAX,
        "outstanding_min": ids.WHO_OUTSTANDING_MIN,
        "not_contacted_days": ids.WHO_NOT_CONTACTED,
        "custom": ids.WHO_CUSTOM_VALUE,
    },
    ids.WHO_SAVE: {"name": ids.WHO_SAVE_NAME},
}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the Who screen and its windows."""
    clicks: dict[str, Entry] = {
        ids.WHO_TEXT: filters_changed,
        ids.WHO_ACCOUNT_MANAGER: filters_changed,
        ids.WHO_OVERDUE_MIN: filters_changed,
        ids.WHO_DAYS_PAST_DUE: filters_changed,
        ids.WHO_ALL: filters_changed,
        ids.WHO_ADD: added_by_hand,
        ids.WHO_LEAVE_OUT: left_out_by_hand,
        ids.WHO_OPEN_LIST: open_list,
        ids.WHO_MORE_FILTERS: open_more,
        ids.WHO_CLEAR_FILTERS: clear_filters,
        ids.WHO_OPEN_SAVE: open_save,
        ids.WHO_USE_SAVED: use_saved,
        ids.WHO_FORGET: forget_saved,
        ids.WHO_LIST_TEXT: search_list,
        ids.WHO_LIST_TOGGLE: toggle_row,
        ids.WHO_LIST_PREVIOUS: previous_page,
        ids.WHO_LIST_NEXT: next_page,
    }
    for action_id, entry in clicks.items():
        entries.action(ids.per_row(action_id))(bind(deps, entry))
    entries.view(ids.WHO)(bind(deps, next_screen))
    entries.view(ids.WHO_FILTERS)(bind(deps, apply_more))
    entries.view(ids.WHO_LIST)(bind(deps, list_done))
    entries.view(ids.WHO_SAVE)(bind(deps, save_audience))
    entries.options(ids.WHO_ADD)(bind_options(deps, customer_options))
    entries.options(ids.WHO_LEAVE_OUT)(bind_options(deps, customer_options))


def screen(
    turn: Turn, view: AudienceView, metadata: Metadata, note: str = "", faults: Mapping[str, str] | None = None
) -> Block:
    """Return the Who screen for the caller; `faults` are said beside the inputs that they are about."""
    saved = audiences.saved(turn.deps.db, turn.caller)
    return blocks.who_view(
        view, saved, metadata, sees_all=turn.caller.sees_all_customers, note=note, faults=faults or {}
    )


def filters_changed(turn: Turn) -> None:
    """A filter or "all that match" changed -> audiences.chosen, set_filter, view"""
    show(turn, turn.metadata, faults=_take_valid(turn))


def show(turn: Turn, metadata: Metadata, *, faults: Mapping[str, str] | None = None, force: bool = False) -> None:
    """Redraw the view that was clicked in as the Who screen, and answer: first, where many are to be counted."""
    draw, later = _drawing(turn, metadata, faults=faults)
    turn.show(draw, later=later, force=force)


def open_screen(turn: Turn, campaign_id: int) -> None:
    """Open the Who screen of a draft; where many are to be counted, one that says so until they are."""
    draw, later = _drawing(turn, Metadata(campaign_id))
    if later:
        turn.open(blocks.counting_view(), then=draw)
    else:
        turn.open(draw())


def _show_root(turn: Turn, note: str = "") -> None:
    """Redraw the Who screen under the window that was clicked in."""
    draw, later = _drawing(turn, turn.metadata, note)
    turn.redraw_root(draw, later=later)


def _drawing(
    turn: Turn, metadata: Metadata, note: str = "", faults: Mapping[str, str] | None = None
) -> tuple[Callable[[], Block], bool]:
    """Return what draws the Who screen, and whether so many are counted for it that a click does not wait."""

    def draw() -> Block:
        return screen(turn, audiences.view(turn.deps.db, turn.caller, metadata.campaign_id), metadata, note, faults)

    return draw, turn.deps.counts_later(turn.caller)


def _take_valid(turn: Turn) -> dict[str, str]:
    """Keep the filters unless something is wrong with their inputs, and return what is."""
    faults = turn.view.faults(
        lambda view: view.amount(ids.WHO_OVERDUE_MIN, "overdue_min"),
        lambda view: view.whole(ids.WHO_DAYS_PAST_DUE, "days_past_due_min"),
    )
    if not faults:
        _take_filters(turn)
    return faults


def _take_filters(turn: Turn) -> None:
    draft = turn.deps.db, turn.caller, turn.metadata.campaign_id
    current = audiences.chosen(*draft)
    wanted, everybody = _main_filters(turn, current.filter), "all" in turn.view.choices(ids.WHO_ALL)
    if wanted != current.filter or everybody != current.all_matching:
        audiences.set_filter(*draft, wanted, all_matching=everybody)


def _main_filters(turn: Turn, current: AudienceFilter) -> AudienceFilter:
    view = turn.view
    found = replace(
        current,
        text=view.text(ids.WHO_TEXT).strip() or None,
        overdue_min=view.amount(ids.WHO_OVERDUE_MIN, "overdue_min"),
        days_past_due_min=view.whole(ids.WHO_DAYS_PAST_DUE, "days_past_due_min"),
    )
    if not view.has(ids.WHO_ACCOUNT_MANAGER):
        return found
    who = view.choice(ids.WHO_ACCOUNT_MANAGER)
    return replace(found, account_manager=who if who in (ME, NOBODY, None) else next(iter(row_ids((who or "",))), None))


def added_by_hand(turn: Turn) -> None:
    """Add customers -> audiences.add, restore"""
    _by_hand(turn, ids.WHO_ADD)


def left_out_by_hand(turn: Turn) -> None:
    """Leave out customers -> audiences.leave_out, restore"""
    _by_hand(turn, ids.WHO_LEAVE_OUT)


def _by_hand(turn: Turn, action_id: str) -> None:
    db, caller, campaign_id = turn.deps.db, turn.caller, turn.metadata.campaign_id
    chosen_ids = set(row_ids(tuple(o["value"] for o in clicked(turn.body).get("selected_options") or ())))
    faults = _take_valid(turn)
    before = audiences.picked(db, caller, campaign_id)
    names = before.added if action_id == ids.WHO_ADD else before.left_out
    shown = {each.id for each in names[: blocks.MANY]}
    if shown - chosen_ids:
        audiences.restore(db, caller, campaign_id, shown - chosen_ids)
    if chosen_ids - shown:
        use = audiences.add if action_id == ids.WHO_ADD else audiences.leave_out
        use(db, caller, campaign_id, chosen_ids - shown)
    show(turn, turn.metadata, faults=faults, force=True)


def next_screen(turn: Turn) -> None:
    """Next: write -> audiences.set_filter, is_anybody, preview.writing"""
    _take_filters(turn)
    db, caller, campaign_id = turn.deps.db, turn.caller, turn.metadata.campaign_id
    if not audiences.is_anybody(db, caller, campaign_id):
        raise UserError("Nobody is selected yet: tick “All that match”, or add customers by name.", "audience")
    turn.replace(writing(turn, campaign_id))


def writing(turn: Turn, campaign_id: int) -> Block:
    """Return the What screen of a draft."""
    found = preview.writing(turn.deps.db, turn.caller, campaign_id)
    return what_view(found.draft, found.positions, found.preview, Metadata(campaign_id))


def open_more(turn: Turn) -> None:
    """More filters -> audiences.chosen, choices"""
    _take_filters(turn)
    current = audiences.chosen(turn.deps.db, turn.caller, turn.metadata.campaign_id)
    turn.push(windows.more_view(current.filter, audiences.choices(turn.deps.db, turn.caller), turn.metadata))


def apply_more(turn: Turn) -> None:
    """Apply -> audiences.set_filter"""
    view, campaign_id = turn.view, turn.metadata.campaign_id
    current = audiences.chosen(turn.deps.db, turn.caller, campaign_id)
    key, value = view.choice(ids.WHO_CUSTOM_KEY), view.text(ids.WHO_CUSTOM_VALUE).strip()
    if key and not value:
        raise UserError("Type the value that the field must have.", "custom")
    wanted = replace(
        current.filter,
        countries=view.choices(ids.WHO_COUNTRIES),
        languages=view.choices(ids.WHO_LANGUAGES),
        currencies=view.choices(ids.WHO_CURRENCIES),
        overdue_max=view.amount(ids.WHO_OVERDUE_MAX, "overdue_max"),
        outstanding_min=view.amount(ids.WHO_OUTSTANDING_MIN, "outstanding_min"),
        not_contacted_days=view.whole(ids.WHO_NOT_CONTACTED, "not_contacted_days"),
        no_contact="no_contact" in view.choices(ids.WHO_NO_CONTACT),
        custom=((key, value),) if key else (),
    )
    audiences.set_filter(turn.deps.db, turn.caller, campaign_id, wanted)
    _show_root(turn)
    turn.ack()


def clear_filters(turn: Turn) -> None:
    """Clear filters -> audiences.set_filter"""
    metadata = turn.metadata.rekeyed("who")
    audiences.set_filter(turn.deps.db, turn.caller, metadata.campaign_id, AudienceFilter())
    show(turn, metadata, force=True)


def open_list(turn: Turn) -> None:
    """Look through the list -> audiences.page"""
    _take_filters(turn)
    page = audiences.page(turn.deps.db, turn.caller, turn.metadata.campaign_id, 0)
    turn.push(windows.list_view(page, turn.metadata))


def search_list(turn: Turn) -> None:
    """Search in the list -> audiences.page"""
    _show_page(turn, 0)


def previous_page(turn: Turn) -> None:
    """Previous page -> audiences.page"""
    _show_page(turn, turn.metadata.page - 1)


def next_page(turn: Turn) -> None:
    """Next page -> audiences.page"""
    _show_page(turn, turn.metadata.page + 1)


def toggle_row(turn: Turn) -> None:
    """Add, Leave out in the list -> audiences.add, leave_out"""
    element, metadata = clicked(turn.body), turn.metadata
    use = audiences.leave_out if element.get("value") == "out" else audiences.add
    use(turn.deps.db, turn.caller, metadata.campaign_id, [ids.row_of(element.get("action_id") or "") or 0])
    _show_root(turn)
    _show_page(turn, metadata.page)


def _show_page(turn: Turn, number: int) -> None:
    text = turn.view.text(ids.WHO_LIST_TEXT).strip()
    page = audiences.page(turn.deps.db, turn.caller, turn.metadata.campaign_id, max(number, 0), text=text or None)
    turn.redraw(windows.list_view(page, turn.metadata, text), force=True)
    turn.ack()


def list_done(turn: Turn) -> None:
    """Done -> audiences.view"""
    _show_root(turn)
    turn.ack()


def open_save(turn: Turn) -> None:
    """Save this audience -> audiences.saved"""
    _take_filters(turn)
    turn.push(windows.save_view(audiences.saved(turn.deps.db, turn.caller), turn.metadata))


def save_audience(turn: Turn) -> None:
    """Save -> audiences.save"""
    campaign_id, name = turn.metadata.campaign_id, turn.view.text(ids.WHO_SAVE_NAME).strip()
    audiences.save(turn.deps.db, turn.caller, campaign_id, name)
    _show_root(turn, f"Saved as {name}.")
    turn.ack()


def forget_saved(turn: Turn) -> None:
    """Forget -> audiences.forget"""
    audiences.forget(turn.deps.db, turn.caller, ids.row_of(clicked(turn.body).get("action_id") or "") or 0)
    turn.redraw(windows.save_view(audiences.saved(turn.deps.db, turn.caller), turn.metadata), force=True)
    turn.ack()


def use_saved(turn: Turn) -> None:
    """Use a saved audience -> audiences.use_saved"""
    metadata = turn.metadata.rekeyed("who")
    saved_id = next(iter(row_ids((chosen(turn.body) or "",))), 0)
    audiences.use_saved(turn.deps.db, turn.caller, metadata.campaign_id, saved_id)
    show(turn, metadata, force=True)
