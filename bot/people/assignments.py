"""Who looks after which customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from bot.domain.access import Caller, require_admin
from bot.errors import NotFound
from storage import users
from storage.db import Database
from storage.models import Assignment, Customer


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
        customer = session.scalar(
            select(Customer).where(Customer.workspace_id == caller.workspace_id, Customer.id == customer_id)
        )
        if customer is None:
            raise NotFound("This customer is no longer there.")
        ids = session.scalars(
            select(Assignment.user_id).where(
                Assignment.workspace_id == caller.workspace_id, Assignment.customer_id == customer_id
            )
        )
        found = [users.by_id(session, caller.workspace_id, user_id) for user_id in ids]
        names = sorted(((u.id, u.name) for u in found if u), key=lambda pair: pair[1])
        return CustomerAssignment(customer.id, customer.name, tuple(names))


def assign(db: Database, caller: Caller, customer_id: int, user_ids: Sequence[int]) -> CustomerAssignment:
    """Make exactly these users the customer's account managers; admins only. Ids of other workspaces are refused."""
    read(db, caller, customer_id)
    with db.write() as session:
        known = [u.id for i in dict.fromkeys(user_ids) if (u := users.by_id(session, caller.workspace_id, i))]
        if len(known) != len(set(user_ids)):
            raise NotFound("One of these people is no longer there.")
        session.execute(
            delete(Assignment).where(
                Assignment.workspace_id == caller.workspace_id, Assignment.customer_id == customer_id
            )
        )
        session.add_all(
            Assignment(workspace_id=caller.workspace_id, customer_id=customer_id, user_id=user_id) for user_id in known
        )
    return read(db, caller, customer_id)
