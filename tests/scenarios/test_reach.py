"""What can be reached from a draft and a campaign of one's own: nobody else's customers, contacts, senders, audiences.

The attacker is somebody with access whose windows are genuine but for the ids in them.
"""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.domain.states import ActionState, CampaignState
from handlers import ids
from sandbox.person import Person
from storage.db import utcnow
from storage.models import Campaign, SavedAudience, User
from tests.scenarios.office import Office
from tests.scenarios.test_forged import ALL_IDS, ROW, SECRET, contents, is_heard, prey_of, said_to

pytestmark = pytest.mark.road("http")  # an id that nobody listens to is answered at once there

OWN_DRAFT, OWN_DONE, OWN_ACTION = 8_000, 8_001, 8_002
OPTION = {"text": {"type": "plain_text", "text": "x"}, "value": str(ROW)}
LIVE = (CampaignState.SCHEDULED, CampaignState.SENDING, CampaignState.PAUSED)


@pytest.fixture
def cam(closed_office: Office) -> Person:
    """Cam, an account manager with one customer, a draft, and a finished campaign with a manual action."""
    office = closed_office.start(worker=False)
    office.alice.command("/campaign help")
    build = office.build
    user = build.user(
        "Cam Roux",
        slack_user_id="U0CAM0001",
        email="cam@example.com",
        position="account_manager",
        refreshed_at=utcnow(),
    )
    mine = build.customer("Mine Ltd", email="pay@mine.example", account_managers=(user,))
    build.campaign(user, id=OWN_DRAFT, audience={"added": [mine.id]})
    done = build.campaign(user, state=CampaignState.COMPLETED, id=OWN_DONE)
    build.action(done, mine, state=ActionState.MANUAL, id=OWN_ACTION)
    return office.slack.add_person("Cam Roux", "cam@example.com", "U0CAM0001")


def hide_in_home(office: Office) -> User:
    """Make the prey in Cam's own workspace, of a colleague; return the colleague."""
    return office.build.user("Carla Creator", role="member", id=ROW)


def hide_elsewhere(office: Office) -> User:
    """Make the prey in another workspace; return its admin."""
    office.build.workspace(team_id="T0OTHER001", name="Other")
    olga = office.build.user("Olga Other", slack_user_id="U0OLGA001", role="admin", id=ROW)
    office.build.alias("hidden@example.com", created_by=olga, name=SECRET, id=ROW)
    return olga


HIDING = pytest.mark.parametrize("hide", [hide_in_home, hide_elsewhere], ids=["colleague", "another workspace"])


