"""Writing: what is typed is kept as it is, at every step; whether it can be sent is asked separately."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from bot.campaigns.drafts import CHANGED, choice_of, draft_of, view_of
from bot.campaigns.views import DraftView, SenderChoice
from bot.channels.addresses import is_valid_email
from bot.domain.access import Caller
from bot.domain.channels import CHANNELS
from bot.domain.folding import fold_address
from bot.domain.tags import NAMES
from bot.errors import Conflict, FieldErrors, NotFound
from bot.rendering.content import check_content
from storage import campaigns
from storage.db import Database, utcnow
from storage.models import Campaign

STANDARD_POSITIONS = ("Accountant", "Payer", "Purchaser", "Sales")
NAME_LIMIT = 200
SUBJECT_LIMIT = 500
BODY_LIMIT = 20_000
MOST_CC = 10
MOST_POSITIONS = 20
MOST_SENDERS = 100
_SENDER = re.compile(r"(user|alias):(\d{1,18})", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


def save(
    db: Database,
    caller: Caller,
    campaign_id: int,
    *,
    version: int | None = None,
    name: str | None = None,
    sender: str | None = None,
    to_positions: Iterable[str] | None = None,
    cc: Iterable[str] | None = None,
    subject: str | None = None,
    body: str | None = None,
    attach_statement: bool | None = None,
    now: datetime | None = None,
) -> DraftView:
    """Keep what was typed, right or wrong; None leaves a field as it is, and "" as `sender` takes the sender away.

    Raises FieldErrors only for what is too large to keep, or a sender that there is not; Conflict when `version` is
    given and the draft was changed since. A second call with the same values changes nothing.
    """
    with db.write() as session:
        draft = draft_of(session, caller, campaign_id, lock=True)
        if version is not None and version != draft.version:
            raise Conflict(CHANGED)
        wanted: dict[str, Any] = {
            "name": name if name is None else " ".join(_CONTROL.sub(" ", name).split()),
            "to_positions": _unique(to_positions),
            "cc": _unique(cc),
            "subject": _bare(subject),
            "body": _bare(body),
            "attach_statement": attach_statement,
        }
        changes = {key: value for key, value in wanted.items() if value is not None}
        _refuse_oversize(changes)
        if sender is not None:
            changes |= _sender_columns(session, draft, sender)
        return _store(session, draft, changes, now)


def validate(db: Database, caller: Caller, campaign_id: int) -> None:
    """Raise FieldErrors (name, sender, to_positions, cc, subject, body) unless the draft can be sent as written."""
    with db.read() as session:
        faults = faults_of(session, draft_of(session, caller, campaign_id))
    if faults:
        raise FieldErrors(faults)


def faults_of(session: Session, draft: Campaign) -> dict[str, str]:
    """Return what keeps the draft's own fields from being sent, by field; empty when they are fine."""
    faults: dict[str, str] = {}
    if not draft.name.strip():
        faults["name"] = "Give the campaign a name, so that you find it again."
    if campaigns.sender_of(session, draft) is None:
        faults["sender"] = "Choose a sender whose address is verified."
    kind = CHANNELS[draft.channel]
    wrong = [address for address in draft.cc if not is_valid_email(address)]
    if wrong and kind.has_cc:
        faults["cc"] = f"Not an email address: {', '.join(wrong)}."
    for fault in check_content(draft.subject, draft.body, kind):
        faults[fault.field] = f"{faults[fault.field]} {fault.message}" if fault.field in faults else fault.message
    return faults


def senders(db: Database, caller: Caller, text: str = "") -> tuple[SenderChoice, ...]:
    """Return the verified users and aliases whose name or address contains `text`, aliases first."""
    with db.read() as session:
        found = campaigns.senders(session, caller.workspace_id, text[:200], MOST_SENDERS)
        return tuple(choice_of(row) for row in found)


def positions(session: Session, caller: Caller) -> tuple[str, ...]:
    """Return the contact positions to choose from: those in use at the caller's customers, then the standard ones."""
    used = campaigns.positions(session, caller.scope)
    known = {position.casefold() for position in used}
    return (*used, *(position for position in STANDARD_POSITIONS if position.casefold() not in known))


def insert_tag(
    db: Database, caller: Caller, campaign_id: int, *, field: str, typed: str, tag: str, now: datetime | None = None
) -> DraftView:
    """Keep what was typed into `field` (subject or body) with the tag at its end; raise NotFound for an unknown tag."""
    if tag not in NAMES or field not in ("subject", "body"):
        raise NotFound("There is no such tag.")
    code = "{{" + tag + "}}"
    text = f"{typed}{'' if not typed or typed[-1].isspace() else ' '}{code}"
    with db.write() as session:
        draft = draft_of(session, caller, campaign_id, lock=True)
        changes: dict[str, Any] = {field: _bare(text)}
        _refuse_oversize(changes)
        return _store(session, draft, changes, now)


def _store(session: Session, draft: Campaign, changes: dict[str, Any], now: datetime | None) -> DraftView:
    fresh = {key: value for key, value in changes.items() if getattr(draft, key) != value}
    if fresh and not campaigns.save_draft(session, draft, fresh, now=now or utcnow()):
        raise Conflict(CHANGED)
    return view_of(session, draft)


def _refuse_oversize(changes: dict[str, Any]) -> None:
    limits = {"name": NAME_LIMIT, "subject": SUBJECT_LIMIT, "body": BODY_LIMIT}
    faults = {
        key: f"{len(changes[key]):,} characters are too many: {most:,} are the most."
        for key, most in limits.items()
        if len(changes.get(key, "")) > most
    }
    if len(changes.get("cc", ())) > MOST_CC or any(len(address) > 320 for address in changes.get("cc", ())):
        faults["cc"] = f"At most {MOST_CC} addresses can get a copy."
    found = changes.get("to_positions", ())
    if len(found) > MOST_POSITIONS or any(len(position) > 100 for position in found):
        faults["to_positions"] = f"At most {MOST_POSITIONS} positions can be chosen."
    if faults:
        raise FieldErrors(faults)


def _sender_columns(session: Session, draft: Campaign, value: str) -> dict[str, int | None]:
    if value == "":
        return {"sender_user_id": None, "sender_alias_id": None}
    match = _SENDER.fullmatch(value)
    ids = {f"{match[1]}_id": int(match[2])} if match else {}
    found = campaigns.sender(session, draft.workspace_id, **ids) if ids else None
    if found is None:
        raise FieldErrors({"sender": "Choose a sender whose address is verified."})
    return {"sender_user_id": found.user_id, "sender_alias_id": found.alias_id}


def _unique(values: Iterable[str] | None) -> list[str] | None:
    if values is None:
        return None
    by_form: dict[str, str] = {}
    for value in values:
        bare = value.replace("\x00", "").strip()
        if bare:
            by_form.setdefault(fold_address(bare), bare)
    return list(by_form.values())


def _bare(text: str | None) -> str | None:
    return None if text is None else text.replace("\x00", "")  # PostgreSQL keeps no NUL
