"""One office a scenario: on SQLite and PostgreSQL, over Socket Mode and over signed HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.person import Person
from storage.db import Database
from tests.scenarios.office import Office

THREE = (
    ("Acme GmbH", "pat@acme.example", 12_345),
    ("Bolt & Co", "gone@bolt.example", 70_000),
    ("Cargo Ltd", None, 5_000),
    ("Paid up SA", "fine@paid.example", 0),
)
"""Two that can be mailed, one without a contact, one that owes nothing."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Take both roads from Slack to the bot, unless a test names the one it is about (`@pytest.mark.road`)."""
    if "road" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("road")
        metafunc.parametrize("road", only.args if only else ["socket", "http"])


@pytest.fixture
def closed_office(database_url: str, db: Database, road: str) -> Iterator[Office]:
    """An office whose bot is not started yet. Afterwards nothing that the bot sent may have broken Slack's rules."""
    office = Office(database_url, db, road).open()
    office.book(*THREE)
    try:
        yield office
        assert [str(one) for one in office.slack.violations] == []
    finally:
        office.close()


@pytest.fixture
def office(closed_office: Office) -> Office:
    """An office with the bot at work and the small book of three debtors in it."""
    return closed_office.start()


@pytest.fixture
def alice(office: Office) -> Person:
    """The workspace's owner, and so the first admin; her first use makes the workspace known."""
    return office.alice
