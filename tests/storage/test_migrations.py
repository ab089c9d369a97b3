"""The migrations build what the models say, on both databases, and a second run changes nothing."""

from __future__ import annotations

from sqlalchemy import inspect

from storage.db import Database
from storage.migrate import drift, is_current, upgrade
from storage.models import Base


def test_migrated_database_is_in_step_with_the_models(db: Database) -> None:
    assert is_current(db)
    assert drift(db) == []


def test_every_table_exists_and_belongs_to_a_workspace(db: Database) -> None:
    names = set(inspect(db.engine).get_table_names()) - {"alembic_version"}
    assert names == set(Base.metadata.tables)
    for table in Base.metadata.tables.values():
        assert table.name == "workspaces" or "workspace_id" in table.columns


def test_second_upgrade_changes_nothing(db: Database, database_url: str) -> None:
    assert upgrade(database_url) == upgrade(database_url) == "0004"
    assert drift(db) == []
