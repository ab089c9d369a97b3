"""The migrations build what the models say, on both databases, and a second run changes nothing."""

from __future__ import annotations

from sqlalchemy import inspect

from storage import word_search
from storage.db import Database
from storage.migrate import drift, is_current, upgrade
from storage.models import Base

ENGINE_ONLY = {"workspaces", "workers", "rate_tokens", "mailboxes"}
"""Workspaces themselves, and what holds nothing of anybody's customers."""


def test_migrated_database_is_in_step_with_the_models(db: Database) -> None:
    assert is_current(db)
    assert drift(db) == []


def test_every_table_exists_and_belongs_to_a_workspace(db: Database) -> None:
    names = {name for name in inspect(db.engine).get_table_names() if not word_search.is_own(name)} - {
        "alembic_version"
    }
    assert names == set(Base.metadata.tables)
    for table in Base.metadata.tables.values():
        assert table.name in ENGINE_ONLY or "workspace_id" in table.columns


def test_second_upgrade_changes_nothing(db: Database, database_url: str) -> None:
    assert upgrade(database_url) == upgrade(database_url) == "0010"
    assert drift(db) == []
