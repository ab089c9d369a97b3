"""Who at a customer gets the message, and whether the message can go by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.domain.folding import fold_address
from bot.domain.postal import Written
from bot.domain.states import Reason


@dataclass(frozen=True, slots=True)
class Reachable:
    """A contact as far as choosing goes; `address` is the one that the channel needs, as imported: it may be wrong.
    In `Recipients` it is in its normal form.

    `country` (ISO 3166, two letters) is the contact's, else the customer's: phone numbers are read with it. `time_zone`
    is the customer's.
    """

    id: int
    name: str
    address: Written | None
    positions: tuple[str, ...] = ()
    is_main: bool = False
    country: str | None = None
    time_zone: str | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """An address that can be used, in its normal form; or why it can't, with what to say of it in `detail`."""

    address: Written
    fault: Reason | None = None
    detail: str | None = None


Check = Callable[[Any, str | None], Checked]
"""Reads an address of its kind (`Written`) with the country it is read in."""


@dataclass(frozen=True, slots=True)
class Recipients:
    """Whom to write to: `usable` ones, or none and the `reason` that makes it a person's decision.

    `detail` names what is wrong with the contacts that were chosen but can't be written to.
    """

    usable: tuple[Reachable, ...]
    reason: Reason | None = None
    detail: str | None = None


def choose(contacts: Sequence[Reachable], positions: Collection[str]) -> tuple[Reachable, ...]:
    """Return the contacts that hold any of `positions`, else the main contact, else nobody."""
    wanted = {position.casefold() for position in positions}
    holders = tuple(c for c in contacts if any(p.casefold() in wanted for p in c.positions)) if wanted else ()
    return holders or tuple(c for c in contacts if c.is_main)[:1]


def settle(
    contacts: Sequence[Reachable],
    positions: Collection[str],
    *,
    suppressed: Mapping[str, str],
    check: Check,
    most: int | None = None,
) -> Recipients:
    """Choose among `contacts` and keep at most `most` that can be written to, one for each address, in normal form.

    `suppressed` has folded addresses, each with why in words. Where none is left, the reason is the nearest to being
    mended: a wrong address before a suppressed one, and "no contact" only where nobody has any address at all.
    """
    chosen = [(contact, _bare(contact.address)) for contact in choose(contacts, positions)]
    read = [(contact, check(address, contact.country)) for contact, address in chosen if str(address)]
    if not read:
        return Recipients((), Reason.NO_CONTACT)
    usable: dict[str, Reachable] = {}
    for contact, checked in read:
        key = fold_address(str(checked.address))
        if checked.fault is None and key not in suppressed:
            as_written = contact.address == checked.address
            usable.setdefault(key, contact if as_written else replace(contact, address=checked.address))
    if usable:
        return Recipients(tuple(usable.values())[:most])
    wrong = [checked for _, checked in read if checked.fault is not None]
    if wrong:
        return Recipients((), wrong[0].fault, ", ".join(c.detail or str(c.address) for c in wrong))
    closed = (f"{checked.address} ({suppressed[fold_address(str(checked.address))]})" for _, checked in read)
    return Recipients((), Reason.SUPPRESSED, ", ".join(closed))


def _bare(address: Written | None) -> Written:
    return address.strip() if isinstance(address, str) else address or ""
