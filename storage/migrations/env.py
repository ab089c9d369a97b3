"""Alembic's environment: one connection, given by storage.migrate, and the models to compare with."""

from __future__ import annotations

from alembic import context

from storage import word_search
from storage.models import Base

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
    include_object=lambda _object, name, *_rest: not word_search.is_own(name),
)
with context.begin_transaction():
    context.run_migrations()
