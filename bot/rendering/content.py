"""A campaign's subject and body, checked and compiled once, then rendered for each customer.

Compiling parses the tags, formats the author's text, sanitises it and inlines the CSS; rendering only evaluates the
tags and puts their escaped values in, which is what makes ten thousand messages cheap.
"""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import css_inline
import nh3
from babel import Locale
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.domain.channels import EMAIL, SMS, ChannelKind
from bot.domain.merge import MergeFacts
from bot.domain.tags import MAY_BE_EMPTY, TABLE
from bot.errors import FieldErrors
from bot.rendering.expressions import CLOSE, OPEN, Expression, TagFault, parse
from bot.rendering.formatting import IN_URL_CLOSE, IN_URL_OPEN, format_body, link_faults
from bot.rendering.locales import locale_of
from bot.rendering.paper import Block, blocks_of, fill
from bot.rendering.sms import opt_out_line, plain_text, plain_value
from bot.rendering.table import SKELETON, InvoiceTable, TableTemplate, table_of, text_table
from bot.rendering.values import values_of

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
SUBJECT_LIMIT = 200
BODY_LIMIT = 3000
"""What a Slack input holds: https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element."""

_PLACE = re.compile(f"{OPEN}(\\d+){CLOSE}")
_URL_PLACE = re.compile(f"{IN_URL_OPEN}(\\d+){IN_URL_CLOSE}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+")
_ALLOWED_TAGS = {"p", "br", "strong", "em", "a", "ul", "ol", "li"}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a draft's text: `field` is subject or body."""

    field: str
    message: str


class ContentFaults(FieldErrors):
    """The subject or the body can't be sent as they are."""

    def __init__(self, faults: list[Fault]) -> None:
        fields: dict[str, list[str]] = {}
        for fault in faults:
            fields.setdefault(fault.field, []).append(fault.message)
        super().__init__({name: " ".join(messages) for name, messages in fields.items()})


@dataclass(frozen=True, slots=True)
class Rendered:
    """One message; `empty_tags` are the tags that had nothing to say and no default."""

    subject: str
    text: str
    html: str
    empty_tags: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OnPaper:
    """One message in blocks, for a letter; `is_signed` says that the author's text ends in a signature of its own."""

    subject: str
    blocks: tuple[Block, ...]
    is_signed: bool


def check_content(subject: str, body: str, kind: ChannelKind = EMAIL) -> list[Fault]:
    """Return everything that keeps the text from being sent, each with how to mend it; empty when it is fine."""
    faults = [Fault("subject", message) for message in _subject_faults(subject)] if kind.has_subject else []
    return faults + [Fault("body", message) for message in _body_faults(body, kind)]


def _subject_faults(subject: str) -> list[str]:
    if not subject.strip():
        return ["Write a subject."]
    if len(subject) > SUBJECT_LIMIT:
        return [f"The subject has {len(subject)} characters; {SUBJECT_LIMIT} are the most."]
    if _CONTROL.search(subject):
        return ["The subject must be a single line."]
    try:
        _, tags = parse(subject)
    except TagFault as fault:
        return [str(fault)]
    if any(tag.name == TABLE for tag in tags):
        return ["The invoice table can't stand in the subject; use {{invoices.overdue_numbers}} there."]
    return []


def _body_faults(body: str, kind: ChannelKind) -> list[str]:
    if not body.strip():
        return ["Write a message."]
    if len(body) > BODY_LIMIT:
        return [f"The message has {len(body)} characters; {BODY_LIMIT} are the most."]
    try:
        source, tags = parse(body)
    except TagFault as fault:
        return [str(fault)]
    if not kind.has_table and any(tag.name == TABLE for tag in tags):
        return [f"The invoice table can't stand in an {kind.one}; use {{{{invoices.overdue_numbers}}}} there."]
    tables = {f"{OPEN}{n}{CLOSE}" for n, tag in enumerate(tags) if tag.name == TABLE}
    return link_faults(source, tables)


def compile_content(subject: str, body: str, kind: ChannelKind = EMAIL) -> Content:
    """Return the compiled text; raise ContentFaults with everything that is wrong with it."""
    faults = check_content(subject, body, kind)
    if faults:
        raise ContentFaults(faults)
    return Content(subject if kind.has_subject else "", body, kind)


