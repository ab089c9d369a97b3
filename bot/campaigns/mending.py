"""Whose address is mended: the contact that a message was for, or another one that a person chose."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import Session

from bot.domain.access import Caller
from bot.domain.channels import CHANNELS, ChannelKind
from bot.domain.folding import fold_address
from bot.domain.recipients import Reachable, choose
from bot.errors import NotFound
from storage import campaigns, manual_actions
from storage.manual_actions import ActionRow
from storage.models import Contact


def chosen(found: Sequence[Contact], contact_id: int | None) -> Contact | None:
    """Return the contact that was chosen, if any; raise NotFound when it is none of this customer's."""
    if contact_id is None:
        return None
    other = next((c for c in found if c.id == contact_id), None)
    if other is None:
        raise NotFound("This contact is no longer there.")
    return other


def address_of(contact: Contact | None, kind: ChannelKind) -> str:
    """Return the contact's address on a channel as the book has it, empty where there is none."""
    return str(getattr(contact, kind.address.value, None) or "")


def owner_of(found: Sequence[Contact], address: str, kind: ChannelKind) -> Contact | None:
    """Return the contact that has this very address already: then nobody's address needs mending."""
    return next((c for c in found if fold_address(address_of(c, kind)) == fold_address(address)), None)


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
    wrong = next((c for c in intended if c.address and row.detail and c.address.strip() in row.detail), None)
    mended = wrong or next(iter(intended), None)
    return next((c for c in found if mended and c.id == mended.id), None)


def name_of(contact: Contact | None) -> str:
    """Return a contact's full name, or nothing for nobody."""
    return f"{contact.first_name} {contact.last_name}".strip() if contact else ""


def save(
    session: Session, row: ActionRow, contact: Contact | None, address: str, caller: Caller, *, preferred: bool
) -> Contact:
    """Write the address to the contact, or to a new main contact where the customer has nobody; return it.

    `preferred` makes the contact the customer's main one, because a person chose it over the one that was there.
    """
    if contact is None:
        contact = Contact(
            workspace_id=caller.workspace_id, customer_id=row.customer_id, external_id=address, is_main=True
        )
        session.add(contact)
    setattr(contact, CHANNELS[row.channel].address.value, address)
    session.flush()
    if preferred:
        manual_actions.make_main(session, contact)
    return contact
