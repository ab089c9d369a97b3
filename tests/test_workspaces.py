"""Every query says whose rows it is about: a workspace, scope or caller is among its arguments, or it says why not."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import bot.campaigns
import bot.people
import storage

WHOSE = {"workspace_id", "scope", "caller"}
HELD = {
    "campaign",
    "contact",
    "behind",
    "mail",
    "held",
    "token",
    "tokens",
    "sent",
    "moved",
    "condition",
    "told",
    "author",
    "action",
    "suppression",
}
"""A row that was looked up in its workspace, the token of a claim on such rows, or a condition made from a scope."""
NOT_QUERIES = {"db", "migrate", "migrations", "models"}

FOR_WORKERS = {
    "actions": {"cancel_strays", "rescue_expired"},
    "campaign_states": {"are_due", "complete_finished", "next_start", "pause_missed", "start_due"},
    "campaigns": {"by_id", "freeze", "late", "set_left_out", "to_freeze", "unfrozen"},
    "claims": {"claim_due", "next_due"},
    "health": {
        "actions_by_state", "behind_since", "campaigns_by_state", "completed_with_open_actions", "contacted_unnoted",
        "note_contacted", "rebuild_words", "reopen", "strays", "stuck_leases", "system_mails_late", "unfrozen_since",
        "words_are_whole",
    },
    "frozen": {"insert_frozen", "insert_packed", "packed"},
    "handoffs": {"exchange"},
    "imports": {
        "claim_import", "claim_reading", "discard_older", "is_anything_due", "message_of", "untold",
    },
    "mailboxes": {"claim", "is_due"},
    "notifications": {"are_due", "claim_behind", "gathering", "living_of", "touch", "touch_free"},
    "outbox": {"oldest_due_age"},
    "outcomes": {"note_contacted"},
    "rates": {"lock"},
    "receipts": {"applied", "pending", "under_way", "unsettled"},
    "system_mails": {"claim", "fail_expired", "is_anything_to_do"},
    "freeze": {"freeze_due"},
    "telling": {"claim"},
    "tick": {"is_due", "tell_delays", "tick"},
    "users": {"admins_everywhere"},
    "wakeups": {"listen", "tell"},
    "workers": {"everyone", "forget", "gone", "seen"},
}  # fmt: skip
"""What workers do for all workspaces at once; each row it touches keeps its own workspace_id."""

BEFORE_ANYBODY_IS_KNOWN = {
    "receipts": {"action_by_id", "action_by_message_id", "action_of"},
    "replies": {"author_of", "workspaces_of"},
    "identity": {"known", "open_workspace", "recognise"},
    "users": {"known"},
    "workspaces": {"add", "by_team", "sole"},
}
"""Here the workspace is what is looked for."""

CONDITIONS = {
    "by_dialect": {"among", "as_date", "as_json", "as_moment", "is_sqlite", "moment"},
    "receipts": {"is_uncertain"},
    "customer_filter": {"is_collectible", "is_overdue", "is_undisputed", "matches_text"},
    "transitions": {"is_queued", "is_sending", "move", "person", "worker"},
    "word_search": {"is_own"},
}
"""Parts of a query; whoever puts them into one brings the workspace."""


def functions(package: ModuleType) -> Iterator[tuple[str, str, Callable[..., Any]]]:
    """Yield (module, name, function) of every public function of a package's modules."""
    for found in pkgutil.iter_modules(package.__path__):
        if found.name in NOT_QUERIES:
            continue
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        for name, function in inspect.getmembers(module, inspect.isfunction):
            if function.__module__ == module.__name__ and not name.startswith("_"):
                yield found.name, name, function


def says_whose(module: str, name: str, function: Callable[..., Any]) -> bool:
    if (WHOSE | HELD) & set(inspect.signature(function).parameters):
        return True
    return any(name in table.get(module, set()) for table in (FOR_WORKERS, BEFORE_ANYBODY_IS_KNOWN, CONDITIONS))


def test_every_query_says_whose_rows_it_is_about() -> None:
    found = list(functions(storage))
    assert len(found) > 120
    assert [f"{module}.{name}" for module, name, function in found if not says_whose(module, name, function)] == []


def test_every_use_case_says_who_asks() -> None:
    found = [
        (module, name, function)
        for package in (bot.campaigns, bot.people)
        for module, name, function in functions(package)
        if next(iter(inspect.signature(function).parameters), "") == "db"
    ]
    assert len(found) > 50
    assert [f"{module}.{name}" for module, name, function in found if not says_whose(module, name, function)] == []


def test_the_exceptions_are_all_still_there() -> None:
    there = {
        (module, name) for package in (storage, bot.campaigns, bot.people) for module, name, _ in functions(package)
    }
    for table in (FOR_WORKERS, BEFORE_ANYBODY_IS_KNOWN, CONDITIONS):
        assert {(module, name) for module, names in table.items() for name in names} - there == set()
