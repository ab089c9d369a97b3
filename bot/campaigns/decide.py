"""What people decide about manual actions: Send, Ignore, undo, fix the contact; one by one and by reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.channels.addresses import is_valid_email
from bot.domain.access import Caller, may_decide
from bot.domain.folding import fold_address
from bot.domain.states import REASON_TEXTS, ActionState, CampaignState, Reason
from bot.errors import Conflict, NotAllowed, NotFound, UserError
from storage import actions, campaign_states, campaigns, manual_actions, suppressions
from storage.db import Database, utcnow
from storage.manual_actions import ActionRow
from storage.models import Contact

_GONE = "This action is no longer there."
_CANCELLED = "The campaign was cancelled, so nothing more of it can be sent. Start a new one with /campaign."


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision: how many actions moved, and what the person reads."""

    changed: int
    text: str


@dataclass(frozen=True, slots=True)
class ContactChoice:
    """One contact of the customer, as a choice of where to send instead."""

    id: int
    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Fixing:
    """What the form for mending a contact shows."""

    action_id: int
    campaign_id: int
    customer_name: str
    why: str
    email: str
    contacts: tuple[ContactChoice, ...]


def send(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Queue one manual action, to its frozen recipients; a second call says who decided and when.

    Raises UserError where there is nobody to send to, or the address must not be contacted: the contact is to be fixed.
    """
    now = now or utcnow()
    with db.write() as session:
        row = _action(session, caller, action_id)
        _open_campaign(session, caller, row.campaign_id)
        if row.state is not ActionState.MANUAL:
            return _already(row)
        _check_recipients(session, caller, [str(each.get("email") or "") for each in row.recipients])
        return _send(session, caller, [row], None, now)


def ignore(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Decide that one manual action is not sent; a second call says who decided and when."""
    now = now or utcnow()
    with db.write() as session:
        row = _action(session, caller, action_id)
        moved = actions.ignore(session, caller.workspace_id, [row.id], now=now, user_id=caller.user_id)
        return Decided(1, f"Ignored: {row.customer_name}.") if moved else _already(row)


def undo_ignore(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Take an Ignore back: the action waits for a person again, for the reason it had."""
    now = now or utcnow()
    with db.write() as session:
        row = _action(session, caller, action_id)
        moved = actions.undo_ignore(session, caller.workspace_id, [row.id], now=now, user_id=caller.user_id)
        return Decided(1, f"{row.customer_name} waits for a decision again.") if moved else _already(row)


def fixing(db: Database, caller: Caller, action_id: int) -> Fixing:
    """Return what the form for mending a contact shows; raise Conflict once the action was decided."""
    with db.read() as session:
        row = _action(session, caller, action_id)
        if row.state is not ActionState.MANUAL:
            raise Conflict(_already(row).text)
        found = manual_actions.contacts(session, caller.workspace_id, row.customer_id)
        choices = [ContactChoice(c.id, f"{c.first_name} {c.last_name}".strip(), c.email or "") for c in found]
        first = str(row.recipients[0].get("email") or "") if row.recipients else ""
        email = first or next((c.email for c in choices), "")
        return Fixing(row.id, row.campaign_id, row.customer_name, REASON_TEXTS[row.reason], email, tuple(choices))


def fix_contact(
    db: Database,
    caller: Caller,
    action_id: int,
    *,
    email: str,
    contact_id: int | None = None,
    save_to_customer: bool = False,
    now: datetime | None = None,
) -> Decided:
    """Send one manual action to a corrected address or to another contact; a second call says who decided.

    With `contact_id` that contact's own address is taken unless `email` says another one. `save_to_customer` writes the
    address to the contact (the main one where none is chosen; a new main contact where there is none).
    """
    now = now or utcnow()
    with db.write() as session:
        row = _action(session, caller, action_id)
        _open_campaign(session, caller, row.campaign_id)
        if row.state is not ActionState.MANUAL:
            return _already(row)
        contact = _contact(session, caller, row, contact_id)
        address = email.strip() or (contact.email or "" if contact else "")
        _check_recipients(session, caller, [address])
        if save_to_customer:
            contact = _save(session, row, contact, address, caller)
        name = f"{contact.first_name} {contact.last_name}".strip() if contact else ""
        to: list[dict[str, object]] = [{"contact_id": contact.id if contact else None, "name": name, "email": address}]
        return _send(session, caller, [row], to, now)


def bulk(
    db: Database, caller: Caller, campaign_id: int, reason: str | None, *, what: str, now: datetime | None = None
) -> Decided:
    """Send or ignore (`what`) all of a campaign's manual actions of customers the caller sees, with one reason or any.

    Actions without a usable recipient, and those that may have gone out already, are left for a decision of their own.
    """
    now = now or utcnow()
    wanted = Reason(reason) if reason in set(Reason) else None
    with db.write() as session:
        row = campaigns.launched(session, caller.workspace_id, campaign_id)
        if row is None:
            raise NotFound("This campaign is no longer there.")
        if not may_decide(caller, row.creator_id):
            raise NotAllowed("Only the campaign's creator or an admin can do this.")
        ids = manual_actions.manual_ids(session, caller.scope, campaign_id, wanted)
        if what == "ignore":
            moved = actions.ignore(session, caller.workspace_id, ids, now=now, user_id=caller.user_id)
            return Decided(len(moved), f"Ignored: {len(moved)}.")
        _open_campaign(session, caller, campaign_id)
        rows = [r for i in ids if (r := manual_actions.one(session, caller.scope, i)) and _sendable(session, caller, r)]
        decided = _send(session, caller, rows, None, now)
        left = len(ids) - decided.changed
        note = f" {left} need a decision of their own." if left else ""
        return Decided(decided.changed, f"On their way: {decided.changed}.{note}")


def _action(session: Session, caller: Caller, action_id: int) -> ActionRow:
    row = manual_actions.one(session, caller.scope, action_id)
    if row is None:
        raise NotFound(_GONE)
    if not may_decide(caller, row.owner_id):
        raise NotAllowed("This action is somebody else's: only its owner or an admin can decide it.")
    return row


def _open_campaign(session: Session, caller: Caller, campaign_id: int) -> None:
    """Lock the campaign, so that it can't complete at this very moment; refuse a cancelled one."""
    if campaign_states.lock(session, caller.workspace_id, campaign_id) is CampaignState.CANCELLED:
        raise Conflict(_CANCELLED)


def _send(
    session: Session, caller: Caller, rows: Sequence[ActionRow], to: list[dict[str, object]] | None, now: datetime
) -> Decided:
    moved = actions.send_manual(
        session, caller.workspace_id, [r.id for r in rows], now=now, user_id=caller.user_id, recipients=to
    )
    for campaign_id in {r.campaign_id for r in rows}:
        campaign_states.reopen(session, caller.workspace_id, campaign_id, now=now)
    name = rows[0].customer_name if len(rows) == 1 else f"{len(moved)} messages"
    return Decided(len(moved), f"On its way: {name}.")


def _check_recipients(session: Session, caller: Caller, addresses: Sequence[str]) -> None:
    usable = [a for a in addresses if a]
    if not usable:
        raise UserError("There is no address to send to. Use Fix contact.", "email")
    wrong = next((a for a in usable if not is_valid_email(a)), None)
    if wrong is not None:
        raise UserError("This is not an email address. Write it like name@example.com.", "email")
    if all(suppressions.holds(session, caller.workspace_id, "email", fold_address(a)) for a in usable):
        raise UserError("This address must not be contacted. Choose another contact with Fix contact.", "email")


def _sendable(session: Session, caller: Caller, row: ActionRow) -> bool:
    if row.reason is Reason.UNCERTAIN:
        return False
    try:
        _check_recipients(session, caller, [str(each.get("email") or "") for each in row.recipients])
    except UserError:
        return False
    return True


def _contact(session: Session, caller: Caller, row: ActionRow, contact_id: int | None) -> Contact | None:
    found = manual_actions.contacts(session, caller.workspace_id, row.customer_id)
    if contact_id is None:
        return found[0] if found else None
    chosen = next((c for c in found if c.id == contact_id), None)
    if chosen is None:
        raise NotFound("This contact is no longer there.")
    return chosen


def _save(session: Session, row: ActionRow, contact: Contact | None, address: str, caller: Caller) -> Contact:
    if contact is None:
        contact = Contact(
            workspace_id=caller.workspace_id, customer_id=row.customer_id, external_id=address, is_main=True
        )
        session.add(contact)
    contact.email = address
    session.flush()
    return contact


def _already(row: ActionRow) -> Decided:
    who = f" by <@{row.decided_by}>" if row.decided_by else ""
    when = f" on {row.decided_at:%d %B at %H:%M} UTC" if row.decided_at else ""
    if row.decided_by or row.decided_at:
        return Decided(0, f"This was decided already{who}{when}: it is {row.state.value} now.")
    return Decided(0, f"Nothing to decide any more: it is {row.state.value} now.")
