"""What `/campaign help` says, and every word that is not understood."""

from __future__ import annotations

from handlers.blocks.common import Block, cut, escape, section

_LINES = (
    "`/campaign` starts a campaign, or goes on with a draft of yours",
    "`/campaign customer NAME` shows how a customer stands and what happened: messages, answers, stops",
    "`/campaign settings` sets your signature{admin}",
    "`/campaign suppressions` says who must not be contacted, and changes it{only}",
    "`/campaign import` brings in customers, contacts and invoices{only}",
    "`/campaign help` shows this",
)


def usage_text(word: str, *, is_admin: bool) -> str:
    """Return the usage; a word that is not understood is named first."""
    unknown = "" if word == "help" else f"I do not know “{escape(cut(word, 60))}”. "
    more = (
        {"admin": ", users, aliases, the workspace and how messages leave", "only": ""}
        if is_admin
        else {"admin": "", "only": " (admins)"}
    )
    lines = "\n".join(line.format(**more) for line in _LINES)
    return f"{unknown}This is what I can do:\n{lines}"


def usage_blocks(word: str, *, is_admin: bool) -> list[Block]:
    """Return the same as blocks."""
    return [section(usage_text(word, is_admin=is_admin))]
