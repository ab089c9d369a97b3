"""The first screen: whom to write to. Filters, the live count, adding and leaving out, saved audiences, the list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType

from bot.campaigns.views import AudienceView, CustomerName, CustomerPage, DraftSummary, SavedAudienceRow
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
    header,
    input_block,
    modal,
    moment_text,
    money_list,
    option,
    plain,
    section,
)
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
        who = count_text(draft.selected, "customer")
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
    blocks += [section(_count(view), block_id=ids.WHO_COUNT), *_filters(view, key, faults, sees_all=sees_all)]
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
    if saved:
        select: Block = {
            "type": "static_select",
            "action_id": ids.WHO_USE_SAVED,
            "placeholder": plain("Use a saved audience"),
            "options": [option(row.name, row.id) for row in saved[:OPTIONS_LIMIT]],
        }
        blocks.append(actions([select], block_id=ids.keyed(ids.WHO_USE_SAVED, key)))
    made = metadata.at(version=view.version).to_json()
    return modal("Who", blocks, callback_id=ids.WHO, metadata=made, submit="Next: write")


def _count(view: AudienceView) -> str:
    said = f"*{count_text(view.selected, 'customer')} selected*, {money_list(view.overdue)} overdue"
    if not view.selected:
        return f"*Nobody selected yet.* Tick “All {view.matching:,} that match”, or add customers by name."
    filters = _in_words(view.audience.filter)
    return f"{said}\nMore filters: {filters}" if filters else said


def _in_words(of: AudienceFilter) -> str:
    """Return the filters that only the second window shows, so that none works unseen."""
    parts = [
        of.countries and f"country {', '.join(of.countries)}",
        of.languages and f"language {', '.join(of.languages)}",
        of.currencies and f"currency {', '.join(of.currencies)}",
        of.overdue_max is not None and f"overdue at most {of.overdue_max}",
        of.outstanding_min is not None and f"outstanding at least {of.outstanding_min}",
        of.not_contacted_days is not None and f"not contacted for {of.not_contacted_days} days",
        of.no_contact and "no contact",
        *(f"{key} = {value}" for key, value in of.custom),
    ]
    return escape(", ".join(part for part in parts if part))


def _filters(view: AudienceView, key: int, faults: Mapping[str, str], *, sees_all: bool) -> list[Block]:
    wanted = view.audience.filter
    text = _text(ids.WHO_TEXT, wanted.text, hint="Name or group contains")
    least = _text(ids.WHO_OVERDUE_MIN, _plain(wanted.overdue_min), hint="such as 1500")
    days = _text(ids.WHO_DAYS_PAST_DUE, _plain(wanted.days_past_due_min), hint="such as 30")
    blocks = [_dispatching("Name or group", text, ids.WHO_TEXT, key)]
    if sees_all:
        people = [option("Me", ME), option("Nobody", NOBODY)]
        people += [option(name, i) for i, name in view.filter_choices.account_managers[: OPTIONS_LIMIT - 2]]
        select = _select(ids.WHO_ACCOUNT_MANAGER, people, str(wanted.account_manager or ""), "Anybody")
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


def more_view(view: AudienceView, metadata: Metadata) -> Block:
    """Return the window with the rarer filters."""
    of, choices = view.audience.filter, view.filter_choices
    blocks: list[Block] = []
    for label, action_id, offered, chosen in (
        ("Countries", ids.WHO_COUNTRIES, choices.countries, of.countries),
        ("Languages", ids.WHO_LANGUAGES, choices.languages, of.languages),
        ("Currencies", ids.WHO_CURRENCIES, choices.currencies, of.currencies),
    ):
        if offered:
            blocks.append(input_block(label, _multi(action_id, offered, chosen), block_id=action_id, optional=True))
    none = option("Only customers without a contact", "no_contact")
    boxes: Block = {"type": "checkboxes", "action_id": ids.WHO_NO_CONTACT, "options": [none]}
    if of.no_contact:
        boxes["initial_options"] = [none]
    for label, action_id, value in (
        ("Overdue at most", ids.WHO_OVERDUE_MAX, _plain(of.overdue_max)),
        ("Outstanding at least", ids.WHO_OUTSTANDING_MIN, _plain(of.outstanding_min)),
        ("Not contacted for days", ids.WHO_NOT_CONTACTED, _plain(of.not_contacted_days)),
    ):
        blocks.append(input_block(label, _text(action_id, value), block_id=action_id, optional=True))
    blocks.append(input_block("Contacts", boxes, block_id=ids.WHO_NO_CONTACT, optional=True))
    if choices.custom_keys:
        key, value = of.custom[0] if of.custom else ("", "")
        keys = [option(k, k) for k in choices.custom_keys[:OPTIONS_LIMIT]]
        select = _select(ids.WHO_CUSTOM_KEY, keys, key, "Choose a field")
        blocks += [
            input_block("Field from the import", select, block_id=ids.WHO_CUSTOM_KEY, optional=True),
            input_block("is", _text(ids.WHO_CUSTOM_VALUE, value), block_id=ids.WHO_CUSTOM_VALUE, optional=True),
        ]
    return modal(
        "More filters", blocks, callback_id=ids.WHO_FILTERS, metadata=metadata.to_json(), submit="Apply", close="Back"
    )


def list_view(page: CustomerPage, metadata: Metadata, text: str = "") -> Block:
    """Return one page of the customers, each with what is overdue and the main contact, to pick or leave out."""
    search: Block = {
        "type": "plain_text_input",
        "action_id": ids.WHO_LIST_TEXT,
        "placeholder": plain("Name or group contains; press Enter"),
        "dispatch_action_config": {"trigger_actions_on": ["on_enter_pressed"]},
        "max_length": 100,
    }
    blocks = [input_block("Search", search, block_id=ids.WHO_LIST_TEXT, optional=True, dispatch=True)]
    blocks.append(context(f"{count_text(page.total, 'customer')}, page {page.page + 1} of {page.pages}"))
    if not page.rows:
        blocks.append(section("No customer matches. Change the filters or the search."))
    for row in page.rows:
        group = f" · {escape(cut(row.group, 80))}" if row.group else ""
        late = f", {count_text(row.days_past_due, 'day')} past due" if row.days_past_due else ""
        contact = escape(cut(row.main_contact, 120)) if row.main_contact else "no main contact"
        mark = "✓ selected" if row.selected else "not selected"
        words = "Leave out" if row.selected else "Add"
        toggle = button(words, ids.keyed(ids.WHO_LIST_TOGGLE, row.id), value="out" if row.selected else "add")
        said = f"*{escape(cut(row.name, 120))}*{group}\n{money_list(row.overdue)} overdue{late} · {contact} · {mark}"
        blocks.append(section(said, accessory=toggle))
    turns = []
    if page.page > 0:
        turns.append(button("Previous page", ids.WHO_LIST_PREVIOUS))
    if page.page + 1 < page.pages:
        turns.append(button("Next page", ids.WHO_LIST_NEXT))
    if turns:
        blocks.append(actions(turns))
    made = metadata.at(page=page.page).to_json()
    return modal("Customers", blocks, callback_id=ids.WHO_LIST, metadata=made, submit="Done", close="Back")


def save_view(saved: Sequence[SavedAudienceRow], metadata: Metadata) -> Block:
    """Return the form that keeps the audience under a name, and the ones kept already, to forget."""
    name = _text(ids.WHO_SAVE_NAME, None, hint="such as Germany, over 60 days", most=100)
    blocks = [
        input_block("Name", name, block_id=ids.WHO_SAVE_NAME, hint="The rule is kept, not the customers it finds.")
    ]
    if saved:
        blocks.append(header("Saved already"))
    for row in saved[:40]:
        sure = confirm("Forget this audience?", row.name, "Forget", "Keep it")
        forget = button("Forget", ids.keyed(ids.WHO_FORGET, row.id), value=str(row.id), confirm=sure)
        blocks.append(section(plain(row.name), accessory=forget))  # to be copied: no guards around marks
    return modal(
        "Save audience", blocks, callback_id=ids.WHO_SAVE, metadata=metadata.to_json(), submit="Save", close="Back"
    )


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


def _text(action_id: str, value: str | None, *, hint: str = "", most: int = 200) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most}
    if hint:
        made["placeholder"] = plain(hint)
    return {**made, "initial_value": cut(value, most)} if value else made


def _select(action_id: str, options: list[Block], value: str, placeholder: str) -> Block:
    made: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder),
        "options": options,
    }
    chosen = next((o for o in options if o["value"] == value), None)
    return {**made, "initial_option": chosen} if chosen else made


def _multi(action_id: str, offered: Sequence[str], chosen: Sequence[str]) -> Block:
    options = [option(each, each) for each in offered[:OPTIONS_LIMIT]]
    made: Block = {
        "type": "multi_static_select",
        "action_id": action_id,
        "placeholder": plain("Any"),
        "options": options,
    }
    initial = [o for o in options if o["value"] in chosen]
    return {**made, "initial_options": initial} if initial else made


def _plain(value: Decimal | int | None) -> str | None:
    return None if value is None else f"{value:f}" if isinstance(value, Decimal) else str(value)
