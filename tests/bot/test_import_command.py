"""`campaign-bot import` as it is typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.errors import UserError
from sandbox import Sandbox
from storage.db import Database
from storage.models import Invoice
from tests.bot.imports.test_hostile import hostile

ROWS = """Customer name;Nr;Due date;Total
Acme;A-1;28.02.2026;1.234,50
Bolt;A-2;31.03.2026;99,00
"""


@pytest.fixture
def slack() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def typed(slack: Sandbox, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    for name, value in {
        "SLACK_BOT_TOKEN": slack.bot_token,
        "SLACK_SIGNING_SECRET": slack.signing_secret,
        "SLACK_API_URL": slack.api_url,
        "DATABASE_URL": database_url,
        "SMTP_URL": "smtp://localhost",
        "SECRET_KEY": "k" * 32,
    }.items():
        monkeypatch.setenv(name, value)
    yield CliRunner()


def run(typed: CliRunner, *words: str) -> Result:
    return typed.invoke(app, ["import", *words])


def numbers(db: Database) -> list[tuple[str, int]]:
    with db.read() as session:
        return [
            tuple(row) for row in session.execute(select(Invoice.number, Invoice.outstanding).order_by(Invoice.number))
        ]


def test_it_says_what_was_recognised_and_what_changed(typed: CliRunner, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS, encoding="cp1252")
    dry = run(typed, str(path), "--dry-run")
    assert dry.exit_code == 0, dry.output
    assert numbers(db) == []
    assert "This is a dry run" in dry.output
    done = run(typed, str(path))
    assert done.exit_code == 0, done.output
    assert "a.csv: 2 rows, header in row 1 (utf-8-sig, separated by ';')" in done.output
    assert "Customer name = customer.name, Nr = invoice.number, Due date = invoice.due_date" in done.output
    assert "dates have the day first, the decimal sign is ','" in done.output
    assert "invoices        2 new       0 changed" in done.output
    assert "outstanding before: nothing, after: EUR 1,333.50" in done.output
    assert numbers(db) == [("A-1", 123_450), ("A-2", 9_900)]


def test_bad_rows_are_left_beside_the_file(typed: CliRunner, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS.replace("28.02.2026", "30.02.2026"), encoding="utf-8")
    refused = run(typed, str(path))
    assert isinstance(refused.exception, UserError)
    assert "row 2, Due date '30.02.2026': is no date such as 2026-03-31" in str(refused.exception)
    done = run(typed, str(path), "--skip-bad")
    assert done.exit_code == 0, done.output
    assert "1 bad row in" in done.output
    assert (
        (tmp_path / "a.bad.csv")
        .read_text(encoding="utf-8-sig")
        .splitlines()[1]
        .startswith("Acme;A-1;30.02.2026;1.234,50;")
    )
    assert numbers(db) == [("A-2", 9_900)]


def test_full_asks_before_it_closes(typed: CliRunner, db: Database, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(ROWS, encoding="utf-8")
    run(typed, str(path))
    path.write_text("\n".join(ROWS.splitlines()[::2]), encoding="utf-8")
    refused = run(typed, str(path), "--full")
    assert "no longer list 1 open invoice. Say --yes" in str(refused.exception)
    assert numbers(db) == [("A-1", 123_450), ("A-2", 9_900)]
    assert run(typed, str(path), "--full", "--yes").exit_code == 0
    assert numbers(db) == [("A-1", 0), ("A-2", 9_900)]


@pytest.mark.database("sqlite")
def test_hostile_files_are_refused_in_plain_words(typed: CliRunner, db: Database, tmp_path: Path) -> None:
    for name, content, said in hostile():
        path = tmp_path / name
        path.write_bytes(content)
        refused = run(typed, str(path))
        assert isinstance(refused.exception, UserError), (name, refused.output)
        assert re.search(said, str(refused.exception)), (name, str(refused.exception))
        assert name in str(refused.exception)
    assert numbers(db) == []


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--map", "invoice.number", "--map is written as"),
        ("--map", "invoice.colour=X", "--map knows no 'invoice.colour'"),
        ("--date-order", "ddmm", "--date-order is one of dmy, mdy, ymd"),
        ("--decimal", "point", '--decimal is "." or ","'),
    ],
)
def test_a_wrong_option_is_named(typed: CliRunner, tmp_path: Path, option: str, value: str, said: str) -> None:
    refused = run(typed, str(tmp_path / "a.csv"), option, value)
    assert said in str(refused.exception)
