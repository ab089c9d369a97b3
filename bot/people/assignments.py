"""Who looks after which customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from bot.domain.access import Caller, require_admin
from bot.errors import NotFound
from storage import assignments, users
from storage.db import Database


@dataclass(frozen=True, slots=True)
class CustomerAssignment:
    """One customer and the users who look after it, as (id, name)."""

    customer_id: int
    customer_name: str
    account_managers: tuple[tuple[int, str], ...]


def read(db: Database, caller: Caller, customer_id: int) -> CustomerAssignment:
    """Return who looks after a customer; admins only."""
    require_admin(caller)
    with db.read() as session:
        return _assignment(session, caller, customer_id)


def assign(db: Database, caller: Caller, customer_id: int, user_ids: Sequence[int]) -> CustomerAssignment:
    """Make exactly these users the customer's account managers; admins only. Ids of other workspaces are refused."""
    require_admin(caller)
    with db.write() as session:
        _assignment(session, caller, customer_id)
        wanted = list(dict.fromkeys(user_ids))
        if not all(users.by_id(session, caller.workspace_id, each) for each in wanted):
            raise NotFound("One of these people is no longer there.")
        assignments.replace(session, caller.workspace_id, customer_id, wanted)
        return _assignment(session, caller, customer_id)


def _assignment(session: Session, caller: Caller, customer_id: int) -> CustomerAssignment:
    name = assignments.customer_name(session, caller.workspace_id, customer_id)
    if name is None:
        raise NotFound("This customer is no longer there.")
    ids = assignments.account_managers(session, caller.workspace_id, customer_id)
    found = [users.by_id(session, caller.workspace_id, user_id) for user_id in ids]
    names = sorted(((u.id, u.name) for u in found if u), key=lambda pair: pair[1])
    return CustomerAssignment(customer_id, name, tuple(names))
