"""Forged payloads: every id that the app knows, with rows of another workspace, another person, another's customers.

The attacker holds a genuine token of their own. Nothing may change, and no answer may hold what they may not see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from bot.domain.states import ActionState, CampaignState
from handlers import ids
from sandbox.delivery import Ack
from sandbox.person import Person
from storage.db import Database, utcnow
from storage.models import Action, Campaign, Contact, Customer, User
from tests.scenarios.office import Office

pytestmark = pytest.mark.road("http")  # an id that nobody listens to is answered at once there

ALL_IDS = sorted({value for name, value in vars(ids).items() if name.isupper() and isinstance(value, str)} - {":"})
SECRET = "Hidden Holdings"
ROW = 7_000
"""The id of every row the attacker is after, so that one number tries them all."""
TABLES = "actions action_history customers contacts invoices assignments saved_audiences settings aliases".split()


@dataclass(frozen=True)
class Prey:
    """Rows that the attacker must not reach."""

    draft: Campaign
    done: Campaign
    action: Action
    customer: Customer
    contact: Contact
    user: User


def prey_of(office: Office, creator: User) -> Prey:
    """Make a draft, a finished campaign with a manual action, and a customer, all of `creator`."""
    build = office.build
    customer = build.customer(f"{SECRET} Ltd", email="secret@hidden.example", id=ROW)
    contact = build.contact(customer, email="second@hidden.example", last_name=SECRET, id=ROW)
    draft = build.campaign(creator, name=f"{SECRET} draft", audience={"all_matching": True}, id=ROW)
    done = build.campaign(creator, name=f"{SECRET} done", state=CampaignState.COMPLETED, id=ROW + 1)
    action = build.action(done, customer, state=ActionState.MANUAL, detail=f"{SECRET} refused", id=ROW)
    return Prey(draft, done, action, customer, contact, creator)


@pytest.fixture
def quiet_office(closed_office: Office) -> Iterator[Office]:
    """An office without a worker, so that nothing but the attack can change a row."""
    office = closed_office.start(worker=False)
    office.alice.command("/campaign help")
    yield office


def user_of(office: Office, name: str, slack_user_id: str, **values: object) -> Person:
    """Make somebody who has access, known to Slack and to the bot."""
    email = f"{name.split()[0].lower()}@example.com"
    office.build.user(name, slack_user_id=slack_user_id, email=email, refreshed_at=utcnow(), **values)
    return office.slack.add_person(name, email, slack_user_id)


def contents(db: Database) -> dict[str, list[str]]:
    """Return every row that the attack could change, campaigns by those who were there before."""
    with db.read() as session:
        found = {table: sorted(map(str, session.execute(text(f"SELECT * FROM {table}")))) for table in TABLES}
        for table, query in (
            ("campaigns", f"SELECT * FROM campaigns WHERE name LIKE '{SECRET}%'"),
            ("users", "SELECT id, role, position, name FROM users WHERE role IS NOT NULL"),
        ):
            found[table] = sorted(map(str, session.execute(text(query))))
        found["prey"] = [str(session.scalar(text("SELECT signature FROM users WHERE id = :id"), {"id": ROW}))]
        return found


def attack(person: Person, prey: Prey) -> None:
    """Press, submit, close and ask for everything there is, with the prey's ids; what nobody listens to only once."""
    selected = {"selected_option": {"text": {"type": "plain_text", "text": "x"}, "value": str(ROW)}}
    campaigns = [json.dumps({"c": campaign.id, "v": prey.action.id}) for campaign in (prey.draft, prey.done)]
    inputs, heard = forged_inputs(prey), {"action": 0, "submission": 0, "options": 0}
    for known in ALL_IDS:
        if is_heard(person.forge_block_actions(known, str(ROW + 1))):
            heard["action"] += 1
            person.forge_block_actions(f"{known}:{ROW}", str(ROW))
            for metadata in campaigns:
                view = person._view("who", metadata, inputs)
                person.forge_block_actions(f"{known}:{ROW}", str(ROW), view=view, message=None, action=selected)
        if is_heard(person.forge_view_submission(known, campaigns[0], inputs)):
            heard["submission"] += 1
            person.forge_view_submission(known, campaigns[1], inputs)
        if is_heard(person.forge_block_suggestion(known, "hidden", private_metadata=campaigns[0])):
            heard["options"] += 1
            person.forge_block_suggestion(known, "", private_metadata=campaigns[1])
    assert min(heard.values()) > 2, heard
    assert heard["action"] > 50, heard


