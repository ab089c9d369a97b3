"""Blocks as a person reads them, in plain text."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

from sandbox.input_state import STATEFUL, InputState
from sandbox.jsontypes import Json

_MARK = re.compile(r"<([^<>]+)>")


def readable(text: str, names: dict[str, str] | None = None) -> str:
    """Return mrkdwn as it is displayed: links by their label, mentions by name, dates by their fallback, unescaped."""

    def shown(match: re.Match[str]) -> str:
        target, _, label = match.group(1).partition("|")
        if target.startswith("@"):
            return "@" + ((names or {}).get(target[1:]) or label or target[1:])
        if target.startswith("!date"):
            return label
        if target.startswith("!"):
            return label or "@" + target[1:].partition("^")[0]
        return label or target.removeprefix("mailto:")

    return html.unescape(_MARK.sub(shown, text))


class Renderer:
    """Renders blocks for one reader, the values of their inputs included."""

    def __init__(self, names: dict[str, str], inputs: InputState | None, errors: dict[str, str] | None = None) -> None:
        self._names = names
        self._inputs = inputs
        self._errors = errors or {}
        self._blocks: dict[str, Callable[[Json], list[str]]] = {
            "header": lambda block: [self.text(block.get("text"))],
            "section": self._section,
            "context": lambda block: [" · ".join(filter(None, map(self._context, block.get("elements", []))))],
            "actions": lambda block: [" ".join(self.element(block, one) for one in block.get("elements", []))],
            "input": self._input,
            "divider": lambda block: ["---"],
            "image": lambda block: [f"(image: {block.get('alt_text', '')})"],
            "markdown": lambda block: [str(block.get("text", ""))],
            "rich_text": lambda block: [_flat(block)],
            "table": self._table,
            "data_table": self._table,
            "file": lambda block: [f"(file: {block.get('external_id', '')})"],
        }

    def blocks(self, blocks: list[Json]) -> str:
        """Return all blocks, each on lines of its own."""
        lines: list[str] = []
        for block in blocks:
            lines += self._blocks.get(str(block.get("type")), _nothing)(block)
        return "\n".join(line for line in lines if line)

    def text(self, value: Any) -> str:
        """Return a text object as displayed."""
        if not isinstance(value, dict):
            return ""
        text = str(value.get("text", ""))
        return readable(text, self._names) if value.get("type") == "mrkdwn" else text

    def element(self, block: Json, element: Json) -> str:
        """Return an element with its label and, where it keeps one, its value."""
        kind = element.get("type")
        if kind == "button":
            return f"[{self.text(element.get('text'))}]"
        if kind == "image":
            return f"(image: {element.get('alt_text', '')})"
        if kind == "overflow":
            return "[… " + " | ".join(self.text(one["text"]) for one in element.get("options", [])) + "]"
        if kind in ("checkboxes", "radio_buttons"):
            return self._boxes(block, element)
        shown = self.value(block, element) or self.text(element.get("placeholder"))
        return f"<{shown}>"

    def value(self, block: Json, element: Json) -> str:
        """Return what an element shows as its value, "" when it is empty."""
        key = (block.get("block_id", ""), element.get("action_id", ""))
        if self._inputs is None or not self._inputs.holds(key):
            return ""
        shown = self._inputs.get(key).shown
        if isinstance(shown, list):
            return ", ".join(self._one(item) for item in shown)
        return self._one(shown)

    def _one(self, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, dict):
            if value.get("type") == "rich_text":
                return _flat(value)
            return self.text(value["text"]) if isinstance(value.get("text"), dict) else str(value.get("name", ""))
        return self._names.get(str(value), str(value))

    def _boxes(self, block: Json, element: Json) -> str:
        key = (block.get("block_id", ""), element.get("action_id", ""))
        held = self._inputs.get(key).shown if self._inputs and self._inputs.holds(key) else None
        chosen = held if isinstance(held, list) else [held]
        values = {one.get("value") for one in chosen if isinstance(one, dict)}
        lines = []
        for option in element.get("options", []):
            mark = "x" if option.get("value") in values else " "
            note = f" ({self.text(option['description'])})" if option.get("description") else ""
            lines.append(f"[{mark}] {self.text(option['text'])}{note}")
        return "\n".join(lines)

    def _context(self, element: Json) -> str:
        return f"(image: {element.get('alt_text', '')})" if element.get("type") == "image" else self.text(element)

    def _section(self, block: Json) -> list[str]:
        lines = [self.text(block.get("text"))] + [self.text(one) for one in block.get("fields") or []]
        accessory = block.get("accessory")
        if isinstance(accessory, dict):
            lines.append(self.element(block, accessory))
        return lines

    def _input(self, block: Json) -> list[str]:
        element = block["element"]
        optional = " (optional)" if block.get("optional") else ""
        shown = self.element(block, element)
        if element.get("type") not in STATEFUL:
            shown = ""
        lines = [f"{self.text(block.get('label'))}{optional}: {shown}", self.text(block.get("hint"))]
        error = self._errors.get(str(block.get("block_id")))
        return lines + ([f"! {error}"] if error else [])

    def _table(self, block: Json) -> list[str]:
        caption = str(block.get("caption") or "")
        rows = [" | ".join(_cell(cell) for cell in row) for row in block.get("rows", [])]
        return [caption, *rows]


def _nothing(block: Json) -> list[str]:
    return []


def _cell(cell: Json) -> str:
    return _flat(cell) if cell.get("type") == "rich_text" else str(cell.get("text", cell.get("value", "")))


def _flat(value: Any) -> str:
    """Return the text of a rich_text structure."""
    if isinstance(value, list):
        return "".join(_flat(one) for one in value)
    if not isinstance(value, dict):
        return ""
    if "elements" in value:
        end = "\n" if str(value.get("type", "")).startswith("rich_text_") else ""
        return _flat(value["elements"]) + end if end else _flat(value["elements"]).strip("\n")
    return str(value.get("text") or value.get("url") or value.get("name") or "")
