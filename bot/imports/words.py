"""Words in cells: states of invoices, kinds of documents, yes and no, in English, French, German and Spanish."""

from __future__ import annotations

import re
from typing import Literal
from zoneinfo import ZoneInfo

from bot.domain.folding import fold, fold_address

Status = Literal["open", "disputed", "paid", "void", "draft"]

_STATES: tuple[tuple[Status, str], ...] = (
    (
        "paid",
        r"(?:fully |auto )?paid(?: in full)?(?: (?:not )?deposited)?|deposited|settled|closed|c|cleared|in payment"
        r"|paye+s?|payee?s?|regle+s?|soldee?|acquittee?|lettree?"
        r"|bezahlt|beglichen|ausgeglichen|erledigt|pagad[oa]|cobrad[oa]|saldad[oa]|liquidad[oa]",
    ),
    (
        "disputed",
        r"(?:in )?disputed?\b.*|contested|(?:en )?litige\b.*|contestee?|strittig|reklamiert|in klarung|bestritten"
        r"|en disputa|disputad[oa]|impugnad[oa]|reclamad[oa]",
    ),
    (
        "void",
        r"void(?:ed)?|deleted|cancel(?:l?ed)?|uncollectible|written off|write off|bad debt|reversed|annulee?"
        r"|irrecouvrable|passee? en perte|storniert|ausgebucht|uneinbringlich|anulad[oa]|cancelad[oa]|incobrable",
    ),
    (
        "draft",
        r"draft|submitted|awaiting approval|pending approval|quote|estimate|pro ?forma|brouillon|a valider|devis"
        r"|entwurf|angebot|borrador|presupuesto",
    ),
    (
        "open",
        r"open|o|active|unpaid|not paid|no payment|sent|authori[sz]ed|approved|posted|overdue.*"
        r"|(?:payment |past )?due.*|not due.*|late|parti(?:al|el).*|part(?:ly)? paid|awaiting payment|outstanding"
        r"|viewed|pending|issued|finali[sz]ed|reminded|\d(?:st|nd|rd|th)? reminder|in collections?|failed|declined"
        r"|ouverte?|impayee?|non payee?|non reglee?|a payer|en retard|(?:non )?echue?|a echoir|validee?|envoyee?|emise"
        r"|en attente.*|comptabilisee?|en cours|relancee?|en relance|en recouvrement"
        r"|offen|unbezahlt|uberfallig|(?:noch )?(?:nicht )?fallig|teilbezahlt|teilzahlung|teilweise.*|gebucht"
        r"|versendet|verschickt|gemahnt|\d mahnung|mahnstufe \d|im mahnverfahren|inkasso"
        r"|abiert[oa]|pendiente.*|.*parcial.*|(?:no )?vencid[oa]|vigente|impagad[oa]|no pagad[oa]|no cobrad[oa]"
        r"|devuelt[oa]|enviad[oa]|emitid[oa]|registrad[oa]|contabilizad[oa]",
    ),
)
_STATUS = tuple((status, re.compile(pattern)) for status, pattern in _STATES)
_NO_INVOICE = re.compile(
    r".*\b(?:credit|refund|payment|receipt|deposit|prepayment|overpayment|bill|journal|avoir|reglement|paiement"
    r"|encaissement|acompte|gutschrift|zahlung|storno|anzahlung|abono|rectificativa|nota de credito"
    r"|pago|cobro|anticipo|purchase)\b.*"
    r"|out refund|in invoice|in refund|accpay.*|accreccredit.*|dz|dg|entry|sc|sr|sa|sd"
)
_STILL_INVOICE = re.compile(r".*\b(?:bill of exchange|invoice bill|invoice)\b.*")
_YES = {"yes", "y", "true", "1", "x", "oui", "o", "vrai", "ja", "j", "wahr", "si", "s", "verdadero", "✓", "✔"}
_NO = {
    "no",
    "n",
    "false",
    "0",
    "-",
    "",
    "non",
    "faux",
    "nein",
    "falsch",
    "falso",
    "none",
    "n/a",
    "aucun",
    "kein",
    "keine",
    "ninguno",
}
_ZONE = re.compile(r"[A-Za-z0-9_+\-]{1,30}(?:/[A-Za-z0-9_+\-]{1,30}){0,2}")
LONGEST_POSITION = 100


def status(text: str) -> Status:
    """Read an invoice's state; raise ValueError for a word that is not known."""
    folded = re.sub(r"[^0-9a-z]+", " ", fold(text)).strip()
    for found, pattern in _STATUS:
        if pattern.fullmatch(folded):
            return found
    raise ValueError("is none of open, disputed, paid, nor another word for them")


def is_invoice(text: str) -> bool:
    """Say whether a kind of document is an invoice; credit notes, payments and bills to pay are none."""
    folded = re.sub(r"[^0-9a-z]+", " ", fold(text)).strip()
    return _NO_INVOICE.fullmatch(folded) is None or (
        _STILL_INVOICE.fullmatch(folded) is not None and "credit" not in folded and "purchase" not in folded
    )


def yes_or_no(text: str) -> bool:
    """Read a yes or a no; raise ValueError for neither."""
    folded = fold(text)
    if folded in _YES:
        return True
    if folded in _NO:
        return False
    raise ValueError("is neither yes nor no")


def is_yes_or_no(text: str) -> bool:
    """Say whether a text is a yes or a no."""
    return fold(text) in _YES | _NO


def flag(text: str) -> bool:
    """Read a mark: a yes, or any text that is no no, such as the date or the reason of a dispute."""
    return fold(text) not in _NO


def time_zone(text: str) -> str:
    """Read the name of an IANA time zone; raise ValueError for what is none."""
    try:
        if _ZONE.fullmatch(text) is None:
            raise ValueError(text)
        ZoneInfo(text)
    except (ValueError, OSError, KeyError):  # OSError: the name of a folder; KeyError: ZoneInfoNotFoundError
        raise ValueError("is no IANA time zone such as Europe/Paris") from None
    return text


def is_credit(text: str) -> bool:
    """Read the mark of a debit or a credit beside an amount; raise ValueError for neither."""
    folded = re.sub(r"[^a-z+-]", "", fold(text))
    if folded in _CREDIT_MARKS:
        return True
    if folded in _DEBIT_MARKS:
        return False
    raise ValueError("is neither a debit (S, Dr, D) nor a credit (H, Cr, C)")


_CREDIT_MARKS = {"h", "haben", "cr", "c", "credit", "haber", "k", "-"}
_DEBIT_MARKS = {"s", "soll", "dr", "d", "debit", "debe", "+"}


def several(text: str) -> list[str]:
    """Read a list, its parts on lines or between ; , or |, without doubles; raise ValueError for too long a part."""
    found = list(dict.fromkeys(" ".join(each.split()) for each in re.split(r"[;,|\n]", text) if each.strip()))
    if any(len(each) > LONGEST_POSITION for each in found):
        raise ValueError(f"has a part of more than {LONGEST_POSITION} characters; separate the parts by ;")
    return found


def emails(text: str) -> list[str]:
    """Read account managers' addresses, as they are how a Slack person is recognised; raise ValueError for another."""
    found = list(dict.fromkeys(fold_address(each) for each in re.split(r"[;,]", text) if each.strip()))
    for each in found:
        name, _, domain = each.rpartition("@")
        if not name or "." not in domain or len(each) > 320 or any(c in "<>" or c.isspace() for c in each):
            raise ValueError(
                f"{each[:60]!r} is no email address; write account managers as a@example.com; b@example.com"
            )
    return found
