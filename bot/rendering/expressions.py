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
from bot.rendering.cleaning import clean_lines, one_line
from bot.rendering.locales import number_text, plural_form

Value = str | int
_PARSER = Environment(autoescape=False)  # noqa: S701  only its parser is used; nothing is ever rendered with it

_COUNTS = frozenset({"invoices.overdue_count", "oldest.days_past_due"})
_LINES = frozenset({"sender.signature"})
"""The only values that may have several lines; in all others a line break is a space."""

_TAG_TEXT = re.compile(r"\{\{[^\n]*?\}\}")
_CURLY_QUOTES = str.maketrans({"“": '"', "”": '"', "„": '"', "«": '"', "»": '"'})
_ONE_BRACE = re.compile(r"\{\s*([a-z_]+(?:\.[a-z_]+)*)\s*\}")
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
        if isinstance(value, int):
            return plural_form(value, self.forms, locale) if self.forms else number_text(value, locale)
        text = clean_lines(value) if self.name in _LINES else one_line(value)
        return text if text.strip() else (self.fallback or "")


MOST_FAULTS = 5
"""Wrong tags named at once: more would not be read at an input."""


class TagFault(ValueError):
    """A tag is wrong; the message says which, where and how to mend it."""


def parse(source: str) -> tuple[str, tuple[Expression, ...]]:
    """Return `source` with each tag replaced by its number between OPEN and CLOSE, and the tags by number.

    Raises TagFault that names everything that is not a tag of ours, up to MOST_FAULTS.
    """
    # keyboards and word processors turn quotes into curly ones, also where default("…") wants straight ones
    clean = _TAG_TEXT.sub(lambda m: m[0].translate(_CURLY_QUOTES), clean_lines(source))
    try:
        return _found(clean)
    except TemplateSyntaxError:
        raise TagFault(" ".join(_one_by_one(clean))) from None
    except RecursionError:
        raise TagFault("A tag is far too deeply nested. Write it like {{customer.name}}.") from None


def _one_by_one(clean: str) -> list[str]:
    """Return what is wrong with each tag of a text that can't be parsed whole, then with the rest of it."""
    faults = []
    for match in _TAG_TEXT.finditer(clean):
        line = clean.count("\n", 0, match.start()) + 1
        try:
            _found("\n" * (line - 1) + match[0])
        except TagFault as fault:
            faults.append(str(fault))
        except TemplateSyntaxError:
            faults.append(_unknown(match[0][2:-2].partition("|")[0].strip(), line))
    try:
        _found(_TAG_TEXT.sub(" ", clean))
    except TagFault as fault:
        faults.append(str(fault))
    except TemplateSyntaxError as error:
        faults.append(f"Line {error.lineno}: this tag is not complete. Write it like {{{{customer.name}}}}.")
    return list(dict.fromkeys(faults))[:MOST_FAULTS]


def _unknown(name: str, line: int) -> str:
    if not name or name in NAMES:  # the name is right, what stands behind it is not
        return f"Line {line}: this tag is not complete. Write it like {{{{{name or 'customer.name'}}}}}."
    guess = nearest(name)
    hint = f"Did you mean {{{{{guess}}}}}?" if guess else "Choose one from the tag list."
    return f"There is no tag {{{{{name}}}}} (line {line}). {hint}"


def _found(clean: str) -> tuple[str, tuple[Expression, ...]]:
    tree = _PARSER.parse(clean)
    parts: list[str] = []
    found: list[Expression] = []
    faults: list[str] = []
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            raise TagFault(
                f"Line {statement.lineno}: only tags like {{{{customer.name}}}} can stand in a message, no {{% … %}}."
            )
        for node in statement.nodes:
            try:
                if isinstance(node, nodes.TemplateData):
                    _refuse_loose_braces(node.data, node.lineno)
                    parts.append(node.data)
                else:
                    parts.append(f"{OPEN}{len(found)}{CLOSE}")
                    found.append(_expression(node))
            except TagFault as fault:
                faults.append(str(fault))
    if faults:
        raise TagFault(" ".join(dict.fromkeys(faults[:MOST_FAULTS])))
    if "{#" in clean:
        raise TagFault("A message can't hold comments {# … #}: take them out.")
    # Jinja2 drops one line break at the very end; a message keeps it out as well, so nothing is lost
    return "".join(parts), tuple(found)


def _refuse_loose_braces(text: str, line: int) -> None:
    """Raise TagFault where braces in plain text look like a tag gone wrong: it would be mailed as it stands."""
    for match in _ONE_BRACE.finditer(text):
        guess = nearest(match[1])
        if guess is not None:
            at = line + text.count("\n", 0, match.start())
            raise TagFault(f"Line {at}: {match[0]} is no tag. Did you mean {{{{{guess}}}}}?")
    if "}}" in text:
        at = line + text.count("\n", 0, text.index("}}"))
        raise TagFault(f"Line {at}: }}}} closes no tag. Write a tag like {{{{customer.name}}}}.")


def _expression(node: nodes.Expr) -> Expression:
    fallback: str | None = None
    forms: tuple[str, ...] = ()
    while isinstance(node, nodes.Filter) and node.node is not None:
        arguments = _texts(node)
        if node.name == "default" and len(arguments) == 1:
            fallback = one_line(arguments[0])
        elif node.name == "plural" and len(arguments) in (2, 3):
            forms = tuple(one_line(form) for form in arguments)
        else:
            raise TagFault(
                f'Line {node.lineno}: after a tag only | default("…") or | plural("invoice", "invoices") can stand, '
                f"not | {node.name}."
            )
        node = node.node
    name = _name(node)
    if name not in NAMES:
        raise TagFault(_unknown(name, node.lineno))
    if forms and name not in _COUNTS:
        raise TagFault(
            "plural goes with {{invoices.overdue_count}} and {{oldest.days_past_due}} only, "
            f"not with {{{{{name}}}}}."
        )
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
