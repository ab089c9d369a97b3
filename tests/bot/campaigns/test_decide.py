"""What people decide about manual actions, and that nothing goes to anybody they did not mean."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from sqlalchemy import event, select

from bot.campaigns import decide
from bot.domain.access import Caller
from bot.domain.states import ActionState, CampaignState
from bot.errors import Conflict, NotAllowed, NotFound, UserError
from storage import actions
from storage.db import Database
from storage.models import Action, Campaign, Contact, Customer
from tests.builders import NOW, Builder

MANUAL, IGNORED = ActionState.MANUAL, ActionState.IGNORED
COMPLETED, PAUSED, CANCELLED = CampaignState.COMPLETED, CampaignState.PAUSED, CampaignState.CANCELLED


def begin(build: Builder, state: CampaignState = COMPLETED, **values: object) -> tuple[Caller, Campaign]:
    creator = build.user()
    return build.caller(creator), build.campaign(creator, state=state, **values)


def stored(db: Database, action: Action) -> Action:
    with db.read() as session:
        return session.scalars(select(Action).where(Action.id == action.id)).one()


def campaign_state(db: Database, campaign: Campaign) -> str:
    with db.read() as session:
        return session.scalars(select(Campaign.state).where(Campaign.id == campaign.id)).one()


def addresses(db: Database, customer: Customer) -> set[str | None]:
    with db.read() as session:
        return set(session.scalars(select(Contact.email).where(Contact.customer_id == customer.id)))


def test_send_queues_and_reopens_a_completed_campaign(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    action = build.action(campaign, state=MANUAL)
    assert decide.send(db, caller, action.id, now=NOW) == decide.Decided(1, "On its way: Acme GmbH.")
    assert (stored(db, action).state, campaign_state(db, campaign)) == ("queued", "sending")
    again = decide.send(db, caller, action.id, now=NOW)
    assert again == decide.Decided(
        0, f"This was decided already by <@{caller.slack_user_id}> on 10 March at 09:00 UTC: it is queued now."
    )


def test_send_in_a_paused_campaign_says_that_it_waits(db: Database, build: Builder) -> None:
    caller, campaign = begin(build, PAUSED)
    action = build.action(campaign, state=MANUAL)
    text = decide.send(db, caller, action.id, now=NOW).text
    assert text == "The campaign is paused, so this waits until it is resumed: Acme GmbH."
    assert (stored(db, action).state, campaign_state(db, campaign)) == ("queued", "paused")


def test_nothing_of_a_cancelled_campaign_is_sent(db: Database, build: Builder) -> None:
    caller, campaign = begin(build, CANCELLED)
    action = build.action(campaign, state=MANUAL)
    for use in (
        lambda: decide.send(db, caller, action.id, now=NOW),
        lambda: decide.fix_contact(db, caller, action.id, address="new@example.com", now=NOW),
        lambda: decide.bulk(db, caller, campaign.id, None, what="send", now=NOW),
    ):
        with pytest.raises(Conflict):
            use()
    assert stored(db, action).state == "manual"
    assert decide.ignore(db, caller, action.id, now=NOW).changed == 1


def test_ignore_and_undo_keep_the_reason(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    action = build.action(campaign, state=MANUAL, detail="550 no such user")
    assert decide.ignore(db, caller, action.id, now=NOW).text == "Ignored: Acme GmbH."
    assert decide.ignore(db, caller, action.id, now=NOW).changed == 0
    assert decide.undo_ignore(db, caller, action.id, now=NOW).changed == 1
    assert decide.undo_ignore(db, caller, action.id, now=NOW).changed == 0
    assert (stored(db, action).state, stored(db, action).detail) == ("manual", "550 no such user")


def test_a_suppressed_or_wrong_address_is_not_sent_to(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    build.suppression("stop@example.com")
    for email in ("stop@example.com", "Stop@Example.com", "not an address", "", "a@example.com\nBcc: b@example.com"):
        action = build.action(campaign, build.customer(email=None), state=MANUAL)
        with pytest.raises(UserError):
            decide.fix_contact(db, caller, action.id, address=email, save_to_customer=True, now=NOW)
        assert stored(db, action).state == "manual"


@pytest.mark.parametrize("frozen", [True, False])
def test_a_saved_correction_mends_the_contact_that_was_wrong(db: Database, build: Builder, frozen: bool) -> None:
    caller, campaign = begin(build, to_positions=["Accountant"])
    customer = build.customer(email="main@example.com")
    wrong = build.contact(customer, positions=("Accountant",), email="old@@example.com")
    to = [{"contact_id": wrong.id, "name": "Pat Payer", "email": wrong.email}] if frozen else []
    action = build.action(campaign, customer, state=MANUAL, recipients=to, detail="old@@example.com")
    assert decide.fixing(db, caller, action.id).address == "old@@example.com"
    decide.fix_contact(db, caller, action.id, address="new@example.com", save_to_customer=True, now=NOW)
    assert addresses(db, customer) == {"main@example.com", "new@example.com"}
    assert stored(db, action).recipients == [{"contact_id": wrong.id, "name": "Pat Payer", "email": "new@example.com"}]


def test_among_several_holders_the_one_that_was_wrong_is_mended(db: Database, build: Builder) -> None:
    caller, campaign = begin(build, to_positions=["Payer"])
    customer = build.customer(email=None)
    build.contact(customer, positions=("Payer",), email="first@@example.com")
    build.contact(customer, positions=("Payer",), email="second@@example.com")
    action = build.action(campaign, customer, state=MANUAL, recipients=[], detail="second@@example.com")
    decide.fix_contact(db, caller, action.id, address="new@example.com", save_to_customer=True, now=NOW)
    assert addresses(db, customer) == {"first@@example.com", "new@example.com"}


def test_a_correction_for_this_action_only_changes_no_contact(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    customer = build.customer(email="main@example.com")
    action = build.action(campaign, customer, state=MANUAL)
    decide.fix_contact(db, caller, action.id, address="once@example.com", now=NOW)
    assert addresses(db, customer) == {"main@example.com"}
    assert [each["email"] for each in stored(db, action).recipients] == ["once@example.com"]


def test_another_contact_is_written_to_at_its_own_address(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    customer = build.customer(email="main@example.com")
    other = build.contact(customer, email="other@example.com")
    action = build.action(campaign, customer, state=MANUAL)
    decide.fix_contact(db, caller, action.id, address="", contact_id=other.id, now=NOW)
    assert [each["email"] for each in stored(db, action).recipients] == ["other@example.com"]


def test_an_emptied_address_without_a_choice_goes_to_nobody(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    action = build.action(campaign, build.customer(email="main@example.com"), state=MANUAL)
    with pytest.raises(UserError) as raised:
        decide.fix_contact(db, caller, action.id, address="  ", now=NOW)
    assert raised.value.field == "address"
    assert stored(db, action).state == "manual"


def test_a_contact_of_another_customer_is_not_there(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    action = build.action(campaign, state=MANUAL)
    stranger = build.contact(build.customer("Other AG"))
    with pytest.raises(NotFound):
        decide.fix_contact(db, caller, action.id, address="", contact_id=stranger.id, now=NOW)


def test_a_customer_without_contacts_gets_a_main_one(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    customer = build.customer(email=None)
    action = build.action(campaign, customer, state=MANUAL, reason="no_contact", recipients=[])
    decide.fix_contact(db, caller, action.id, address="new@example.com", save_to_customer=True, now=NOW)
    with db.read() as session:
        contact = session.scalars(select(Contact).where(Contact.customer_id == customer.id)).one()
    assert (contact.email, contact.is_main) == ("new@example.com", True)


def test_bulk_sends_what_can_go_and_leaves_the_rest(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    fine = build.action(campaign, build.customer("A"), state=MANUAL)
    unsure = build.action(campaign, build.customer("B"), state=MANUAL, reason="uncertain")
    nobody = build.action(campaign, build.customer("C"), state=MANUAL, reason="no_contact", recipients=[])
    decided = decide.bulk(db, caller, campaign.id, None, what="send", now=NOW)
    assert decided == decide.Decided(1, "On their way: 1. 2 need a decision of their own.")
    assert [stored(db, a).state for a in (fine, unsure, nobody)] == ["queued", "manual", "manual"]


def test_bulk_by_reason_ignores_that_reason_alone(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    refused = build.action(campaign, build.customer("A"), state=MANUAL)
    bounced = build.action(campaign, build.customer("B"), state=MANUAL, reason="bounced")
    assert decide.bulk(db, caller, campaign.id, "bounced", what="ignore", now=NOW).text == "Ignored: 1."
    assert [stored(db, a).state for a in (refused, bounced)] == ["manual", "ignored"]


def test_every_ignore_is_taken_back_at_once_by_whom_it_concerns(db: Database, build: Builder) -> None:
    creator = build.user(position="account_manager")
    campaign, mine = build.campaign(creator, state=COMPLETED), build.customer("Mine", account_managers=(creator,))
    seen = build.action(campaign, mine, state=IGNORED)
    unseen = build.action(campaign, build.customer("Theirs"), state=IGNORED)
    with pytest.raises(NotAllowed):
        decide.undo_all(db, build.caller(), campaign.id, now=NOW)
    assert decide.undo_all(db, build.caller(creator), campaign.id, now=NOW).text == "Waiting for a decision again: 1."
    assert decide.undo_all(db, build.caller(creator), campaign.id, now=NOW).changed == 0
    assert [stored(db, a).state for a in (seen, unseen)] == ["manual", "ignored"]
    build.workspace()
    with pytest.raises(NotFound):
        decide.undo_all(db, build.caller(role="admin"), campaign.id, now=NOW)


@pytest.mark.parametrize("what", ["send", "ignore", "forged"])
@pytest.mark.parametrize("reason", ["", "forged"])
def test_an_unknown_reason_never_means_all(db: Database, build: Builder, reason: str, what: str) -> None:
    caller, campaign = begin(build)
    action = build.action(campaign, state=MANUAL)
    with pytest.raises(NotFound):
        decide.bulk(db, caller, campaign.id, reason, what=what, now=NOW)  # type: ignore[arg-type]
    assert stored(db, action).state == "manual"


def test_bulk_asks_the_database_as_often_for_forty_as_for_two(db: Database, build: Builder) -> None:
    caller, campaign = begin(build)
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *a: asked.append(a[2]))
    times = []
    for n in (2, 40):
        for i in range(n):
            build.action(campaign, build.customer(f"{n}-{i}"), state=MANUAL)
        asked.clear()
        assert decide.bulk(db, caller, campaign.id, "rejected", what="ignore", now=NOW).changed == n
        times.append(len(asked))
    assert times[0] == times[1]


Use = Callable[[Database, Caller, int], object]
USES: list[Use] = [
    lambda db, caller, i: decide.send(db, caller, i, now=NOW),
    lambda db, caller, i: decide.ignore(db, caller, i, now=NOW),
    lambda db, caller, i: decide.undo_ignore(db, caller, i, now=NOW),
    lambda db, caller, i: decide.fixing(db, caller, i),
    lambda db, caller, i: decide.fix_contact(db, caller, i, address="x@example.com", now=NOW),
]


@pytest.mark.parametrize("use", USES)
def test_only_owner_and_admins_decide_and_only_what_they_see(db: Database, build: Builder, use: Use) -> None:
    creator = build.user(position="account_manager")
    campaign = build.campaign(creator, state=COMPLETED)
    action = build.action(campaign, state=MANUAL)
    with pytest.raises(NotAllowed):
        use(db, build.caller(), action.id)
    with pytest.raises(NotFound):  # the owner, but the customer is not (any longer) assigned
        use(db, build.caller(creator), action.id)
    admin = build.caller(role="admin")
    build.workspace()
    with pytest.raises(NotFound):
        use(db, build.caller(role="admin"), action.id)
    assert stored(db, action).state == "manual"
    use(db, admin, action.id)


@pytest.mark.parametrize("use", [decide.send, decide.ignore])
def test_of_two_clicks_at_once_the_second_names_the_first(
    db: Database, build: Builder, use: Callable[..., decide.Decided]
) -> None:
    if db.is_sqlite:
        pytest.skip("SQLite has one writer: the second click starts when the first is done")
    caller, campaign = begin(build)
    action = build.action(campaign, state=MANUAL)
    admin = build.caller(build.user("Zoe Admin", role="admin"))
    waiting, answers = threading.Event(), list[str]()

    def second() -> None:
        waiting.set()
        try:
            answers.append(use(db, caller, action.id, now=NOW).text)
        except Conflict as conflict:
            answers.append(conflict.message)

    clicking = threading.Thread(target=second)
    with db.write() as session:
        assert actions.ignore(session, campaign.workspace_id, [action.id], now=NOW, user_id=admin.user_id)
        clicking.start()
        waiting.wait(5)
        clicking.join(0.3)
    clicking.join(10)
    who = "Zoe Admin" if use is decide.send else f"<@{admin.slack_user_id}>"
    assert answers == [f"This was decided already by {who} on 10 March at 09:00 UTC: it is ignored now."]
    assert campaign_state(db, campaign) == "completed"
