"""Who at a customer gets the message, and whether the message can go by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from bot.domain.folding import fold_address
from bot.domain.states import Reason


@dataclass(frozen=True, slots=True)
class Reachable:
    """A contact as far as choosing goes; `email` is as imported and may be wrong or missing."""

    id: int
    name: str
    email: str | None
    positions: tuple[str, ...] = ()
    is_main: bool = False


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
    holders = tuple(c for c in contacts if any(p.casefold() in wanted for p in c.positions))
    return holders or tuple(c for c in contacts if c.is_main)[:1]


def settle(
    contacts: Sequence[Reachable],
    positions: Collection[str],
    *,
    suppressed: Collection[str],
    is_valid: Callable[[str], bool],
) -> Recipients:
    """Choose among `contacts` and keep those that can be written to, one for each address.

    `suppressed` holds folded addresses. Where none is left, the reason is the nearest to being mended: a wrong address
    before a suppressed one, and "no contact" only where nobody has any address at all.
    """
    chosen = choose(contacts, positions)
    with_address = [c for c in chosen if c.email and c.email.strip()]
    valid = [c for c in with_address if is_valid((c.email or "").strip())]
    usable: dict[str, Reachable] = {}
    for contact in valid:
        address = fold_address(contact.email or "")
        if address not in suppressed:
            usable.setdefault(address, contact)
    if usable:
        return Recipients(tuple(usable.values()))
    if not with_address:
        return Recipients((), Reason.NO_CONTACT)
    if len(valid) < len(with_address):
        wrong = ", ".join((c.email or "").strip() for c in with_address if c not in valid)
        return Recipients((), Reason.INVALID_ADDRESS, wrong)
    return Recipients((), Reason.SUPPRESSED, ", ".join((c.email or "").strip() for c in valid))
