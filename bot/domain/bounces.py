"""What a mail that came back means: for the message, and for the address it was sent to.

The codes are those of RFC 3463 and IANA's registry of enhanced status codes; servers use many of them loosely, so what
is doubtful never closes an address at once.
"""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum


class MailStatus(StrEnum):
    """What a mail system, or the recipient through it, said of one message to one address."""

    HARD = "hard_bounce"
    """The address is dead: it is suppressed at once."""
    SOFT = "soft_bounce"
    """It did not arrive, and the address may be good: counted."""
    REFUSED = "refused"
    """It did not arrive because of the message, of us or of a policy; says nothing against the address."""
    COMPLAINT = "complaint"
    """The recipient called it spam."""


FAILURES = (MailStatus.HARD, MailStatus.SOFT, MailStatus.REFUSED)
"""What says that the message did not arrive."""

SOFT_LIMIT = 3
"""This many soft bounces of an address within SOFT_WITHIN suppress it."""
SOFT_WITHIN = timedelta(days=30)

_M = MailStatus
_BY_WORDS = None
"""The code says too little: the server's words decide."""

_MEANINGS: dict[str, MailStatus | None] = {
    "0": _BY_WORDS,
    "1": _M.HARD,
    "1.4": _M.SOFT,  # ambiguous: several mailboxes fit
    "1.7": _M.REFUSED,  # the sender's address
    "1.8": _M.REFUSED,
    "1.9": _M.REFUSED,
    "2": _BY_WORDS,
    "2.1": _M.HARD,  # disabled
    "2.2": _M.SOFT,  # full
    "2.3": _M.REFUSED,  # too long for this mailbox
    "3": _BY_WORDS,
    "3.4": _M.REFUSED,  # too big
    "4": _M.SOFT,
    "4.1": _BY_WORDS,  # Exchange Online says so of recipients that it does not know
    "4.4": _M.HARD,  # no such domain
    "4.310": _M.HARD,  # the same, as Exchange Online says it
    "5": _BY_WORDS,
    "6": _M.REFUSED,
    "7": _M.REFUSED,  # policy, spam, authentication: about us
}
"""By subject and detail of a permanent (5.x.x) code, the subject alone for all others of it."""

_CODE = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?!\.?\d)")
_REPLY = re.compile(r"(?<![\d.])([45])\d\d(?!\.?\d)")
_WHO = r"(?:user|mailbox|recipient|address|account|alias)"
_DEAD = re.compile(
    rf"no such {_WHO}|unknown {_WHO}|{_WHO} (?:is |was )?(?:unknown|invalid|disabled|inactive|unavailable|not found)"
    rf"|{_WHO} (?:does not|doesn't) exist|invalid {_WHO}|not a valid {_WHO}|no mailbox here|no such person"
    r"|recipient address rejected: access denied|recipientnotfound|unrouteable address|unroutable address"
    r"|domain (?:name )?not found|host (?:or domain name )?not found|does(?: not|n't) have an? [\w.]{1,40} account",
    re.IGNORECASE,
)
LONGEST_WORDS = 500


def status_of(code: str, words: str) -> MailStatus:
    """Return what a failed delivery means: `code` as in a DSN's Status field (may be empty), `words` of the server."""
    words = words[:LONGEST_WORDS]
    said = _CODE.search(code)
    if said is None or said[2] == "0":  # x.0.0 says nothing: the server's own words may have a better one
        said = _CODE.search(words) or said
    if said is None:
        reply = _REPLY.search(words)
        return _M.SOFT if reply is not None and reply[1] == "4" else _by_words(words)
    if said[1] != "5":
        return _M.SOFT
    whole = f"{said[2]}.{said[3]}"
    meaning = _MEANINGS.get(whole, _MEANINGS.get(said[2]))
    return meaning or _by_words(words)


def _by_words(words: str) -> MailStatus:
    return _M.HARD if _DEAD.search(words) else _M.SOFT
