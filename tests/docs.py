"""Writes what the documentation says of the code: the README's settings and tags, and the state diagrams."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import SecretStr
from pydantic_core import PydanticUndefined

from bot.config import Settings
from bot.domain.states import ACTION_TRANSITIONS, CAMPAIGN_TRANSITIONS
from bot.domain.tags import TAGS
from bot.imports.fields import FIELDS

ROOT = Path(__file__).resolve().parents[1]
README, STATES = ROOT / "README.md", ROOT / "docs" / "states.md"


def settings_table() -> str:
    """Return the README's table of settings."""
    rows = ["| setting | default | meaning |", "| --- | --- | --- |"]
    for name, field in Settings.model_fields.items():
        default = field.default
        shown = "" if default in (PydanticUndefined, None) or isinstance(default, SecretStr) else f"`{default}`"
        rows.append(f"| `{name.upper()}` | {shown} | {field.description} |")
    return "\n".join(rows)


def tags_table() -> str:
    """Return the README's table of tags."""
    rows = ["| tag | says | for example |", "| --- | --- | --- |"]
    return "\n".join([*rows, *(f"| `{tag.code}` | {tag.group}: {tag.label} | {tag.example} |" for tag in TAGS)])


def diagrams(heading: str) -> str:
    """Return both state diagrams, each under a heading of this level ("##")."""
    parts: list[str] = []
    for title, table in (("Actions", ACTION_TRANSITIONS), ("Campaigns", CAMPAIGN_TRANSITIONS)):
        parts += [f"{heading} {title}", "", "```mermaid", "stateDiagram-v2"]
        parts += [f"    {start.value} --> {end.value}: {event.value}" for (start, event), end in table.items()]
        parts += ["```", ""]
    return "\n".join(parts)


def states_page() -> str:
    """Return docs/states.md: both diagrams."""
    made = "Made from the tables in `bot/domain/states.py` by `make docs`; a test compares them."
    return "\n".join(["# States", "", made, "", diagrams("##")])


def readme(text: str) -> str:
    """Return the README with its generated parts made anew."""
    fields = ", ".join(f"`{name}`" for name in FIELDS)
    text = re.sub(r"(<!-- fields -->).*?(<!-- /fields -->)", lambda m: m[1] + fields + m[2], text, flags=re.S)
    for name, table in (
        ("settings", settings_table()),
        ("tags", tags_table()),
        ("states", diagrams("###").rstrip()),
    ):
        pattern = f"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        text = re.sub(pattern, lambda m, t=table: f"{m[1]}{t}\n{m[2]}", text, flags=re.S)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    README.write_text(readme(README.read_text(encoding="utf-8")), encoding="utf-8")
    STATES.write_text(states_page(), encoding="utf-8")
