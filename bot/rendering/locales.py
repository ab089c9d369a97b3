"""How dates, amounts, lists and fixed words read in the customer's language."""

from __future__ import annotations

import copy
import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.lists import format_list
from babel.numbers import format_decimal

from bot.domain.money import Money, exponent

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "invoice": "Invoice",
        "issued": "Issued",
        "due": "Due date",
        "late": "Days past due",
        "amount": "Amount",
        "total": "Total",
        "statement": "Account statement",
        "as_of": "As of",
        "status": "Status",
        "overdue": "Overdue",
        "not_due": "Not due yet",
        "disputed": "Disputed",
        "nothing": "Nothing is outstanding.",
        "page": "Page",
        "letter": "Letter",
        "date": "Date",
        "reference": "Our reference",
        "payment": "Payment details",
        "page_of": "Page {page} of {pages}",
    },
    "fr": {
        "invoice": "Facture",
        "issued": "Émise le",
        "due": "Échéance",
        "late": "Jours de retard",
        "amount": "Montant",
        "total": "Total",
        "statement": "Relevé de compte",
        "as_of": "Au",
        "status": "État",
        "overdue": "En retard",
        "not_due": "Non échue",
        "disputed": "Contestée",
        "nothing": "Rien n'est dû.",
        "page": "Page",
        "letter": "Lettre",
        "date": "Date",
        "reference": "Notre référence",
        "payment": "Coordonnées de paiement",
        "page_of": "Page {page} sur {pages}",
    },
    "de": {
        "invoice": "Rechnung",
        "issued": "Ausgestellt",
        "due": "Fällig am",
        "late": "Tage überfällig",
        "amount": "Betrag",
        "total": "Summe",
        "statement": "Kontoauszug",
        "as_of": "Stand",
        "status": "Status",
        "overdue": "Überfällig",
        "not_due": "Noch nicht fällig",
        "disputed": "Strittig",
        "nothing": "Es ist nichts offen.",
        "page": "Seite",
        "letter": "Brief",
        "date": "Datum",
        "reference": "Unser Zeichen",
        "payment": "Zahlungsangaben",
        "page_of": "Seite {page} von {pages}",
    },
    "es": {
        "invoice": "Factura",
        "issued": "Emitida",
        "due": "Vencimiento",
        "late": "Días de retraso",
        "amount": "Importe",
        "total": "Total",
        "statement": "Estado de cuenta",
        "as_of": "A fecha de",
        "status": "Estado",
        "overdue": "Vencida",
        "not_due": "No vencida",
        "disputed": "En disputa",
        "nothing": "No hay nada pendiente.",
        "page": "Página",
        "letter": "Carta",
        "date": "Fecha",
        "reference": "Nuestra referencia",
        "payment": "Datos de pago",
        "page_of": "Página {page} de {pages}",
    },
}
"""The fixed words of tables and statements; languages without an entry read English words."""


def is_locale(text: str) -> bool:
    """Say whether `text` is a language such as `en`, `fr` or `de_AT` that messages can be written in."""
    try:
        Locale.parse(text.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return False
    return True


@lru_cache(maxsize=256)
def locale_of(language: str) -> Locale:
    """Return the locale for a language tag such as `fr`, `de-AT` or `pt_BR`; an unknown one reads as English."""
    for candidate in (language.replace("-", "_"), language.replace("-", "_").split("_")[0]):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    return Locale.parse("en")


def words(locale: Locale) -> dict[str, str]:
    """Return the fixed words in the locale's language."""
    return WORDS.get(locale.language, WORDS["en"])


@lru_cache(maxsize=4096)
def date_text(day: date, locale: Locale) -> str:
    """Return a date in full ("3 March 2026" and the like)."""
    return format_date(day, format="long", locale=locale)


@lru_cache(maxsize=4096)
def short_date(day: date, locale: Locale) -> str:
    """Return a date as tables show it."""
    return format_date(day, format="medium", locale=locale)


@lru_cache(maxsize=1024)
def number_text(number: int, locale: Locale) -> str:
    """Return a whole number with the locale's grouping."""
    return format_decimal(number, locale=locale)


_TOUCHING = re.compile(r"(?<=[^\W\d_])(?=\d)")
"""A code such as KWD wants a space before its digits (CLDR's currencySpacing, which Babel leaves out)."""


@lru_cache(maxsize=512)
def _pattern(locale: Locale, digits: int) -> Any:
    pattern = copy.copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)  # ISO 4217's digits: CLDR's differ for some currencies and would round
    return pattern


def money_text(money: Money, locale: Locale) -> str:
    """Return an amount exactly, with the currency's own digits."""
    pattern = _pattern(locale, exponent(money.currency))
    text: str = pattern.apply(money.major, locale, currency=money.currency, currency_digits=False)
    return _TOUCHING.sub("\u00a0", text)


def list_text(items: Sequence[str], locale: Locale) -> str:
    """Return "a, b and c" in the locale's words; empty for nothing."""
    return format_list(list(items), locale=locale) if items else ""


def plural_form(number: int, forms: Sequence[str], locale: Locale) -> str:
    """Return the form of a word that goes with `number`: forms are one, (few,) other, by CLDR's plural rules."""
    category = locale.plural_form(number)
    if category == "one":
        return forms[0]
    return forms[1] if category == "few" and len(forms) > 2 else forms[-1]
