"""What handlers are given."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import delete, insert

from bot.campaigns.audiences import AT_ONCE
from handlers.deps import Deps
from handlers.redraws import Redraws
from storage.db import Database
from storage.models import Customer
from tests.builders import Builder


def test_a_large_book_is_counted_after_the_click_and_known_to_be_large_from_then_on(
    db: Database, build: Builder
) -> None:
    defaults: Any = None
    deps = Deps(db, defaults, "key", timedelta(), lambda: None, Redraws(lambda _: None))
    caller = build.caller()
    one = {"workspace_id": caller.workspace_id, "name": "N", "name_folded": "n", "custom": {}, "currency": "EUR"}
    with db.write() as session:
        session.execute(insert(Customer), [{**one, "external_id": str(n)} for n in range(AT_ONCE)])
    assert not deps.counts_later(caller)
    build.customer("One more")
    assert deps.counts_later(caller)
    with db.write() as session:
        session.execute(delete(Customer))
    assert deps.counts_later(caller), "it is not asked again"
    assert deps.large == {caller.scope}
