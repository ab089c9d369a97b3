"""What people decide about manual actions: Send, Ignore, undo, fix the contact; one by one and by reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

from bot.campaigns.addressing import addresses_of, checked, suppressed
from bot.campaigns.mending import address_of, chosen, name_of, owner_of, save, to_mend
from bot.domain.access import Caller, may_decide
from bot.domain.channels import CHANNELS, AddressKind
from bot.domain.postal import PostalAddress, Written
from bot.domain.states import ActionState, CampaignState, Reason, reason_text
from bot.errors import Conflict, NotAllowed, NotFound, UserError
from storage import actions, campaign_states, campaigns, manual_actions
from storage.db import Database
from storage.manual_actions import ActionRow
from storage.models import Contact

_GONE = "This action is no longer there."
_CANCELLED = "The campaign was cancelled, so nothing more of it can be sent. Start a new one with /campaign."


@dataclass(frozen=True, slots=True)
class Decided:
    """What came of a decision: how many actions moved, and what the person reads.

    Where none moved, `text` may mention a user (<@U1>) and holds nothing that came from customers.
    """

    changed: int
    text: str


@dataclass(frozen=True, slots=True)
class ContactChoice:
    """One contact of the customer, as a choice of where to send instead; `address` is for reading."""

    id: int
    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Fixing:
    """What the form for mending a contact shows; `contacts` are those with an address other than `address`.

    `written` is the address in its parts where it is a postal one.
    """

    action_id: int
    campaign_id: int
    customer_name: str
    why: str
    address: str
    contacts: tuple[ContactChoice, ...]
    kind: AddressKind = AddressKind.EMAIL
    written: Written = ""


def send(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Queue one manual action, to its frozen recipients; a second call says who decided and when.

    Raises UserError where there is nobody to send to, or the address must not be contacted: the contact is to be fixed.
    """
    now = now or db.now()
    with db.write() as session:
        row, state = _locked(session, caller, action_id)
        if row.state is not ActionState.MANUAL:
            return _already(row)
        checked(session, row, addresses_of(row), suppressed(session, row))
        return _send_one(session, caller, row, state, None, now)


