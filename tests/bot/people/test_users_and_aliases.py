"""Admins manage users, aliases, account managers and settings; members can't, and other workspaces are not found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.domain.access import Caller, Position, Role
from bot.domain.codes import alias_code
from bot.errors import Conflict, FieldErrors, NotAllowed, NotFound, UserError
from bot.people import aliases, assignments, users, workspace_settings
from bot.people.identity import SlackPerson
from bot.people.workspace_settings import WorkspaceSettings
from storage.db import Database
from storage.models import Alias, SystemMail
from tests.builders import NOW, Builder

KEY = "k" * 32
SETTINGS = WorkspaceSettings("Northwind", "fr", "CHF", "Europe/Zurich", 3)
PERSON = SlackPerson("U77", "Bea", "bea@example.com", True)


def code_of(db: Database, alias_id: int) -> str:
    with db.read() as session:
        alias = session.scalars(select(Alias).where(Alias.id == alias_id)).one()
        assert alias.code_nonce
        return alias_code(KEY, alias_id, alias.code_nonce)


@pytest.fixture
def admin(build: Builder) -> Caller:
    return build.caller(role="admin")


def test_admin_lets_somebody_in_and_takes_access_away(db: Database, admin: Caller) -> None:
    row = users.grant(db, admin, PERSON, role=Role.MEMBER, position=Position.ACCOUNT_MANAGER, now=NOW)
    assert (row.name, row.role, row.position) == ("Bea", Role.MEMBER, Position.ACCOUNT_MANAGER)
    again = users.grant(db, admin, PERSON, role=Role.ADMIN, position=Position.FINANCE, now=NOW)
    assert (again.id, again.role) == (row.id, Role.ADMIN)
    assert users.take_away(db, admin, row.id).role is None
    assert users.list_users(db, admin).total == 2


def test_last_admin_stays(db: Database, admin: Caller) -> None:
    with pytest.raises(Conflict):
        users.take_away(db, admin, admin.user_id)
    me = SlackPerson(admin.slack_user_id, "Me")
    with pytest.raises(Conflict):
        users.grant(db, admin, me, role=Role.MEMBER, position=Position.FINANCE, now=NOW)


def test_guests_are_not_let_in(db: Database, admin: Caller) -> None:
    with pytest.raises(UserError):
        users.grant(
            db, admin, SlackPerson("U5", "G", restricted=True), role=Role.MEMBER, position=Position.FINANCE, now=NOW
        )


def test_alias_is_verified_by_the_code_mailed_to_it(db: Database, admin: Caller) -> None:
    row = aliases.add_alias(db, admin, email="Billing@Example.com", name="Billing", now=NOW)
    assert (row.email, row.verified) == ("billing@example.com", False)
    with db.read() as session:
        mail = session.scalars(select(SystemMail)).one()
        assert (mail.kind, mail.to_address, mail.subject_id) == ("alias_code", "billing@example.com", row.id)
    with pytest.raises(UserError, match="not the code"):
        aliases.verify(db, admin, row.id, "x", secret_key=KEY, now=NOW)
    code = code_of(db, row.id)
    assert aliases.verify(db, admin, row.id, f" {code[:3]} {code[3:]}", secret_key=KEY, now=NOW).verified
    assert aliases.verify(db, admin, row.id, "anything", secret_key=KEY, now=NOW).verified
    with pytest.raises(Conflict):
        aliases.add_alias(db, admin, email="billing@example.com", name="Billing", now=NOW)


def test_codes_end_after_five_tries_and_after_half_an_hour(db: Database, admin: Caller) -> None:
    row = aliases.add_alias(db, admin, email="billing@example.com", name="Billing", now=NOW)
    code = code_of(db, row.id)
    with pytest.raises(UserError, match="too old"):
        aliases.verify(db, admin, row.id, code, secret_key=KEY, now=NOW + timedelta(minutes=30))
    for _ in range(5):
        with pytest.raises(UserError, match="not the code"):
            aliases.verify(db, admin, row.id, "000", secret_key=KEY, now=NOW)
    with pytest.raises(UserError, match="Too many"):
        aliases.verify(db, admin, row.id, code, secret_key=KEY, now=NOW)
    aliases.send_code_again(db, admin, row.id, now=NOW)
    assert code_of(db, row.id) != code
    assert aliases.verify(db, admin, row.id, code_of(db, row.id), secret_key=KEY, now=NOW).verified


def test_alias_with_campaigns_stays(db: Database, build: Builder, admin: Caller) -> None:
    creator = build.user()
    used, unused = build.alias(created_by=creator), build.alias("a@example.com", created_by=creator)
    build.campaign(creator, sender_user_id=None, sender_alias_id=used.id)
    with pytest.raises(Conflict):
        aliases.remove_alias(db, admin, used.id)
    aliases.remove_alias(db, admin, unused.id)
    assert [a.email for a in aliases.list_aliases(db, admin)] == ["billing@example.com"]


@pytest.mark.parametrize(("email", "name", "field"), [("nobody", "B", "email"), ("b@example.com", " ", "name")])
def test_alias_faults_name_their_input(db: Database, admin: Caller, email: str, name: str, field: str) -> None:
    with pytest.raises(UserError) as refused:
        aliases.add_alias(db, admin, email=email, name=name, now=NOW)
    assert refused.value.field == field


def test_account_managers_are_replaced_as_chosen(db: Database, build: Builder, admin: Caller) -> None:
    first, second = build.user("First"), build.user("Second")
    customer = build.customer(account_managers=(first,))
    saved = assignments.assign(db, admin, customer.id, [second.id])
    assert saved.account_managers == ((second.id, "Second"),)
    assert assignments.assign(db, admin, customer.id, []).account_managers == ()


def test_settings_are_changed_together_or_not_at_all(db: Database, admin: Caller) -> None:
    before = workspace_settings.read(db, admin)
    assert before.recent_contact_days == 7
    with pytest.raises(FieldErrors) as refused:
        workspace_settings.change(db, admin, WorkspaceSettings(" ", "xx-99", "EURO", "Mars/Base", 400))
    assert set(refused.value.fields) == {"organisation_name", "locale", "currency", "time_zone", "recent_contact_days"}
    assert workspace_settings.read(db, admin) == before
    workspace_settings.change(db, admin, SETTINGS)
    assert workspace_settings.read(db, admin) == SETTINGS


def test_signature_is_ones_own(db: Database, build: Builder) -> None:
    member = build.caller()
    users.set_signature(db, member, " Best,\nMe ")
    assert users.signature(db, member) == "Best,\nMe"
    with pytest.raises(UserError):
        users.set_signature(db, member, "x" * 1001)


Use = Callable[[Database, Caller, int], object]
USES: dict[str, Use] = {
    "list_users": lambda db, c, i: users.list_users(db, c),
    "search_users": lambda db, c, i: users.search(db, c, "a"),
    "get_user": lambda db, c, i: users.get_user(db, c, i),
    "grant": lambda db, c, i: users.grant(db, c, PERSON, role=Role.ADMIN, position=Position.FINANCE, now=NOW),
    "take_away": lambda db, c, i: users.take_away(db, c, i),
    "list_aliases": lambda db, c, i: aliases.list_aliases(db, c),
    "get_alias": lambda db, c, i: aliases.get_alias(db, c, i),
    "add_alias": lambda db, c, i: aliases.add_alias(db, c, email="x@example.com", name="X", now=NOW),
    "send_code_again": lambda db, c, i: aliases.send_code_again(db, c, i, now=NOW),
    "verify": lambda db, c, i: aliases.verify(db, c, i, "1", secret_key=KEY, now=NOW),
    "remove_alias": lambda db, c, i: aliases.remove_alias(db, c, i),
    "read_assignment": lambda db, c, i: assignments.read(db, c, i),
    "assign": lambda db, c, i: assignments.assign(db, c, i, []),
    "read_settings": lambda db, c, i: workspace_settings.read(db, c),
    "change_settings": lambda db, c, i: workspace_settings.change(db, c, SETTINGS),
}


@pytest.mark.parametrize("use", USES)
def test_members_may_do_none_of_it(db: Database, build: Builder, use: str) -> None:
    with pytest.raises(NotAllowed):
        USES[use](db, build.caller(), 1)


@pytest.mark.parametrize("use", ["get_user", "take_away", "get_alias", "send_code_again", "verify", "remove_alias"])
def test_ids_of_another_workspace_are_not_found(db: Database, build: Builder, use: str) -> None:
    other = build.user(role="admin")
    alias = build.alias(created_by=other, verified_at=None)
    customer = build.customer()
    build.workspace()
    admin = build.caller(role="admin")
    with pytest.raises(NotFound):
        USES[use](db, admin, other.id if "user" in use or use == "take_away" else alias.id)
    with pytest.raises(NotFound):
        assignments.assign(db, admin, customer.id, [])
    mine = build.customer()
    with pytest.raises(NotFound):
        assignments.assign(db, admin, mine.id, [other.id])
