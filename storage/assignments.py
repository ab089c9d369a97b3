"""Queries on who looks after which customer."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from storage.models import Assignment, Customer


def customer_name(session: Session, workspace_id: int, customer_id: int) -> str | None:
    """Return the customer's name, or None where the workspace has no such customer."""
    query = select(Customer.name).where(Customer.workspace_id == workspace_id, Customer.id == customer_id)
    return session.scalar(query)


def account_managers(session: Session, workspace_id: int, customer_id: int) -> list[int]:
    """Return the ids of the users who look after a customer."""
    mine = (Assignment.workspace_id == workspace_id, Assignment.customer_id == customer_id)
    return list(session.scalars(select(Assignment.user_id).where(*mine).order_by(Assignment.user_id)))


def replace(session: Session, workspace_id: int, customer_id: int, user_ids: Iterable[int]) -> None:
    """Make exactly these users the customer's account managers; the caller has looked all of them up."""
    mine = (Assignment.workspace_id == workspace_id, Assignment.customer_id == customer_id)
    session.execute(delete(Assignment).where(*mine))
    session.add_all(
        Assignment(workspace_id=workspace_id, customer_id=customer_id, user_id=user_id) for user_id in user_ids
    )