def ignore(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Decide that one manual action is not sent; a second call says who decided and when."""
    now = now or db.now()
    with db.write() as session:
        row = _action(session, caller, action_id)
        moved = actions.ignore(session, caller.workspace_id, [row.id], now=now, user_id=caller.user_id)
        return Decided(1, f"Ignored: {row.customer_name}.") if moved else _already(_action(session, caller, action_id))


def undo_ignore(db: Database, caller: Caller, action_id: int, *, now: datetime | None = None) -> Decided:
    """Take an Ignore back: the action waits for a person again, for the reason it had."""
    now = now or db.now()
    with db.write() as session:
        row = _action(session, caller, action_id)
        moved = actions.undo_ignore(session, caller.workspace_id, [row.id], now=now, user_id=caller.user_id)
        if not moved:
            return _already(_action(session, caller, action_id))
        return Decided(1, f"{row.customer_name} waits for a decision again.")


def fixing(db: Database, caller: Caller, action_id: int) -> Fixing:
    """Return what the form for mending a contact shows; raise Conflict once the action was decided."""
    with db.read() as session:
        row = _action(session, caller, action_id)
        if row.state is not ActionState.MANUAL:
            raise _conflict(row)
        found = manual_actions.contacts(session, caller.workspace_id, row.customer_id)
        kind = CHANNELS[row.channel]
        frozen = next(iter(addresses_of(row)), "")
        meant = address_of(to_mend(session, caller, row, found), kind, row.customer_name)
        written = frozen if str(frozen) else meant
        why = reason_text(row.reason, kind)
        places = {c.id: str(address_of(c, kind)) for c in found}
        others = [c for c in found if places[c.id] not in ("", str(written))]
        choices = tuple(ContactChoice(c.id, name_of(c), places[c.id]) for c in others)
        return Fixing(row.id, row.campaign_id, row.customer_name, why, str(written), choices, kind.address, written)


def fix_contact(
    db: Database,
    caller: Caller,
    action_id: int,
    *,
    address: Written,
    contact_id: int | None = None,
    save_to_customer: bool = False,
    now: datetime | None = None,
) -> Decided:
    """Send one manual action to a corrected address or to another contact; a second call says who decided.

    With `contact_id` that contact's own address is taken unless `address` says another one; without it, `address` is
    needed and corrects the contact that the message was for; names are put into a postal one that has none.
    `save_to_customer` writes the address to that contact (a new main one where the customer has nobody), and makes a
    contact that was chosen the main one. Nothing is saved or sent when the answer says that it was decided already.
    """
    now = now or db.now()
    with db.write() as session:
        row, state = _locked(session, caller, action_id)
        if row.state is not ActionState.MANUAL:
            return _already(row)
        found = manual_actions.contacts(session, caller.workspace_id, row.customer_id)
        other = chosen(found, contact_id)
        kind = CHANNELS[row.channel]
        country = (other.country if other else None) or row.country
        wanted = address if str(address).strip() else address_of(other, kind)
        meant = other or owner_of(found, wanted, kind) or to_mend(session, caller, row, found)
        (address,) = checked(session, row, [_named(wanted, row, meant)], suppressed(session, row), country)
        contact = other or owner_of(found, address, kind) or meant
        if save_to_customer:
            contact = save(session, row, contact, address, caller, preferred=other is not None)
        to = [kind.recipient(contact.id if contact else None, name_of(contact), address)]
        return _send_one(session, caller, row, state, to, now)


def _named(written: Written, row: ActionRow, contact: Contact | None) -> Written:
    """Return a typed address trimmed; a postal one with the customer's and the contact's name where it has none."""
    if not isinstance(written, PostalAddress):
        return written.strip()
    return replace(written, company=written.company or row.customer_name, name=written.name or name_of(contact))


def bulk(
    db: Database,
    caller: Caller,
    campaign_id: int,
    reason: str | None,
    *,
    what: Literal["send", "ignore"],
    now: datetime | None = None,
) -> Decided:
    """Send or ignore all of a campaign's manual actions of customers the caller sees, with one reason or (None) any.

    Send leaves those without a usable recipient, and those that may have gone out already, for a decision of their own.
    Raises NotFound for a reason that there is none of: it must never mean all of them.
    """
    now = now or db.now()
    if what not in ("send", "ignore") or (reason is not None and reason not in set(Reason)):
        raise NotFound("There is no such group of actions any more.")
    with db.write() as session:
        _require_campaign(session, caller, campaign_id)
        state = _open_campaign(session, caller, campaign_id) if what == "send" else None
        rows = manual_actions.of_campaign(
            session,
            caller.scope,
            campaign_id,
            [ActionState.MANUAL],
            reason=Reason(reason) if reason is not None else None,
            limit=None,
        )
        if state is None:
            return _ignore_all(session, caller, rows, now)
        return _send_all(session, caller, rows, state, now)


def undo_all(db: Database, caller: Caller, campaign_id: int, *, now: datetime | None = None) -> Decided:
    """Take back every Ignore on a campaign's actions of customers the caller sees; a second call changes nothing."""
    now = now or db.now()
    with db.write() as session:
        _require_campaign(session, caller, campaign_id)
        rows = manual_actions.of_campaign(session, caller.scope, campaign_id, [ActionState.IGNORED], limit=None)
        moved = [
            moved_id
            for ids in _chunks(rows)
            for moved_id in actions.undo_ignore(session, caller.workspace_id, ids, now=now, user_id=caller.user_id)
        ]
        return Decided(len(moved), f"Waiting for a decision again: {len(moved)}.")


def _require_campaign(session: Session, caller: Caller, campaign_id: int) -> None:
    row = campaigns.launched(session, caller.workspace_id, campaign_id)
    if row is None:
        raise NotFound("This campaign is no longer there.")
    if not may_decide(caller, row.creator_id):
        raise NotAllowed("Only the campaign's creator or an admin can do this.")


def _ignore_all(session: Session, caller: Caller, rows: Sequence[ActionRow], now: datetime) -> Decided:
    moved = [
        moved_id
        for ids in _chunks(rows)
        for moved_id in actions.ignore(session, caller.workspace_id, ids, now=now, user_id=caller.user_id)
    ]
    return Decided(len(moved), f"Ignored: {len(moved)}.")


def _send_all(
    session: Session, caller: Caller, rows: Sequence[ActionRow], state: CampaignState, now: datetime
) -> Decided:
    closed = suppressed(session, rows[0]) if rows else ()
    moved = _send(session, caller, [row for row in rows if _sendable(session, row, closed)], None, now)
    left = len(rows) - len(moved)
    note = f" {left} need a decision of their own." if left else ""
    return Decided(len(moved), f"{_going(state, 'On their way')}: {len(moved)}.{note}")


def _action(session: Session, caller: Caller, action_id: int) -> ActionRow:
    row = manual_actions.one(session, caller.scope, action_id)
    if row is None:
        raise NotFound(_GONE)
    if not may_decide(caller, row.owner_id):
        raise NotAllowed("This action is somebody else's: only its owner or an admin can decide it.")
    return row


def _locked(session: Session, caller: Caller, action_id: int) -> tuple[ActionRow, CampaignState]:
    """Return an action, and its campaign's state under lock; the row is read again, as the lock may have been waited
    for while somebody else decided."""
    state = _open_campaign(session, caller, _action(session, caller, action_id).campaign_id)
    return _action(session, caller, action_id), state


def _open_campaign(session: Session, caller: Caller, campaign_id: int) -> CampaignState:
    """Lock the campaign, so that it can't complete at this very moment; refuse a cancelled one."""
    state = campaign_states.lock(session, caller.workspace_id, campaign_id)
    if state is None:
        raise NotFound(_GONE)
    if state is CampaignState.CANCELLED:
        raise Conflict(_CANCELLED)
    return state


def _send_one(
    session: Session,
    caller: Caller,
    row: ActionRow,
    state: CampaignState,
    to: list[dict[str, object]] | None,
    now: datetime,
) -> Decided:
    if not _send(session, caller, [row], to, now):
        raise _conflict(_action(session, caller, row.id))  # undoes what fix_contact has saved, too
    return Decided(1, f"{_going(state, 'On its way')}: {row.customer_name}.")


def _going(state: CampaignState, words: str) -> str:
    return "The campaign is paused, so this waits until it is resumed" if state is CampaignState.PAUSED else words


def _send(
    session: Session, caller: Caller, rows: Sequence[ActionRow], to: list[dict[str, object]] | None, now: datetime
) -> list[int]:
    moved: list[int] = []
    for ids in _chunks(rows):
        moved += actions.send_manual(session, caller.workspace_id, ids, now=now, user_id=caller.user_id, recipients=to)
    for campaign_id in {row.campaign_id for row in rows if moved}:
        campaign_states.reopen(session, caller.workspace_id, campaign_id, now=now)
    return moved


def _chunks(rows: Sequence[ActionRow]) -> list[list[int]]:
    ids = [row.id for row in rows]
    return [ids[start : start + actions.CHUNK] for start in range(0, len(ids), actions.CHUNK)]


def _sendable(session: Session, row: ActionRow, closed: Collection[str]) -> bool:
    if row.reason is Reason.UNCERTAIN:
        return False
    try:
        checked(session, row, addresses_of(row), closed)
    except UserError:
        return False
    return True


def _already(row: ActionRow) -> Decided:
    return Decided(0, _decided_text(row, f"<@{row.decided_by}>" if row.decided_by else row.decided_by_name))


def _conflict(row: ActionRow) -> Conflict:
    # an error's text is shown escaped, so it names the person rather than mentioning them
    return Conflict(_decided_text(row, row.decided_by_name))


def _decided_text(row: ActionRow, decider: str | None) -> str:
    who = f" by {decider}" if decider else ""
    when = f" on {row.decided_at:%d %B at %H:%M} UTC" if row.decided_at else ""
    if who or when:
        return f"This was decided already{who}{when}: it is {row.state.value} now."
    return f"Nothing to decide any more: it is {row.state.value} now."
