"""Words by which a phone opts out of SMS, back in, or asks for help, in the usual languages.

Source of the English ones: https://www.twilio.com/docs/messaging/guides/advanced-opt-out#default-keywords. YES is left
out: to a reminder it is an answer.
"""

from __future__ import annotations

import re
from enum import StrEnum

from bot.domain.folding import fold


class Keyword(StrEnum):
    """What a keyword asks for."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_WORDS = {
    Keyword.STOP: (
        "stop stopall unsubscribe cancel end quit revoke optout "  # English
        "stopp abmelden abbestellen "  # German, Swedish
        "arret arreter desabonner desinscrire "  # French
        "alto baja cancelar parar "  # Spanish, Portuguese
        "ferma basta annulla cancellami disiscrivi "  # Italian
        "stoppen afmelden uitschrijven "  # Dutch
        "sair stopp avsluta slut avmeld afmeld lopeta wypisz"  # Portuguese, Nordic, Polish
    ),
    Keyword.START: "start unstop anmelden demarrer reabonner alta iniciar empezar iscrivi avvia aanmelden comecar",
    Keyword.HELP: "help info hilfe aide ayuda aiuto hulp ajuda hjalp hjaelp hjelp apua pomoc",
}
_BY_WORD = {word: keyword for keyword, words in _WORDS.items() for word in words.split()}
_AROUND = re.compile(r"^\W+|\W+$")


def keyword_of(text: str) -> Keyword | None:
    """Return the keyword that a message consists of, alone; None for words meant for a person."""
    return _BY_WORD.get(_AROUND.sub("", fold(text)).replace(" ", "").replace("-", ""))
