"""Tags in a text: found with Jinja2's own parser, checked against an allow-list, evaluated without running any code.

A tag is a name from the catalogue, with `default("…")` or `plural("one", "other")` behind it and nothing else: no
statement, call, arithmetic, index or attribute that is not in the catalogue gets as far as a value.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from babel import Locale
from jinja2 import Environment, TemplateSyntaxError, nodes

from bot.domain.tags import NAMES, TABLE, nearest
from bot.rendering.locales import number_text, plural_form

Value = str | int
_PARSER = Environment(autoescape=False)  # noqa: S701  only its parser is used; nothing is ever rendered with it

_MARKS = re.compile("[\ue000-\ue01f]")
OPEN, CLOSE = "\ue000", "\ue001"
"""Private-use characters that stand around a tag's number while its text is being formatted."""


@dataclass(frozen=True, slots=True)
class Expression:
    """One tag as written: its name, the fallback and the plural forms, where given."""

    name: str
    fallback: str | None = None
    forms: tuple[str, ...] = ()

    def evaluate(self, values: Mapping[str, Value], locale: Locale) -> str:
        """Return the tag's text; empty when the value is empty and no fallback was given."""
        value = values[self.name]
        if self.forms and isinstance(value, int):
            return plural_form(value, self.forms, locale)
        text = number_text(value, locale) if isinstance(value, int) else unmarked(value)
        return text if text.strip() else (self.fallback or "")


class TagFault(ValueError):
    """A tag is wrong; the message says which, where and how to mend it."""


def unmarked(text: str) -> str:
    """Return `text` without the characters that mark places here, so that no value can be taken for a place."""
    return _MARKS.sub("", text)


def parse(source: str) -> tuple[str, tuple[Expression, ...]]:
    """Return `source` with each tag replaced by its number between OPEN and CLOSE, and the tags by number.

    Raises TagFault for the first thing that is not a tag of ours.
    """
    clean = unmarked(source)
    try:
        tree = _PARSER.parse(clean)
    except TemplateSyntaxError as error:
        raise TagFault(f"Line {error.lineno}: this tag is not complete. Write it like {{{{customer.name}}}}.") from None
    parts: list[str] = []
    found: list[Expression] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            raise TagFault(
                f"Line {statement.lineno}: only tags like {{{{customer.name}}}} can stand in a message, no {{% … %}}."
            )
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                parts.append(node.data)
            else:
                parts.append(f"{OPEN}{len(found)}{CLOSE}")
                found.append(_expression(node))
    if "{#" in clean:
        raise TagFault("A message can't hold comments {# … #}: take them out.")
    # Jinja2 drops one line break at the very end; a message keeps it out as well, so nothing is lost
    return "".join(parts), tuple(found)


def _expression(node: nodes.Expr) -> Expression:
    fallback: str | None = None
    forms: tuple[str, ...] = ()
    while isinstance(node, nodes.Filter) and node.node is not None:
        arguments = _texts(node)
        if node.name == "default" and len(arguments) == 1:
            fallback = arguments[0]
        elif node.name == "plural" and len(arguments) in (2, 3):
            forms = arguments
        else:
            raise TagFault(
                f'Line {node.lineno}: after a tag only | default("…") or | plural("invoice", "invoices") can stand, '
                f"not | {node.name}."
            )
        node = node.node
    name = _name(node)
    if name not in NAMES:
        guess = nearest(name)
        hint = f"Did you mean {{{{{guess}}}}}?" if guess else "Choose one from the tag list."
        raise TagFault(f"There is no tag {{{{{name}}}}} (line {node.lineno}). {hint}")
    if forms and name != "invoices.overdue_count":
        raise TagFault(f"plural goes with {{{{invoices.overdue_count}}}} only, not with {{{{{name}}}}}.")
    if fallback is not None and name == TABLE:
        raise TagFault("{{invoices.table}} can't have a default: it is left out where nothing is overdue.")
    return Expression(name, fallback, forms)


def _texts(node: nodes.Filter) -> tuple[str, ...]:
    arguments = [a.value for a in node.args if isinstance(a, nodes.Const) and isinstance(a.value, str)]
    if len(arguments) != len(node.args) or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise TagFault(f'Line {node.lineno}: write {node.name} with plain texts in quotes, like default("there").')
    return tuple(arguments)


def _name(node: nodes.Expr) -> str:
    if isinstance(node, nodes.Name):
        return node.name
    if isinstance(node, nodes.Getattr):
        return f"{_name(node.node)}.{node.attr}"
    raise TagFault(
        f"Line {node.lineno}: only tags can stand between {{{{ and }}}}, no calculation or call. "
        "Choose one from the tag list."
    )