class Content:
    """A compiled subject and body; safe to use from several threads."""

    def __init__(self, subject: str, body: str, kind: ChannelKind = EMAIL) -> None:
        self._is_sms = kind is SMS
        self._subject, self._subject_tags = parse(subject.strip())
        source, self._tags = parse(body)
        table = next((n for n, tag in enumerate(self._tags) if tag.name == TABLE), None)
        for n, tag in enumerate(self._tags):  # every mention of the table is the same block
            if tag.name == TABLE and n != table:
                source = source.replace(f"{OPEN}{n}{CLOSE}", f"{OPEN}{table}{CLOSE}")
        formatted = format_body(source, table)
        safe = nh3.clean(
            formatted.html,
            tags=_ALLOWED_TAGS,
            attributes={"a": {"href"}, "ol": {"start"}},
            link_rel="noopener noreferrer",
        )
        self._text, (self._html, self._table) = formatted.text, _frame(safe)
        self._table_place, self._blocks = table, blocks_of(safe)

    def render(self, facts: MergeFacts) -> Rendered:
        """Return the message for one customer, in the customer's language."""
        locale = locale_of(facts.language)
        values = values_of(facts, locale)
        subject = [tag.evaluate(values, locale) for tag in self._subject_tags]
        body = [tag.evaluate(values, locale) for tag in self._tags]
        if self._is_sms:
            return self._as_sms([plain_value(text) for text in body], facts)
        table = table_of(facts, locale) if self._table_place is not None else None
        return Rendered(
            subject=_one_line(_PLACE.sub(lambda m: subject[int(m[1])], self._subject)),
            text=self._fill_text(body, table),
            html=self._fill_html(body, table, locale),
            empty_tags=self._empty([*subject, *body], table),
        )

    def on_paper(self, facts: MergeFacts) -> OnPaper:
        """Return the message for one customer in blocks, its tags filled in as `render` does."""
        locale = locale_of(facts.language)
        values = values_of(facts, locale)
        subject = [tag.evaluate(values, locale) for tag in self._subject_tags]
        body = [tag.evaluate(values, locale) for tag in self._tags]
        table = table_of(facts, locale) if self._table_place is not None else None
        return OnPaper(
            subject=_one_line(_PLACE.sub(lambda m: subject[int(m[1])], self._subject)),
            blocks=fill(self._blocks, body, table),
            is_signed=self._is_signed(body),
        )

    def _is_signed(self, values: list[str]) -> bool:
        """Say whether the author signed: with a signature anywhere, or with the name in the last paragraph.

        A signature that nobody has written yet signs nothing.
        """
        last = "".join(run.text for line in self._blocks[-1].lines for run in line) if self._blocks else ""
        closing = {int(n) for n in _PLACE.findall(last)}
        return any(
            (tag.name == "sender.signature" or (tag.name == "sender.name" and n in closing)) and values[n].strip()
            for n, tag in enumerate(self._tags)
        )

    def _as_sms(self, values: list[str], facts: MergeFacts) -> Rendered:
        text = plain_text(self._fill_text(values, None))
        if facts.organisation.sms_opt_out:
            text = f"{text}\n{opt_out_line(facts.language)}"
        return Rendered(subject="", text=text, html="", empty_tags=self._empty(values, None))

    def _fill_text(self, values: list[str], invoices: InvoiceTable | None) -> str:
        table = text_table(invoices) if invoices else ""
        filled = _PLACE.sub(lambda m: table if int(m[1]) == self._table_place else values[int(m[1])], self._text)
        filled = _URL_PLACE.sub(lambda m: quote(values[int(m[1])], safe="@"), filled)
        return re.sub(r"\n{3,}", "\n\n", filled).strip() + "\n"

    def _fill_html(self, values: list[str], invoices: InvoiceTable | None, locale: Locale) -> str:
        table = self._table.render(invoices) if invoices else ""
        safe = [html.escape(value).replace("\n", "<br>") for value in values]
        filled = _PLACE.sub(lambda m: table if int(m[1]) == self._table_place else safe[int(m[1])], self._html)
        filled = _URL_PLACE.sub(lambda m: quote(values[int(m[1])], safe="@"), filled)
        filled = filled.replace(_LANGUAGE, str(locale).replace("_", "-"), 1)
        return filled.replace(_DIRECTION, locale.text_direction, 1)

    def _empty(self, values: list[str], table: InvoiceTable | None) -> tuple[str, ...]:
        """Return the tags that say nothing and should; default("") is an author's word that nothing may stand there."""
        tags: list[Expression] = [*self._subject_tags, *self._tags]
        said = [
            bool(table and table.rows) if tag.name == TABLE else bool(v) for tag, v in zip(tags, values, strict=True)
        ]
        empty = [
            tag.name
            for tag, any_text in zip(tags, said, strict=True)
            if not any_text and tag.fallback is None and tag.name not in MAY_BE_EMPTY
        ]
        return tuple(dict.fromkeys(empty))


_LANGUAGE, _DIRECTION = "x-message-language", "x-message-direction"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)


def _frame(body: str) -> tuple[str, TableTemplate]:
    """Return the whole HTML page around `body`, and the table's template, both with their CSS inlined."""
    mark, page = "<!--cut-->", _environment().get_template("email/message.html.j2")
    safe = {"body": Markup(body), "table": Markup(SKELETON), "cut": Markup(mark)}  # noqa: S704  sanitised, and ours
    inlined = css_inline.inline(page.render(language=_LANGUAGE, direction=_DIRECTION, **safe), keep_style_tags=True)
    before, table, after = inlined.split(mark)
    return before + after, TableTemplate(table)


def _one_line(text: str) -> str:
    return _CONTROL.sub(" ", text).strip()