def is_heard(ack: Ack) -> bool:
    """Tell whether the app listens to this id at all."""
    return "404" not in (ack.trouble or "")


def forged_inputs(prey: Prey) -> dict[str, dict[str, object]]:
    """Return a state in which every input names what is not the attacker's."""
    option = {"text": {"type": "plain_text", "text": "x"}, "value": str(prey.contact.id)}
    return {
        ids.FIX_CONTACT: {ids.FIX_CONTACT: {"type": "static_select", "selected_option": option}},
        ids.FIX_EMAIL: {ids.FIX_EMAIL: {"type": "email_text_input", "value": "thief@example.com"}},
        ids.FIX_KEEP: {ids.FIX_KEEP: {"type": "checkboxes", "selected_options": [option | {"value": "save"}]}},
        ids.WHAT_BODY: {ids.WHAT_BODY: {"type": "plain_text_input", "value": "stolen"}},
        ids.WHAT_SUBJECT: {ids.WHAT_SUBJECT: {"type": "plain_text_input", "value": "stolen"}},
        ids.WHO_ADD: {
            ids.WHO_ADD: {
                "type": "multi_external_select",
                "selected_options": [option | {"value": str(prey.customer.id)}],
            }
        },
        ids.ASSIGN_CUSTOMER: {ids.ASSIGN_CUSTOMER: {"type": "external_select", "selected_option": option}},
        ids.USER_PERSON: {ids.USER_PERSON: {"type": "users_select", "selected_user": "U0CAM0001"}},
        ids.USER_ROLE: {ids.USER_ROLE: {"type": "static_select", "selected_option": option | {"value": "admin"}}},
    }


def said_to(office: Office, person: Person, since: int) -> str:
    """Return everything that the bot answered or called since, as one text."""
    return json.dumps([(one.method, one.args) for one in office.slack.traffic[since:] if one.direction != "delivery"])


def check(office: Office, person: Person, prey: Prey) -> None:
    before, since = contents(office.db), len(office.slack.traffic)
    attack(person, prey)
    office.slack.quiet(timeout=30)
    assert contents(office.db) == before
    told = said_to(office, person, since)
    for secret in (SECRET, "hidden.example", "hidden@example.com"):
        assert secret not in told
    assert "reference" not in told, "every forged payload is answered in words, none by an unexpected error"
    office.slack._recorder.violations.clear()  # forged windows were never open: Slack's own refusals are not the bot's


def test_another_workspaces_rows_are_not_found(quiet_office: Office) -> None:
    office = quiet_office
    home = office.build
    home.workspace(team_id="T0OTHER001", name="Other")
    prey = prey_of(office, home.user("Olga Other", slack_user_id="U0OLGA001", role="admin", id=ROW))
    home.alias("hidden@example.com", created_by=prey.user, name=SECRET, id=ROW)
    check(office, office.alice, prey)


@pytest.mark.database("sqlite")
def test_anothers_campaign_is_not_mine(quiet_office: Office) -> None:
    office = quiet_office
    bob = user_of(office, "Bob Berg", "U0BOB0001")
    prey = prey_of(office, office.build.user("Carla Creator", role="member", id=ROW))
    before, since = contents(office.db), len(office.slack.traffic)
    attack(bob, prey)
    office.slack.quiet(timeout=30)
    assert contents(office.db) == before
    told = said_to(office, bob, since)
    assert f"{SECRET} done" not in told
    assert f"{SECRET} draft" not in told
    assert f"{SECRET} refused" not in told
    office.slack._recorder.violations.clear()


@pytest.mark.database("sqlite")
def test_an_account_manager_reaches_no_unassigned_customer(quiet_office: Office) -> None:
    office = quiet_office
    cam = user_of(office, "Cam Roux", "U0CAM0001", position="account_manager")
    prey = prey_of(office, office.build.user("Carla Creator", role="member", id=ROW))
    check(office, cam, prey)


@pytest.mark.database("sqlite")
def test_a_stranger_gets_nothing_from_any_id(quiet_office: Office) -> None:
    office = quiet_office
    eve = office.slack.add_person("Eve Stone", "eve@example.com", "U0EVE0001")
    prey = prey_of(office, office.build.user("Carla Creator", role="member", id=ROW))
    check(office, eve, prey)
    with office.db.read() as session:
        assert session.scalar(text("SELECT role FROM users WHERE slack_user_id = 'U0EVE0001'")) is None
