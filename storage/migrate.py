"""Migrations: bring a database up to this release, and say whether the models are in step with it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import Connection

from storage import word_search
from storage.db import Database
from storage.models import Base

_SCRIPTS = Path(__file__).parent / "migrations"
_LOCK_KEY = 0x63616D70  # "camp": one migrator at a time on PostgreSQL; SQLite's write lock does the same


def upgrade(url: str, revision: str = "head") -> str:
    """Bring the database at `url` up to `revision` and return it; a second call changes nothing.

    Everything happens in one transaction, so a failure leaves the database as it was.
    """
    database = Database(url)
    try:
        with database.engine.begin() as connection:
            if not database.is_sqlite:
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK_KEY})")
            command.upgrade(_config(connection), revision)
            return current(connection) or ""
    finally:
        database.dispose()


def current(connection: Connection) -> str | None:
    """Return the revision that the database is at, or None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def is_current(db: Database) -> bool:
    """Say whether the database is at this release's revision."""
    head = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    with db.read() as session:
        return current(session.connection()) == head


def drift(db: Database) -> list[object]:
    """Return the differences between the models and the database; empty when they are in step."""
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_modelled})
        return list(compare_metadata(context, Base.metadata))


def write_revision(url: str, message: str) -> None:
    """Write the migration that brings a database at the newest revision to the models (for developers)."""
    database = Database(url)
    with database.engine.begin() as connection:
        command.revision(_config(connection), message=message, autogenerate=True)
    database.dispose()


def _is_modelled(_object: object, name: str | None, *_rest: object) -> bool:
    return not word_search.is_own(name)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config
