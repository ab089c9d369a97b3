"""The first screen: whom to write to. Filters, the live count, adding and leaving out, saved audiences, the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from bot.campaigns.views import AudienceView, CustomerName, DraftSummary, SavedAudienceRow
from bot.domain.audience import ME, NOBODY, AudienceFilter
from bot.domain.channels import CHANNELS
from handlers import ids
from handlers.blocks.common import (
    OPTIONS_LIMIT,
    Block,
    actions,
    button,
    confirm,
    context,
    count_text,
    cut,
    divider,
    escape,
    input_block,
    modal,
    moment_text,
    money_list,
    option,
    plain,
    section,
)
from handlers.blocks.names import country_name, language_name
from handlers.blocks.who_fields import as_typed, select_field, text_field
from handlers.parse import Metadata

NO_FAULTS: Mapping[str, str] = MappingProxyType({})
MANY = 40
"""Names picked by hand that the selects show; more stay picked and are counted."""


def start_view(drafts: Sequence[DraftSummary], channels: Sequence[str] = ("email",)) -> Block:
    """Return the choice between a new campaign, on one of the channels there are, and going on with a draft."""
    blocks = _new(channels, "Start a new campaign, or go on with a draft." if drafts else "Start a new campaign.")
    if drafts:
        blocks.append(divider())
    for draft in drafts[:20]:
        sure = confirm("Throw this draft away?", draft.name, "Throw away", "Keep it")
        who = "customers (being counted)" if draft.selected is None else count_text(draft.selected, "customer")
        if len(channels) > 1:
            who = f"{CHANNELS[draft.channel].many} to {who}"
        blocks += [
            section(f"*{escape(cut(draft.name, 150))}*\n{who}, saved {moment_text(draft.updated_at)}"),
            actions(
                [
                    button("Resume draft", ids.keyed(ids.START_RESUME, draft.id), value=str(draft.id)),
                    button("Discard", ids.keyed(ids.START_DISCARD, draft.id), value=str(draft.id), confirm=sure),
                ]
            ),
        ]
    return modal("Campaigns", blocks, callback_id=ids.START)


def counting_view() -> Block:
    """Return what stands in for the Who screen until very many customers are counted."""
    said = "Counting your customers. If this stays, close it and take the draft up again with `/campaign`."
    return modal("Who", [section(said)], callback_id=ids.WHO_COUNTING)


def _new(channels: Sequence[str], said: str) -> list[Block]:
    if len(channels) == 1:
        new = button("New campaign", ids.keyed(ids.START_NEW, channels[0]), value=channels[0], style="primary")
        return [section(said, accessory=new)]
    buttons = [button(f"New {CHANNELS[c].one} campaign", ids.keyed(ids.START_NEW, c), value=c) for c in channels]
    return [section(said), actions(buttons)]


def who_view(
    view: AudienceView,
    saved: Sequence[SavedAudienceRow],
    metadata: Metadata,
    *,
    sees_all: bool,
    note: str = "",
    faults: Mapping[str, str] = NO_FAULTS,
) -> Block:
    """Return the Who screen; `metadata` keys the inputs, so that a saved audience shows in them.

    `faults` are what is wrong with `overdue_min` and `days_past_due_min`, said below these inputs.
    """
    key = metadata.key("who")
    blocks: list[Block] = [context(escape(note))] if note else []
    blocks.append(section(_count(view, sees_all=sees_all), block_id=ids.WHO_COUNT))
    if not sees_all:
        blocks.append(context("You find and write to the customers that are assigned to you."))
    if saved:
        blocks.append(_saved(saved, key))
    blocks += _filters(view, key, faults, sees_all=sees_all)
    everybody = option(f"All {view.matching:,} that match", "all")
    boxes: Block = {"type": "checkboxes", "action_id": ids.WHO_ALL, "options": [everybody]}
    if view.audience.all_matching:
        boxes["initial_options"] = [everybody]
    blocks += [
        input_block(
            "Who is selected",
            boxes,
            block_id=ids.keyed(ids.WHO_ALL, f"{key}-{view.matching}"),
            optional=True,
            dispatch=True,
        ),
        _by_hand("Add customers", ids.WHO_ADD, view.added, key),
        _by_hand("Leave out customers", ids.WHO_LEAVE_OUT, view.left_out, key),
        actions(
            [
                button("Look through the list", ids.WHO_OPEN_LIST),
                button("More filters", ids.WHO_MORE_FILTERS),
                button("Clear filters", ids.WHO_CLEAR_FILTERS),
                button("Save this audience", ids.WHO_OPEN_SAVE),
            ]
        ),
    ]
    made = metadata.at(version=view.version).to_json()
    return modal("Who", blocks, callback_id=ids.WHO, metadata=made, submit="Next: write")


def _saved(saved: Sequence[SavedAudienceRow], key: int) -> Block:
    select: Block = {
        "type": "static_select",
        "action_id": ids.WHO_USE_SAVED,
        "placeholder": plain("Use a saved audience"),
        "options": [option(row.name, row.id) for row in saved[:OPTIONS_LIMIT]],
    }
    return actions([select], block_id=ids.keyed(ids.WHO_USE_SAVED, key))


def _count(view: AudienceView, *, sees_all: bool) -> str:
    said = f"*{count_text(view.selected, 'customer')} selected*, {money_list(view.overdue)} overdue"
    if not view.selected:
        said = f"*Nobody selected yet.* {_matching(view, sees_all=sees_all)}"
    filters = _in_words(view.audience.filter)
    return f"{said}\nMore filters: {filters}" if filters else said


def _matching(view: AudienceView, *, sees_all: bool) -> str:
    if view.matching:
        owed = f"{money_list(view.matching_overdue)} overdue"
        return f"Tick “All {view.matching:,} that match” ({owed}), or add customers by name."
    if not view.audience.filter.is_empty:
        return "No customer matches: change the filters, or add customers by name."
    if sees_all:
        return "There are no customers yet: an admin brings them in with `/campaign import`."
    return "No customer is assigned to you yet: an admin can do that with `/campaign settings`."


def _in_words(of: AudienceFilter) -> str:
    """Return the filters that only the second window shows, so that none works unseen."""
    parts = [
        of.countries and f"country {', '.join(map(country_name, of.countries))}",
        of.languages and f"language {', '.join(map(language_name, of.languages))}",
        of.currencies and f"currency {', '.join(of.currencies)}",
        of.overdue_max is not None and f"overdue at most {of.overdue_max}",
        of.outstanding_min is not None and f"outstanding at least {of.outstanding_min}",
        of.not_contacted_days is not None and f"not contacted for {of.not_contacted_days} days",
        of.no_contact and "no email address",
        *(f"{key} = {value}" for key, value in of.custom),
    ]
    return escape(", ".join(part for part in parts if part))


def _filters(view: AudienceView, key: int, faults: Mapping[str, str], *, sees_all: bool) -> list[Block]:
    wanted = view.audience.filter
    text = text_field(ids.WHO_TEXT, wanted.text, hint="Name or group contains")
    least = text_field(ids.WHO_OVERDUE_MIN, as_typed(wanted.overdue_min), hint="such as 1500")
    days = text_field(ids.WHO_DAYS_PAST_DUE, as_typed(wanted.days_past_due_min), hint="such as 30")
    blocks = [_dispatching("Name or group", text, ids.WHO_TEXT, key)]
    if sees_all:
        people = [option("Me", ME), option("Nobody", NOBODY)]
        people += [option(name, i) for i, name in view.account_managers[: OPTIONS_LIMIT - 2]]
        select = select_field(ids.WHO_ACCOUNT_MANAGER, people, str(wanted.account_manager or ""), "Anybody")
        blocks.append(_dispatching("Account manager", select, ids.WHO_ACCOUNT_MANAGER, key))
    return [
        *blocks,
        _dispatching("Overdue at least", least, ids.WHO_OVERDUE_MIN, key),
        *_wrong(faults, "overdue_min"),
        _dispatching("Days past due at least", days, ids.WHO_DAYS_PAST_DUE, key),
        *_wrong(faults, "days_past_due_min"),
    ]


def _wrong(faults: Mapping[str, str], name: str) -> list[Block]:
    return [context(f":warning: {escape(faults[name])}")] if name in faults else []


def _by_hand(label: str, action_id: str, names: Sequence[CustomerName], key: int) -> Block:
    select: Block = {
        "type": "multi_external_select",
        "action_id": action_id,
        "min_query_length": 1,
        "placeholder": plain("Type a name"),
    }
    if names:
        select["initial_options"] = [option(each.name, each.id) for each in names[:MANY]]
    more = f" ({len(names) - MANY} more are kept)" if len(names) > MANY else ""
    marks = "-".join(str(each.id) for each in names[:8])
    return section(f"*{label}*{more}", accessory=select, block_id=f"{action_id}:{key}.{len(names)}.{marks}"[:255])


def _dispatching(label: str, element: Block, action_id: str, key: int) -> Block:
    hint = None
    if element["type"] == "plain_text_input":
        element = {**element, "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]}}
        hint = "Press Enter to count."
    return input_block(label, element, block_id=ids.keyed(action_id, key), optional=True, hint=hint, dispatch=True)
