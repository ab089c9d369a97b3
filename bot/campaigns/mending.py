"""Whose address is mended: the contact that a message was for, or another one that a person chose."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.domain.access import Caller
from bot.domain.channels import CHANNELS, AddressKind, ChannelKind
from bot.domain.folding import fold_address
from bot.domain.postal import PostalAddress, Written
from bot.domain.recipients import Reachable, choose
from bot.errors import NotFound
from storage import campaigns, manual_actions
from storage.manual_actions import ActionRow
from storage.models import Contact

_PLACE = ("street", "postcode", "city", "region", "country")
"""The columns of a contact that say where."""


def chosen(found: Sequence[Contact], contact_id: int | None) -> Contact | None:
    """Return the contact that was chosen, if any; raise NotFound when it is none of this customer's."""
    if contact_id is None:
        return None
    other = next((c for c in found if c.id == contact_id), None)
    if other is None:
        raise NotFound("This contact is no longer there.")
    return other


def address_of(contact: Contact | None, kind: ChannelKind, company: str = "") -> Written:
    """Return the contact's address on a channel as the book has it, empty where there is none.

    A postal one names the contact, at `company`.
    """
    if kind.address is not AddressKind.POSTAL:
        return str(getattr(contact, kind.address.value, None) or "")
    if contact is None:
        return PostalAddress(company)
    place = {part: getattr(contact, part) or "" for part in _PLACE}
    return PostalAddress(company, name_of(contact), **place)


def owner_of(found: Sequence[Contact], address: Written, kind: ChannelKind) -> Contact | None:
    """Return the contact that has this very address already: then nobody's address needs mending."""
    wanted = fold_address(str(address))
    return next((c for c in found if fold_address(str(address_of(c, kind))) == wanted), None)


def to_mend(session: Session, caller: Caller, row: ActionRow, found: Sequence[Contact]) -> Contact | None:
    """Return the contact that the message was for: the frozen recipient, else the one the campaign would choose.

    Where several hold the position, it is the one whose address the action's detail names.
    """
    frozen = {each.get("contact_id") for each in row.recipients}
    known = next((c for c in found if c.id in frozen), None)
    campaign = campaigns.launched(session, caller.workspace_id, row.campaign_id)
    if known is not None or campaign is None:
        return known
    kind = CHANNELS[row.channel]
    held = {c.id: tuple(each.position for each in c.positions) for c in found}
    reachable = [Reachable(c.id, name_of(c), address_of(c, kind), held[c.id], c.is_main) for c in found]
    intended = choose(reachable, campaign.to_positions)
    wrong = next(
        (c for c in intended if row.detail and str(c.address).strip() and str(c.address).strip() in row.detail), None
    )
    mended = wrong or next(iter(intended), None)
    return next((c for c in found if mended and c.id == mended.id), None)


def name_of(contact: Contact | None) -> str:
    """Return a contact's full name, or nothing for nobody."""
    return f"{contact.first_name} {contact.last_name}".strip() if contact else ""


def save(
    session: Session, row: ActionRow, contact: Contact | None, address: Written, caller: Caller, *, preferred: bool
) -> Contact:
    """Write the address to the contact, or to a new main contact where the customer has nobody; return it.

    `preferred` makes the contact the customer's main one, because a person chose it over the one that was there.
    """
    if contact is None:
        contact = Contact(
            workspace_id=caller.workspace_id, customer_id=row.customer_id, external_id=str(address)[:320], is_main=True
        )
        session.add(contact)
    if isinstance(address, PostalAddress):
        for part in _PLACE:
            setattr(contact, part, getattr(address, part) or None)
    else:
        setattr(contact, CHANNELS[row.channel].address.value, address)
    session.flush()
    if preferred:
        manual_actions.make_main(session, contact)
    return contact
