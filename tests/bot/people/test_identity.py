"""Who gets in: the first admin, AUTO_JOIN, guests, account managers known by email, and other workspaces."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.domain.access import Position, Role
from bot.errors import AccessNeeded
from bot.people.identity import SlackPerson, TeamFacts, WorkspaceDefaults, known, recognise
from storage.db import Database
from tests.builders import NOW, Builder

TEAM = TeamFacts("T1", "Northwind")
DEFAULTS = WorkspaceDefaults("Northwind Ltd", "en", "EUR", "UTC", admin_email="Boss@example.com")


def person(user_id: str = "U1", **values: object) -> SlackPerson:
    return SlackPerson(user_id, f"Name of {user_id}", **values)  # type: ignore[arg-type]


def test_owner_becomes_the_first_admin(db: Database) -> None:
    caller = recognise(db, DEFAULTS, TEAM, person(is_owner=True), now=NOW)
    assert (caller.role, caller.position, caller.name) == (Role.ADMIN, Position.FINANCE, "Name of U1")
    assert known(db, "T1", "U1", now=NOW) == caller


def test_admin_email_counts_only_when_confirmed(db: Database) -> None:
    with pytest.raises(AccessNeeded):
        recognise(db, DEFAULTS, TEAM, person(email="boss@example.com"), now=NOW)
    caller = recognise(db, DEFAULTS, TEAM, person(email="boss@example.com", email_confirmed=True), now=NOW)
    assert caller.role is Role.ADMIN


def test_second_owner_is_no_admin_and_is_told_whom_to_ask(db: Database) -> None:
    recognise(db, DEFAULTS, TEAM, person("U1", is_owner=True), now=NOW)
    with pytest.raises(AccessNeeded) as refused:
        recognise(db, DEFAULTS, TEAM, person("U2", is_owner=True), now=NOW)
    assert refused.value.admins == ("U1",)
    assert known(db, "T1", "U2", now=NOW) is None


@pytest.mark.parametrize("who", [{"restricted": True}, {"deleted": True}, {"is_bot": True}])
def test_auto_join_leaves_out_guests_bots_and_people_who_left(db: Database, who: dict[str, bool]) -> None:
    open_house = WorkspaceDefaults("N", "en", "EUR", "UTC", auto_join="finance")
    with pytest.raises(AccessNeeded):
        recognise(db, open_house, TEAM, person(**who), now=NOW)


@pytest.mark.parametrize("position", list(Position))
def test_auto_join_gives_the_position_it_names(db: Database, position: Position) -> None:
    open_house = WorkspaceDefaults("N", "en", "EUR", "UTC", auto_join=position.value)
    caller = recognise(db, open_house, TEAM, person(), now=NOW)
    assert (caller.role, caller.position) == (Role.MEMBER, position)


def test_account_manager_known_by_email_is_linked_once_slack_confirms_it(db: Database, build: Builder) -> None:
    build.workspace(team_id="T1")
    row = build.user("Camille", slack_user_id=None, role=None, email="cam@example.com", position="account_manager")
    open_house = WorkspaceDefaults("N", "en", "EUR", "UTC", auto_join="account_manager")
    stranger = recognise(db, open_house, TEAM, person("U8", email="cam@example.com"), now=NOW)
    assert stranger.user_id != row.id
    caller = recognise(db, open_house, TEAM, person("U9", email="Cam@example.com", email_confirmed=True), now=NOW)
    assert caller.user_id == row.id


def test_slack_is_asked_again_after_a_day(db: Database) -> None:
    recognise(db, DEFAULTS, TEAM, person(is_owner=True), now=NOW)
    assert known(db, "T1", "U1", now=NOW + timedelta(hours=23)) is not None
    assert known(db, "T1", "U1", now=NOW + timedelta(hours=25)) is None


def test_same_slack_id_in_another_workspace_is_somebody_else(db: Database) -> None:
    first = recognise(db, DEFAULTS, TEAM, person(is_owner=True), now=NOW)
    assert known(db, "T2", "U1", now=NOW) is None
    second = recognise(db, DEFAULTS, TeamFacts("T2", "Other"), person(is_owner=True), now=NOW)
    assert second.workspace_id != first.workspace_id
