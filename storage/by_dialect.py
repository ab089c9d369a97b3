"""Statements prepared once for each database, with many ids in one parameter."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Executable, SQLColumnExpression, any_, bindparam, func, select
from sqlalchemy.orm import Session


class ByDialect:
    """A statement prepared once in the words of each database, when it is first executed there."""

    def __init__(self, made: Callable[[bool], Executable]) -> None:
        """Execute what `made` returns for SQLite (True) or for PostgreSQL."""
        self._made = made
        self._prepared: dict[bool, Executable] = {}

    def run(self, session: Session, **values: Any) -> Any:
        """Execute it; `ids` may be any collection."""
        sqlite = session.get_bind().dialect.name == "sqlite"
        if "ids" in values:
            ids = sorted(values["ids"])
            values["ids"] = json.dumps(ids) if sqlite else ids
        if sqlite not in self._prepared:
            self._prepared[sqlite] = self._made(sqlite)
        return session.connection().execute(self._prepared[sqlite], values)


def among(column: SQLColumnExpression[Any], sqlite: bool) -> ColumnElement[bool]:
    """Return the condition that a column is one of `ids`, a parameter that ByDialect.run fills."""
    if sqlite:
        return column.in_(select(func.json_each(bindparam("ids")).table_valued("value").c.value))
    return column == any_(bindparam("ids", type_=ARRAY(BigInteger)))
