"""`campaign-bot suppress` as it is typed, and the lists it reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from typer.testing import CliRunner, Result

from bot.__main__ import app
from bot.errors import UserError
from storage.db import Database
from storage.models import Suppression
from tests.bot.test_import_command import slack, typed  # noqa: F401 (fixtures)

POSTMARK = '"EmailAddress","SuppressionReason","Origin"\n"Pat@Acme.example","HardBounce","Recipient"\n'
MIXED = "Name;E-Mail;Handy;Grund\nAcme;pat@acme.example;0151 23456789;Anwalt\nBolt;;'+49 151 23456790;\n"
HEADLESS = "+4915123456789\n+4915123456790\n"


def run(typed: CliRunner, *words: str) -> Result:  # noqa: F811
    return typed.invoke(app, ["suppress", *words])


def suppressed(db: Database) -> list[tuple[str, str, str]]:
    with db.read() as session:
        query = select(Suppression.channel, Suppression.address, Suppression.note).order_by(Suppression.id)
        return [tuple(row) for row in session.execute(query)]


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (POSTMARK, [], [("email", "pat@acme.example", "HardBounce")]),
        (
            MIXED,
            ["--country", "de", "--reason", "Old list"],
            [
                ("email", "pat@acme.example", "Anwalt"),
                ("sms", "+4915123456789", "Anwalt"),
                ("sms", "+4915123456790", "Old list"),
            ],
        ),
        (HEADLESS, [], [("sms", "+4915123456789", "From a list"), ("sms", "+4915123456790", "From a list")]),
    ],
)
def test_lists_of_services_and_of_people_are_read(
    typed: CliRunner,  # noqa: F811
    db: Database,
    tmp_path: Path,
    content: str,
    options: list[str],
    expected: list[tuple[str, str, str]],
) -> None:
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    done = run(typed, str(path), *options)
    assert done.exit_code == 0, done.output
    assert done.output == f"{len(expected)} addresses are suppressed now; 0 were before.\n"
    assert sorted(suppressed(db)) == sorted(expected)
    assert run(typed, str(path), *options).output == f"0 addresses are suppressed now; {len(expected)} were before.\n"


@pytest.mark.database("sqlite")
def test_what_is_no_address_refuses_the_list_unless_it_is_left_out(
    typed: CliRunner,  # noqa: F811
    db: Database,
    tmp_path: Path,
) -> None:
    path = tmp_path / "list.csv"
    path.write_text("email,reason\npat@acme.example,\n=cmd|' /C calc'!A0,\n", encoding="utf-8")
    refused = run(typed, str(path))
    assert isinstance(refused.exception, UserError)
    assert "list.csv, row 3, email \"=cmd|' /C calc'!A0\": neither an email address nor" in str(refused.exception)
    assert suppressed(db) == []
    dry = run(typed, str(path), "--skip-bad", "--dry-run")
    assert dry.output.splitlines()[-1] == "This is a dry run: nothing is written. The files list 1 addresses."
    assert suppressed(db) == []
    assert run(typed, str(path), "--skip-bad").output.splitlines()[0].startswith("left out: list.csv, row 3")
    assert suppressed(db) == [("email", "pat@acme.example", "From a list")]


@pytest.mark.database("sqlite")
@pytest.mark.parametrize(
    ("content", "words"),
    [("name,city\nAcme,Berlin\n", "no column of it is called email or phone"), ("", "it is empty")],
)
def test_a_file_that_is_no_such_list_says_so(typed: CliRunner, tmp_path: Path, content: str, words: str) -> None:  # noqa: F811
    path = tmp_path / "list.csv"
    path.write_text(content, encoding="utf-8")
    assert words in str(run(typed, str(path)).exception)
