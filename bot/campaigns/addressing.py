"""The addresses that a person's Send goes to, checked before it is queued: each channel reads its own kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from bot.channels.addresses import CHECKS
from bot.domain.channels import CHANNELS, AddressKind, ChannelKind
from bot.domain.folding import fold_address
from bot.domain.states import Reason
from bot.errors import UserError
from storage import audiences
from storage.manual_actions import ActionRow


def addresses_of(row: ActionRow) -> list[str]:
    """Return the frozen addresses of an action, on its own channel."""
    return [CHANNELS[row.channel].address_of(each) for each in row.recipients]


def suppressed(session: Session, row: ActionRow) -> Collection[str]:
    """Return what must not be contacted on the action's channel, folded."""
    return audiences.suppressed(session, row.workspace_id, row.channel)


_LIKE = {AddressKind.EMAIL: "name@example.com", AddressKind.PHONE: "+49 151 12345678"}


def checked(
    row: ActionRow, addresses: Sequence[str], suppressed: Collection[str], country: str | None = None
) -> list[str]:
    """Return the addresses in normal form; raise UserError where one is none, or nobody is left to write to."""
    kind = CHANNELS[row.channel]
    usable = [a for a in addresses if a]
    if not usable:
        raise UserError(f"There is no {kind.address_word} to send to. Use Fix contact.", "address")
    read = [CHECKS[kind.address](a, country or row.country) for a in usable]
    wrong = next((each for each in read if each.fault is not None), None)
    if wrong is not None:
        raise UserError(_wrong(kind, wrong.fault, wrong.detail), "address")
    if all(fold_address(each.address) in suppressed for each in read):
        raise UserError(
            f"This {kind.address_word} must not be contacted. Choose another contact with Fix contact.", "address"
        )
    return [each.address for each in read]


def _wrong(kind: ChannelKind, fault: Reason | None, detail: str | None) -> str:
    if fault is Reason.NOT_MOBILE and detail:
        return f"{detail}. Write a mobile number like {_LIKE[kind.address]}."
    word = "an email address" if kind.address is AddressKind.EMAIL else "a phone number"
    return f"This is not {word}. Write it like {_LIKE[kind.address]}."
