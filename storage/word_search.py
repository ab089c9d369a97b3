"""Finding customers by the beginnings of words: full-text indexes of each database, kept by the database itself.

SQLite has an FTS5 table beside `customers`, kept up by triggers; PostgreSQL a GIN index over an expression. Neither
is a model: migration 0005 makes them, and `is_own` tells Alembic to leave them alone. The workspace stands in the index
as a word of its own, so that one workspace's size does not slow another one's search.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from storage.by_dialect import is_sqlite

TABLE = "customer_words"
INDEX = "ix_customers_words"
_SEPARATORS = r"[\s!-/:-@\[-`{-~]+"

# the query must repeat the index's expression literally, or PostgreSQL does not recognise it
VECTOR = (
    "array_to_tsvector(array_remove(regexp_split_to_array("
    "name_folded || ' ' || coalesce(group_folded, ''), '[\\s!-/:-@\\[-`{-~]+'), '') "
    "|| ARRAY['@' || workspace_id::text])"
)

_COLUMNS = "id, workspace_id, name_folded, group_folded"
_NEW = "new.id, new.workspace_id, new.name_folded, new.group_folded"
_OLD = "old.id, old.workspace_id, old.name_folded, old.group_folded"
_FORGET = f"INSERT INTO {TABLE} ({TABLE}, {_COLUMNS.replace('id,', 'rowid,', 1)}) VALUES ('delete', {_OLD});"  # noqa: S608
_LEARN = f"INSERT INTO {TABLE} ({_COLUMNS.replace('id,', 'rowid,', 1)}) VALUES ({_NEW});"  # noqa: S608

SQLITE_REBUILD = f"INSERT INTO {TABLE} ({TABLE}) VALUES ('rebuild')"  # noqa: S608
SQLITE_CHECK = f"INSERT INTO {TABLE} ({TABLE}, rank) VALUES ('integrity-check', 1)"  # noqa: S608
SQLITE = (
    f"CREATE VIRTUAL TABLE {TABLE} USING fts5 (workspace_id, name_folded, group_folded, content='customers', "
    "content_rowid='id', prefix='1 2 3 4', tokenize='unicode61 remove_diacritics 0')",
    f"CREATE TRIGGER {TABLE}_new AFTER INSERT ON customers BEGIN {_LEARN} END",
    f"CREATE TRIGGER {TABLE}_old AFTER DELETE ON customers BEGIN {_FORGET} END",
    f"CREATE TRIGGER {TABLE}_changed AFTER UPDATE OF id, workspace_id, name_folded, group_folded ON customers "
    f"BEGIN {_FORGET} {_LEARN} END",
    SQLITE_REBUILD,
)
POSTGRESQL = (f"CREATE INDEX {INDEX} ON customers USING gin (({VECTOR})) WITH (fastupdate = off)",)

_IN_SQLITE = text(f"SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH :wanted LIMIT :most")  # noqa: S608
_IN_POSTGRESQL = text(
    # the scan of a common word would be slower than the index, and the planner can't know
    f"SELECT id FROM customers WHERE {VECTOR.replace(':', chr(92) + ':')} @@ CAST(:wanted AS tsquery) LIMIT :most"  # noqa: S608
)


def is_own(name: str | None) -> bool:
    """Say whether a table or index in the database is one of these."""
    return name is not None and (name == INDEX or name.startswith(TABLE))


def ids(session: Session, workspace_id: int, wanted: str, most: int) -> list[int]:
    """Return up to `most` customers of the workspace with every word of `wanted`, the last one as a beginning.

    `wanted` is folded text (bot.domain.folding.fold). Which ones are returned, when there are more, is up to the index.
    """
    words = [word for word in re.split(_SEPARATORS, wanted) if word]
    if not words:
        return []
    sqlite = is_sqlite(session)
    values: dict[str, Any] = {"most": most, "wanted": (_fts5 if sqlite else _tsquery)(workspace_id, words)}
    return list(session.scalars(_IN_SQLITE if sqlite else _IN_POSTGRESQL, values))


def _fts5(workspace_id: int, words: list[str]) -> str:
    # a separator is never part of a word, so no quote needs escaping
    text = " AND ".join(f'"{word}"' for word in words)
    return f"workspace_id : {workspace_id} AND {{name_folded group_folded}} : ({text} *)"


def _tsquery(workspace_id: int, words: list[str]) -> str:
    return " & ".join([f"'@{workspace_id}'", *(f"'{word}'" for word in words)]) + ":*"
