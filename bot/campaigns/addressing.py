"""The addresses that a person's Send goes to, checked before it is queued: each channel reads its own kind."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

from sqlalchemy.orm import Session

from bot.channels.addresses import CHECKS
from bot.channels.postal import envelope
from bot.domain.channels import CHANNELS, AddressKind, ChannelKind
from bot.domain.folding import fold_address
from bot.domain.postal import PostalAddress, Written
from bot.domain.recipients import Check, Checked
from bot.domain.states import Reason
from bot.errors import UserError
from bot.letters import Printing, printing_of
from bot.rendering.glyphs import unprintable
from bot.rendering.letter import address_fault
from bot.rendering.letter_facts import Layout
from storage import audiences
from storage.manual_actions import ActionRow


def check_of(session: Session, workspace_id: int, kind: AddressKind) -> Check:
    """Return what checks addresses of a kind before Send; of postal ones also that they can stand in our window."""
    if kind is not AddressKind.POSTAL:
        return CHECKS[kind]
    printing = printing_of(session, workspace_id)
    return lambda written, country: _in_window(CHECKS[kind](written, country), printing)


def _in_window(checked: Checked, printing: Printing) -> Checked:
    to = checked.address
    if checked.fault is not None or not isinstance(to, PostalAddress):
        return checked
    lines = envelope(to, printing.letterhead.address.country)
    for line in lines:
        missing = unprintable(line)
        if missing:
            return Checked(to, Reason.UNPRINTABLE, f"{line}: our fonts have no {' '.join(missing)}")
    fault = _window_fault(lines, printing.layout)
    return Checked(to, Reason.INVALID_ADDRESS, f"{to}: {fault}") if fault else checked


@lru_cache(maxsize=65_536)
def _window_fault(lines: tuple[str, ...], layout: Layout) -> str | None:
    return address_fault(lines, layout)


def addresses_of(row: ActionRow) -> list[Written]:
    """Return the frozen addresses of an action, on its own channel."""
    return [CHANNELS[row.channel].written_of(each) for each in row.recipients]


def suppressed(session: Session, row: ActionRow) -> Collection[str]:
    """Return what must not be contacted on the action's channel, folded."""
    return audiences.suppressed(session, row.workspace_id, row.channel)


_LIKE = {AddressKind.EMAIL: "name@example.com", AddressKind.PHONE: "+49 151 12345678"}
_WHAT = {AddressKind.EMAIL: "an email address", AddressKind.PHONE: "a phone number"}


def checked(
    session: Session,
    row: ActionRow,
    addresses: Sequence[Written],
    suppressed: Collection[str],
    country: str | None = None,
) -> list[Written]:
    """Return the addresses in normal form; raise UserError where one is none, or nobody is left to write to."""
    kind = CHANNELS[row.channel]
    usable = [a for a in addresses if str(a)]
    if not usable:
        raise UserError(f"There is no {kind.address_word} to send to. Use Fix contact.", "address")
    check = check_of(session, row.workspace_id, kind.address)
    read = [check(each, country or row.country) for each in usable]
    wrong = next((each for each in read if each.fault is not None), None)
    if wrong is not None:
        raise UserError(_wrong(kind, wrong.fault, wrong.detail), "address")
    if all(fold_address(str(each.address)) in suppressed for each in read):
        raise UserError(
            f"This {kind.address_word} must not be contacted. Choose another contact with Fix contact.", "address"
        )
    return [each.address for each in read]


def _wrong(kind: ChannelKind, fault: Reason | None, detail: str | None) -> str:
    if fault is Reason.NOT_MOBILE and detail:
        return f"{detail}. Write a mobile number like {_LIKE[kind.address]}."
    if kind.address is AddressKind.POSTAL:
        return f"{(detail or '').rstrip('.')}."
    return f"This is not {_WHAT[kind.address]}. Write it like {_LIKE[kind.address]}."
