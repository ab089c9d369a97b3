"""Aliases: shared addresses that campaigns may be sent from, once a code mailed to them came back."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.addresses import is_valid_email
from bot.domain.access import Caller, require_admin
from bot.domain.codes import alias_code, same_code
from bot.domain.folding import fold_address
from bot.errors import Conflict, NotFound, UserError
from storage import aliases
from storage.db import Database, utcnow
from storage.models import Alias, SystemMail, SystemMailKind

CODE_LASTS = timedelta(minutes=30)
MOST_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class AliasRow:
    """One alias as the settings show it."""

    id: int
    email: str
    name: str
    signature: str
    verified: bool


def list_aliases(db: Database, caller: Caller) -> tuple[AliasRow, ...]:
    """Return the workspace's aliases, by address; admins only."""
    require_admin(caller)
    with db.read() as session:
        return tuple(_row(alias) for alias in aliases.all_of(session, caller.workspace_id))


def get_alias(db: Database, caller: Caller, alias_id: int) -> AliasRow:
    """Return one alias; admins only."""
    require_admin(caller)
    with db.read() as session:
        return _row(_find(session, caller, alias_id))


def add_alias(
    db: Database, caller: Caller, *, email: str, name: str, signature: str = "", now: datetime | None = None
) -> AliasRow:
    """Add an alias and have a code mailed to it; admins only.

    Adding an address that still waits for its code sends a new one; one that is verified is a Conflict.
    """
    require_admin(caller)
    now, address = now or utcnow(), fold_address(email)
    if not is_valid_email(address):
        raise UserError("This is not an email address. Write it like billing@example.com.", "email")
    name = _name(name)
    with db.write() as session:
        alias = aliases.by_email(session, caller.workspace_id, address)
        if alias is not None and alias.verified_at is not None:
            raise Conflict("This address is verified already.", "email")
        if alias is None:
            alias = Alias(
                workspace_id=caller.workspace_id, email=address, created_by=caller.user_id, created_at=now, name=name
            )
            session.add(alias)
        alias.name, alias.signature = name, signature.strip()
        session.flush()
        _mail_code(session, caller, alias, now)
        return _row(alias)


def change_alias(db: Database, caller: Caller, alias_id: int, *, name: str, signature: str) -> AliasRow:
    """Set the name and the signature of an alias; the address stays as it was verified. Admins only."""
    require_admin(caller)
    name = _name(name)
    with db.write() as session:
        alias = _find(session, caller, alias_id)
        alias.name, alias.signature = name, signature.strip()
        return _row(alias)


def send_code_again(db: Database, caller: Caller, alias_id: int, *, now: datetime | None = None) -> AliasRow:
    """Mail a new code, which ends the old one; admins only."""
    require_admin(caller)
    with db.write() as session:
        alias = _find(session, caller, alias_id)
        if alias.verified_at is not None:
            raise Conflict("This address is verified already.")
        _mail_code(session, caller, alias, now or utcnow())
        return _row(alias)


def verify(
    db: Database, caller: Caller, alias_id: int, code: str, *, secret_key: str, now: datetime | None = None
) -> AliasRow:
    """Verify an alias by the code that was mailed to it; admins only.

    A second call after success changes nothing. Raises UserError for a wrong code (five tries a code) and an old one
    (30 minutes); a wrong try is counted even so.
    """
    require_admin(caller)
    now = now or utcnow()
    with db.write() as session:
        alias = _find(session, caller, alias_id)
        wrong = None if alias.verified_at is not None else _wrong(alias, code, secret_key, now)
        if wrong is None and alias.verified_at is None:
            alias.verified_at, alias.code_nonce, alias.code_expires_at = now, None, None
        session.flush()
        row = _row(alias)
    if wrong is not None:
        raise UserError(wrong, "code")
    return row


def remove_alias(db: Database, caller: Caller, alias_id: int) -> None:
    """Remove an alias that no campaign names; admins only."""
    require_admin(caller)
    with db.write() as session:
        alias = _find(session, caller, alias_id)
        if aliases.is_used(session, caller.workspace_id, alias_id):
            raise Conflict("Campaigns were written with this alias, so it stays. Choose another sender for new ones.")
        session.delete(alias)


def _name(typed: str) -> str:
    if not typed.strip():
        raise UserError("Write the name that customers see beside the address.", "name")
    return typed.strip()[:200]


def _wrong(alias: Alias, code: str, secret_key: str, now: datetime) -> str | None:
    if alias.code_nonce is None or alias.code_expires_at is None or alias.code_expires_at <= now:
        return "This code is too old. Send a new one."
    if alias.code_attempts >= MOST_ATTEMPTS:
        return "Too many wrong tries. Send a new code."
    alias.code_attempts += 1
    if not same_code(alias_code(secret_key, alias.id, alias.code_nonce), code):
        return "This is not the code in the mail. Check it, or send a new one."
    return None


def _mail_code(session: Session, caller: Caller, alias: Alias, now: datetime) -> None:
    alias.code_nonce, alias.code_expires_at, alias.code_attempts = secrets.token_hex(16), now + CODE_LASTS, 0
    session.add(
        SystemMail(
            workspace_id=caller.workspace_id,
            kind=SystemMailKind.ALIAS_CODE.value,
            requested_by=caller.user_id,
            to_address=alias.email,
            subject_id=alias.id,
            due_at=now,
            created_at=now,
        )
    )


def _find(session: Session, caller: Caller, alias_id: int) -> Alias:
    alias = aliases.by_id(session, caller.workspace_id, alias_id)
    if alias is None:
        raise NotFound("This alias is no longer there.")
    return alias


def _row(alias: Alias) -> AliasRow:
    return AliasRow(alias.id, alias.email, alias.name, alias.signature, alias.verified_at is not None)
