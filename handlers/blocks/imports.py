"""The import's windows and message: files, what was recognised of them, how far it is, how it went."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.domain.money import Money
from bot.imports.dates import ORDER_NAMES
from bot.imports.fields import CUSTOM_CHOICE, FIELDS, LEFT_OUT
from bot.imports.requests import MOST_FILES, ImportView
from handlers import ids
from handlers.blocks.common import (
    Block,
    actions,
    button,
    checkbox,
    context,
    count_text,
    cut,
    divider,
    escape,
    input_block,
    modal,
    money_list,
    mrkdwn,
    option,
    plain,
    section,
    select,
)

COLUMNS_A_PAGE = 20
_FILE_TYPES = ["csv", "tsv", "txt", "text", "xlsx", "xls", "ods"]
_ORDERS = {"dmy": "Day first: 31/12/2026", "mdy": "Month first: 12/31/2026", "ymd": "Year first: 26/12/31"}
_SIGNS = {".": "A point: 1,234.50", ",": "A comma: 1.234,50"}
_WORDS = {"customers": "customer", "contacts": "contact", "invoices": "invoice"}


def upload_view() -> Block:
    """Return the window that takes the files."""
    files: Block = {
        "type": "file_input",
        "action_id": ids.IMPORT_FILES,
        "filetypes": _FILE_TYPES,
        "max_files": MOST_FILES,
    }
    hint = "CSV, XLSX, XLS or ODS: an export of your accounting system, or lists of customers, contacts and invoices."
    blocks = [
        section("Nothing is changed before you have seen what was recognised and pressed *Import*."),
        input_block("Files", files, block_id=ids.IMPORT_FILES, hint=hint),
    ]
    return modal("Import", blocks, callback_id=ids.IMPORT, submit="Read files", close="Cancel")


def reading_view(view: ImportView) -> Block:
    """Return the window while a worker reads the files."""
    text = (
        "Reading the files … This window shows in a moment what is in them. "
        "You may close it; `/campaign import` brings it back."
    )
    return modal("Import", [section(text)], callback_id=ids.IMPORT_READING, metadata=str(view.id))


def ready_view(view: ImportView, page: int = 0) -> Block:
    """Return the window with what was recognised, the first rows, counts and warnings, and the ways to change them."""
    found, choices = view.found, view.choices
    blocks = [
        *_summary(found),
        *_faults(found, choices),
        *_questions(view),
        *_wishes(view),
        *_first_rows(found),
        divider(),
        *_columns(view, page),
        actions([button("Discard", ids.keyed(ids.IMPORT_DISCARD, view.id))]),
    ]
    submit = "Import" if found.get("importable") else None
    return modal("Import", blocks[:100], callback_id=ids.IMPORT_READY, metadata=str(view.id), submit=submit)


def discarded_view() -> Block:
    """Return the window once the import is discarded."""
    return modal(
        "Import", [section("Discarded. Nothing was imported, and the files are deleted.")], callback_id=ids.IMPORT_OVER
    )


def ready_text(found: Mapping[str, Any]) -> str:
    """Return the message for a person who closed the window before the files were read."""
    what = "ready to import" if found.get("importable") else "read, but need a decision of yours"
    return f"Your files are {what}: {_rows(found)}."


def ready_blocks(import_id: int, found: Mapping[str, Any]) -> list[Block]:
    """Return the same with the button that opens the window."""
    return [
        section(ready_text(found)),
        actions([button("Check and import", ids.keyed(ids.IMPORT_OPEN, import_id), style="primary")]),
    ]


def waiting_text(*, other: bool) -> str:
    """Return the message from Import until the first progress."""
    return "Your import waits until another one has ended." if other else "Your import has begun."


def progress_text(done: int, total: int) -> str:
    """Return the message while rows are read."""
    full = int(20 * done / total) if total else 0
    return f"Importing: {done:,} of {total:,} rows read.\n{'█' * full}{'░' * (20 - full)}"


def done_text(result: Mapping[str, Any]) -> str:
    """Return the message of an import that is written."""
    lines = [
        f"Imported: {_changes(result)}.",
        f"Outstanding before: {_money(result, 'before')}, now: {_money(result, 'after')}.",
    ]
    if result.get("bad"):
        lines.append(f"{count_text(result['bad'], 'row')} could not be read; mend the file below and import it.")
    return "\n".join(lines)


def failed_text(detail: str) -> str:
    """Return the message of an import that did not work."""
    return f"Nothing was imported. {escape(cut(detail, 2500))}"


def _summary(found: Mapping[str, Any]) -> list[Block]:
    counts = found.get("counts", {})
    lines = [f"*{_rows(found)}.*"]
    if found.get("sheets") and not found.get("broken"):
        lines.append(f"An import comes to {_changes(counts)}.")
        lines.append(f"Outstanding before: {_money(counts, 'before')}, after: {_money(counts, 'after')}.")
    left = [f"{count:,} {escape(why)}" for why, count in counts.get("left_out", {}).items()]
    if left:
        lines.append(f"Left out: {', '.join(left)}.")
    notes = [f":warning: {escape(cut(warning, 300))}" for warning in found.get("warnings", ())]
    return [section("\n".join(lines)), *([context("\n".join(notes))] if notes else [])]


def _faults(found: Mapping[str, Any], choices: Mapping[str, Any]) -> list[Block]:
    if not found.get("fault_count"):
        return []
    shown = "\n".join(f"• {escape(cut(fault, 260))}" for fault in found["faults"])
    head = "To mend first" if found["broken"] else count_text(found["bad"], "bad row")
    more = found["fault_count"] - len(found["faults"])
    rest = f"\n… and {more:,} more." if more > 0 else ""
    blocks = [section(f"*{head}*\n{shown}{rest}")]
    if not found["broken"]:
        skip = option("Import the other rows; send me these as a file", "yes")
        blocks.append(actions([checkbox(ids.IMPORT_SKIP, skip, checked=bool(choices.get("skip_bad")))]))
    return blocks


def _questions(view: ImportView) -> list[Block]:
    """Ask what the files leave open; what was chosen before can be changed."""
    blocks = []
    undecided, choices = view.found.get("undecided", ()), view.choices
    if "date_order" in undecided or choices.get("date_order"):
        options = [option(text, value) for value, text in _ORDERS.items()]
        shown = select(ids.IMPORT_ORDER, options, chosen=choices.get("date_order"), placeholder="Choose")
        blocks.append(section("How are the dates written?", accessory=shown, block_id=_block(view, "order")))
    if "decimal" in undecided or choices.get("decimal"):
        options = [option(text, value) for value, text in _SIGNS.items()]
        shown = select(ids.IMPORT_SIGN, options, chosen=choices.get("decimal"), placeholder="Choose")
        blocks.append(section("Which is the decimal sign?", accessory=shown, block_id=_block(view, "sign")))
    return blocks


def _wishes(view: ImportView) -> list[Block]:
    unlisted = view.found.get("unlisted", 0)
    if not unlisted or view.found.get("broken"):
        return []
    label = option(f"Close {count_text(unlisted, 'open invoice')} that the files do not list", "yes")
    return [actions([checkbox(ids.IMPORT_FULL, label, checked=bool(view.choices.get("full")))])]


def _first_rows(found: Mapping[str, Any]) -> list[Block]:
    rows = [f"• {escape(cut(row, 250))}" for row in found.get("rows", ())]
    return [section("*First rows, as read*\n" + "\n".join(rows))] if rows else []


def _columns(view: ImportView, page: int) -> list[Block]:
    """Return one page of the columns, each with a select that changes what it means."""
    every = [
        (number, index, sheet, column)
        for number, sheet in enumerate(view.found.get("sheets", ()))
        for index, column in enumerate(sheet["columns"])
        if column["heading"]
    ]
    page = min(max(page, 0), max((len(every) - 1) // COLUMNS_A_PAGE, 0))
    blocks: list[Block] = []
    before = None
    for number, index, sheet, column in every[page * COLUMNS_A_PAGE : (page + 1) * COLUMNS_A_PAGE]:
        if number != before:
            blocks.append(section(_sheet_text(sheet)))
            before = number
        blocks.append(_column(view, number, index, column))
    turns = []
    if page:
        turns.append(button("Previous columns", ids.keyed(ids.IMPORT_PREVIOUS, page - 1)))
    if (page + 1) * COLUMNS_A_PAGE < len(every):
        turns.append(button("More columns", ids.keyed(ids.IMPORT_NEXT, page + 1)))
    return [*blocks, *([actions(turns)] if turns else [])]


def _sheet_text(sheet: Mapping[str, Any]) -> str:
    name = f"*{escape(cut(sheet['file'], 100))}*" + (f", {escape(cut(sheet['sheet'], 60))}" if sheet["sheet"] else "")
    notes = [count_text(sheet["entries"], "row")]
    if sheet["order"]:
        notes.append(f"dates with the {ORDER_NAMES[sheet['order']]}")
    if sheet["sign"]:
        notes.append(f"decimal sign {sheet['sign']}")
    return f"{name}: {', '.join(notes)}"


def _column(view: ImportView, sheet: int, index: int, column: Mapping[str, Any]) -> Block:
    options = [option(field.label, field.name) for field in FIELDS.values()]
    options += [option("A field of the customer's own", CUSTOM_CHOICE), option("Leave out", LEFT_OUT)]
    field = column["field"]
    chosen = LEFT_OUT if field is None else CUSTOM_CHOICE if column["how"] == "custom" else field
    action_id = ids.keyed(ids.IMPORT_COLUMN, f"{sheet}-{index}")
    shown = select(action_id, options, chosen=chosen, placeholder="Choose what it means")
    block_id = _block(view, f"{sheet}-{index}")
    return section({**plain(column["heading"], 200)}, accessory=shown, block_id=block_id)


def _block(view: ImportView, key: str) -> str:
    """Return a block id that is new with each reading, so that Slack shows the present choice."""
    return ids.keyed(ids.IMPORT_COLUMN, f"v{view.version}-{key}")


def _rows(found: Mapping[str, Any]) -> str:
    sheets = found.get("sheets", ())
    return f"{count_text(sum(sheet['entries'] for sheet in sheets), 'row')} in {count_text(len(sheets), 'list')}"


def _changes(counts: Mapping[str, Any]) -> str:
    parts = []
    for what, one in _WORDS.items():
        new, changed = counts.get(f"{what}_new", 0), counts.get(f"{what}_changed", 0)
        if new:
            parts.append(count_text(new, f"new {one}"))
        if changed:
            parts.append(count_text(changed, f"changed {one}"))
    if counts.get("invoices_closed"):
        parts.append(count_text(counts["invoices_closed"], "closed invoice"))
    return ", ".join(parts) or "no change"


def _money(counts: Mapping[str, Any], which: str) -> str:
    return money_list([Money(amount, currency) for amount, currency in counts.get(which, ())])


def message(text: str) -> list[Block]:
    """Return a message's text as blocks."""
    return [section(mrkdwn(text))]
