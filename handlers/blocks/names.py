"""Countries and languages by name, for the people who use the bot: filters keep the codes."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError

_ENGLISH = Locale("en")


def country_name(code: str) -> str:
    """Return "Germany" for DE; a code that is none stays as it is."""
    return str(_ENGLISH.territories.get(code.upper(), code))


def language_name(code: str) -> str:
    """Return "German" for de and "German (Austria)" for de_AT; a code that is none stays as it is."""
    try:
        return Locale.parse(code.replace("-", "_")).get_display_name("en") or code
    except (UnknownLocaleError, ValueError):
        return code