@HIDING
def test_no_id_in_ones_own_windows_reaches_what_is_not_ones_own(
    closed_office: Office, cam: Person, hide: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    office = closed_office
    owner = hide(office)
    prey = prey_of(office, owner)
    office.build.save(
        SavedAudience(
            id=ROW,
            workspace_id=owner.workspace_id,
            owner_id=owner.id,
            name=SECRET,
            audience={"added": [prey.customer.id]},
            created_at=utcnow(),
        )
    )
    before, since = contents(office.db), len(office.slack.traffic)
    press_everything(cam)
    office.slack.quiet(timeout=30)
    after = contents(office.db)
    for table in ("customers", "contacts", "invoices", "assignments", "aliases", "saved_audiences", "users", "prey"):
        assert [row for row in before[table] if row not in after[table]] == [], table
    assert [row for row in before["campaigns"] if row not in after["campaigns"]] == []
    told = said_to(office, cam, since)
    for secret in (SECRET, "hidden.example", "hidden@example.com"):
        assert secret not in told
    assert "reference" not in told, "every forged payload is answered in words, none by an unexpected error"
    assert "listener_failed" not in "".join(capfd.readouterr())
    keeps_to_ones_own(office, prey.contact.id)
    office.slack._recorder.violations.clear()  # forged windows were never open: Slack's own refusals are not the bot's


def keeps_to_ones_own(office: Office, hidden_contact: int) -> None:
    """Check that the attacker's own draft, action and tests name nothing that was hidden."""
    with office.db.read() as session:
        draft = session.scalars(select(Campaign).where(Campaign.id == OWN_DRAFT)).one()
        assert ROW not in draft.audience.get("added", []) + draft.audience.get("left_out", [])
        assert draft.sender_alias_id != ROW
        recipients = str(session.scalar(text("SELECT recipients FROM actions WHERE id = :id"), {"id": OWN_ACTION}))
        assert f'"contact_id": {hidden_contact}' not in recipients
        assert "hidden.example" not in recipients
        tests = [str(payload) for payload in session.scalars(text("SELECT payload FROM system_mails"))]
        assert [one for one in tests if str(ROW) in one] == []


def press_everything(cam: Person) -> None:
    """Press, choose, submit and ask for everything in windows about Cam's own draft and action, with hidden ids."""
    metadata = json.dumps({"c": OWN_DRAFT, "v": OWN_ACTION})
    values = every_input()
    for known in ALL_IDS:
        if is_heard(cam.forge_block_actions(known, str(ROW))):
            for chosen in (
                {"selected_option": OPTION},
                {"selected_options": [OPTION]},
                {"selected_option": OPTION | {"value": f"alias:{ROW}"}},
            ):
                view = cam._view("who", metadata, values)
                cam.forge_block_actions(f"{known}:{ROW}", str(ROW), view=view, message=None, action=chosen)
        if is_heard(cam.forge_view_submission(known, str(ROW), values)):
            cam.forge_view_submission(known, metadata, values)
        if is_heard(cam.forge_block_suggestion(known, "hidden", private_metadata=metadata)):
            cam.forge_block_suggestion(known, SECRET[:6], private_metadata=metadata)


def every_input() -> dict[str, Any]:
    """Return a state in which every input there is names a hidden row, each in the shape that it is read in."""
    found: dict[str, Any] = {known: {known: {"type": "plain_text_input", "value": "x"}} for known in ALL_IDS}
    choice = {"type": "static_select", "selected_option": OPTION, "selected_options": [OPTION]}
    for known in (ids.FIX_CONTACT, ids.WHO_ADD, ids.WHO_LEAVE_OUT, ids.ASSIGN_CUSTOMER, ids.ASSIGN_USERS):
        found[known] = {known: choice}
    found[ids.WHAT_SENDER] = {ids.WHAT_SENDER: choice | {"selected_option": OPTION | {"value": f"alias:{ROW}"}}}
    for known in (ids.WHO_ACCOUNT_MANAGER, ids.USER_ROLE, ids.USER_POSITION):
        found[known] = {known: choice}
    return found


@HIDING
@pytest.mark.parametrize("state", LIVE)
@pytest.mark.database("sqlite")
def test_no_button_moves_anothers_live_campaign(
    closed_office: Office, cam: Person, hide: Any, state: CampaignState
) -> None:
    office = closed_office
    owner = hide(office)
    campaign = office.build.campaign(owner, name=f"{SECRET} live", state=state, id=ROW)
    customer = office.build.customer(f"{SECRET} Ltd", email="secret@hidden.example")
    for n, stands in enumerate((ActionState.QUEUED, ActionState.MANUAL, ActionState.IGNORED)):
        office.build.action(campaign, customer if n == 0 else None, state=stands, id=ROW + n)
    before = contents(office.db)
    for known in (one for one in ALL_IDS if one.startswith(("campaign_", "action_", "manual_"))):
        for row in range(ROW, ROW + 3):
            cam.forge_block_actions(known, str(row))
            view = cam._view("manual", json.dumps({"c": ROW}), {})
            cam.forge_block_actions(known, "rejected", view=view, message=None)
    office.slack.quiet(timeout=30)
    assert contents(office.db) == before
    office.slack._recorder.violations.clear()
