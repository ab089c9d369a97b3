"""What every table shares: names of constraints, the workspace column, states as checked text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from sqlalchemy import JSON, CheckConstraint, ForeignKey, ForeignKeyConstraint, MetaData, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from storage.db import BigId

Json = JSON().with_variant(JSONB(), "postgresql")


class Base(DeclarativeBase):
    """The declarative base; constraints get stable names, so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class InWorkspace:
    """A row with an id of its own that belongs to one workspace."""

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(BigId, ForeignKey("workspaces.id", ondelete="CASCADE"))


def one_of(column: str, states: Iterable[StrEnum]) -> CheckConstraint:
    """Return a check that `column` holds one of `states`."""
    values = ", ".join(f"'{state.value}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def within_workspace(column: str, table: str, *, on_delete: str | None = None) -> ForeignKeyConstraint:
    """Return a foreign key to `table` that can't leave the row's own workspace."""
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete=on_delete)


def referable() -> UniqueConstraint:
    """Return the unique key that `within_workspace` foreign keys point to."""
    return UniqueConstraint("workspace_id", "id")
