"""The windows over the Who screen: the rarer filters, the list to look through, and saving the audience."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.campaigns.views import CustomerPage, CustomerRow, FilterChoices, SavedAudienceRow
from bot.domain.audience import AudienceFilter
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
    escape,
    header,
    input_block,
    modal,
    money_list,
    option,
    plain,
    section,
)
from handlers.blocks.names import country_name, language_name
from handlers.blocks.who_fields import as_typed, multi_field, select_field, text_field
from handlers.parse import Metadata


def more_view(of: AudienceFilter, choices: FilterChoices, metadata: Metadata) -> Block:
    """Return the window with the rarer filters, as they are set."""
    blocks: list[Block] = []
    for label, action_id, offered, chosen in (
        ("Countries", ids.WHO_COUNTRIES, _named(choices.countries, country_name), of.countries),
        ("Languages", ids.WHO_LANGUAGES, _named(choices.languages, language_name), of.languages),
        ("Currencies", ids.WHO_CURRENCIES, _named(choices.currencies, str), of.currencies),
    ):
        if offered:
            select = multi_field(action_id, offered, chosen)
            blocks.append(input_block(label, select, block_id=action_id, optional=True))
    none = option("Only customers without an email address", "no_contact")
    boxes: Block = {"type": "checkboxes", "action_id": ids.WHO_NO_CONTACT, "options": [none]}
    if of.no_contact:
        boxes["initial_options"] = [none]
    for label, action_id, value, hint in (
        ("Overdue at most", ids.WHO_OVERDUE_MAX, as_typed(of.overdue_max), "such as 1500"),
        ("Outstanding at least", ids.WHO_OUTSTANDING_MIN, as_typed(of.outstanding_min), "such as 1500"),
        ("Not contacted for (days)", ids.WHO_NOT_CONTACTED, as_typed(of.not_contacted_days), "30"),
    ):
        blocks.append(input_block(label, text_field(action_id, value, hint=hint), block_id=action_id, optional=True))
    blocks.append(input_block("Contacts", boxes, block_id=ids.WHO_NO_CONTACT, optional=True))
    if choices.custom_keys:
        key, value = of.custom[0] if of.custom else ("", "")
        keys = [option(k, k) for k in choices.custom_keys[:OPTIONS_LIMIT]]
        select = select_field(ids.WHO_CUSTOM_KEY, keys, key, "Choose a field")
        blocks += [
            input_block("Field from the import", select, block_id=ids.WHO_CUSTOM_KEY, optional=True),
            input_block("is", text_field(ids.WHO_CUSTOM_VALUE, value), block_id=ids.WHO_CUSTOM_VALUE, optional=True),
        ]
    return modal(
        "More filters", blocks, callback_id=ids.WHO_FILTERS, metadata=metadata.to_json(), submit="Apply", close="Back"
    )


def _named(codes: Sequence[str], name: Callable[[str], str]) -> list[tuple[str, str]]:
    return sorted(((code, name(code)) for code in codes), key=lambda pair: pair[1])


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
        blocks.append(_row(row))
    turns = []
    if page.page > 0:
        turns.append(button("Previous page", ids.WHO_LIST_PREVIOUS))
    if page.page + 1 < page.pages:
        turns.append(button("Next page", ids.WHO_LIST_NEXT))
    if turns:
        blocks.append(actions(turns))
    made = metadata.at(page=page.page).to_json()
    return modal("Customers", blocks, callback_id=ids.WHO_LIST, metadata=made, submit="Done", close="Back")


def _row(row: CustomerRow) -> Block:
    group = f" · {escape(cut(row.group, 80))}" if row.group else ""
    late = f", {count_text(row.days_past_due, 'day')} past due" if row.days_past_due else ""
    lines = (
        f"*{escape(cut(row.name, 120))}*{group}",
        f"{'✓ selected' if row.selected else 'not selected'} · {money_list(row.overdue)} overdue{late}",
        escape(cut(row.main_contact, 120)) if row.main_contact else "no main contact",
    )
    words, value = ("Leave out", "out") if row.selected else ("Add", "add")
    return section("\n".join(lines), accessory=button(words, ids.keyed(ids.WHO_LIST_TOGGLE, row.id), value=value))


def save_view(saved: Sequence[SavedAudienceRow], metadata: Metadata) -> Block:
    """Return the form that keeps the audience under a name, and the ones kept already, to forget."""
    name = text_field(ids.WHO_SAVE_NAME, None, hint="such as Germany, over 60 days", most=100)
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
