"""What bounces and complaints do to actions and addresses: several recipients, repeated ones, of attempts gone by."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.dispatch.receipts import apply_pending
from bot.domain.states import ActionState, CampaignState
from storage import actions, receipts
from storage.db import Database
from storage.models import Action, ActionHistory, Notification, Suppression
from tests.builders import NOW, Builder

PAT, BOSS = "pat@bolt.example", "boss@bolt.example"


class Mails:
    """Emails that were sent, and what comes back of them."""

    def __init__(self, db: Database, build: Builder) -> None:
        self.db, self.build = db, build
        self.campaign = build.campaign(build.user(), state=CampaignState.COMPLETED)
        self._number = 0

    def send(self, *to: str, state: ActionState = ActionState.SENT, **values: Any) -> Action:
        recipients = [{"contact_id": None, "name": "", "email": each} for each in to]
        return self.build.action(self.campaign, state=state, recipients=recipients, **values)

    def back(
        self, action: Action, status: str, recipient: str, words: str | None = "550 no", at: datetime = NOW
    ) -> None:
        self._number += 1
        with self.db.write() as session:
            key = f"<bounce-{self._number}@mx.example>"
            receipts.keep(session, action, provider_id=key, status=status, recipient=recipient, detail=words, now=at)
        apply_pending(self.db, now=at)

    def now(self, action: Action) -> tuple[str, str, str | None]:
        with self.db.read() as session:
            row = session.get_one(Action, action.id)
            return row.state, row.reason, row.detail

    def suppressed(self) -> list[tuple[str, str, str]]:
        with self.db.read() as session:
            rows = session.scalars(select(Suppression).order_by(Suppression.id))
            return [(row.address, row.cause, row.note) for row in rows]

    def events(self, action: Action) -> list[str]:
        with self.db.read() as session:
            query = select(ActionHistory.event).where(ActionHistory.action_id == action.id).order_by(ActionHistory.id)
            return list(session.scalars(query))

    def drawn(self) -> int:
        with self.db.read() as session:
            return session.scalars(select(Notification.version)).one()


@pytest.fixture
def mails(db: Database, build: Builder) -> Mails:
    return Mails(db, build)


def test_a_dead_address_is_suppressed_and_the_message_a_persons(mails: Mails) -> None:
    action, drawn = mails.send("Pat@Bolt.example"), mails.drawn()
    mails.back(action, "hard_bounce", PAT, "550 5.1.1 unknown")
    mails.back(action, "hard_bounce", PAT, "550 5.1.1 unknown")
    assert mails.now(action) == ("manual", "bounced", "550 5.1.1 unknown")
    assert mails.suppressed() == [(PAT, "hard_bounce", "550 5.1.1 unknown")]
    assert mails.events(action) == ["bounce"]
    assert mails.drawn() > drawn


def test_the_third_soft_bounce_in_thirty_days_suppresses(mails: Mails) -> None:
    for days in (0, 31, 40):
        action = mails.send(PAT)
        mails.back(action, "soft_bounce", PAT, "452 full", NOW + timedelta(days=days))
        assert mails.now(action) == ("manual", "bounced", "452 full")
        assert mails.suppressed() == []
    mails.back(mails.send(BOSS), "soft_bounce", BOSS, at=NOW + timedelta(days=41))
    mails.back(mails.send(PAT), "soft_bounce", PAT, "452 still full", NOW + timedelta(days=60))
    assert mails.suppressed() == [(PAT, "soft_bounces", "452 still full")]


def test_a_refusal_says_nothing_against_the_address(mails: Mails) -> None:
    for _ in range(4):
        action = mails.send(PAT)
        mails.back(action, "refused", PAT, "554 5.7.1 block list")
        assert mails.now(action) == ("manual", "bounced", "554 5.7.1 block list")
    assert mails.suppressed() == []


def test_a_complaint_suppresses_and_the_message_stays_sent(mails: Mails) -> None:
    action = mails.send(PAT)
    mails.back(action, "complaint", PAT, "marked as spam")
    assert mails.now(action)[0] == "sent"
    assert mails.suppressed() == [(PAT, "complaint", "marked as spam")]


def test_one_of_two_recipients_leaves_it_sent_both_make_it_a_persons(mails: Mails) -> None:
    action = mails.send(PAT, BOSS)
    mails.back(action, "hard_bounce", PAT, "550 gone")
    assert mails.now(action) == ("sent", "partly_refused", f"{PAT}: 550 gone")
    mails.back(action, "soft_bounce", BOSS, "452 full")
    assert mails.now(action) == ("manual", "bounced", "452 full")
    assert [address for address, _, _ in mails.suppressed()] == [PAT]


def test_who_was_refused_at_once_did_not_get_it_either(mails: Mails) -> None:
    action = mails.send(PAT, BOSS, reason="partly_refused", detail=f"{PAT}: 550 no such user")
    mails.back(action, "soft_bounce", BOSS, "452 full")
    assert mails.now(action)[:2] == ("manual", "bounced")


def test_an_address_that_ends_as_a_refused_one_does_got_its_message(mails: Mails) -> None:
    to = {"reason": "partly_refused", "detail": f"{PAT}: 550 no: such user; {BOSS}: 551 gone"}
    action = mails.send("at@bolt.example", PAT, "last@bolt.example", BOSS, **to)
    mails.back(action, "soft_bounce", "last@bolt.example", "452 full")
    assert mails.now(action)[0] == "sent"
    mails.back(action, "soft_bounce", "at@bolt.example", "452 full")
    assert mails.now(action)[:2] == ("manual", "bounced")


def test_a_bounce_that_names_nobody_is_a_persons_and_suppresses_nobody(mails: Mails) -> None:
    action = mails.send(PAT, BOSS)
    mails.back(action, "hard_bounce", "", "550 gone")
    assert (mails.now(action)[:2], mails.suppressed()) == (("manual", "bounced"), [])


def test_the_bounce_of_a_copy_suppresses_and_leaves_the_message_alone(mails: Mails) -> None:
    action = mails.send(PAT, cc=["Copy@example.com"])
    mails.back(action, "hard_bounce", "copy@example.com", "550 gone")
    assert mails.now(action)[0] == "sent"
    assert mails.suppressed() == [("copy@example.com", "hard_bounce", "550 gone")]


def test_the_bounce_of_an_address_that_was_corrected_meanwhile_changes_nothing(mails: Mails) -> None:
    action = mails.send(BOSS)
    mails.back(action, "hard_bounce", PAT, "550 gone")
    assert (mails.now(action)[0], mails.suppressed()) == ("sent", [])


def test_it_comes_back_again_after_a_person_sent_it_again(mails: Mails, db: Database) -> None:
    action = mails.send(PAT)
    mails.back(action, "soft_bounce", PAT, "452 full")
    with db.write() as session:
        actions.send_manual(session, action.workspace_id, [action.id], now=NOW, user_id=mails.campaign.creator_id)
        row = session.get_one(Action, action.id)
        row.state, row.sent_at = "sent", NOW + timedelta(hours=1)
    mails.back(action, "soft_bounce", PAT, "452 still full", NOW + timedelta(hours=2))
    assert mails.now(action) == ("manual", "bounced", "452 still full")


@pytest.mark.database("sqlite")
def test_who_got_it_when_it_was_sent_again_was_not_failed_before(mails: Mails, db: Database) -> None:
    action = mails.send(PAT, BOSS)
    mails.back(action, "soft_bounce", PAT, "452 full")
    mails.back(action, "soft_bounce", BOSS, "452 full")
    with db.write() as session:
        actions.send_manual(session, action.workspace_id, [action.id], now=NOW, user_id=mails.campaign.creator_id)
        row = session.get_one(Action, action.id)
        row.state, row.detail, row.sent_at = "sent", None, NOW + timedelta(hours=1)
    mails.back(action, "soft_bounce", BOSS, "452 still full", NOW + timedelta(hours=2))
    assert mails.now(action) == ("sent", "partly_refused", f"{BOSS}: 452 still full")


@pytest.mark.database("sqlite")
def test_a_bounce_without_a_word_is_one_all_the_same(mails: Mails) -> None:
    action = mails.send(PAT)
    mails.back(action, "hard_bounce", PAT, None)
    assert mails.now(action) == ("manual", "bounced", "")
    assert mails.suppressed() == [(PAT, "hard_bounce", "")]


def test_whoever_bounces_an_uncertain_one_was_given_it(mails: Mails) -> None:
    action = mails.send(PAT, state=ActionState.MANUAL, reason="uncertain", handed_off_at=NOW)
    mails.back(action, "hard_bounce", PAT, "550 gone")
    assert mails.now(action) == ("manual", "bounced", "550 gone")
    assert mails.events(action) == ["settle", "bounce"]
    with mails.db.read() as session:
        assert set(session.scalars(select(ActionHistory.actor))) == {"provider:mail"}
        assert session.scalars(select(Action.provider_id)).one() == ""


def test_a_bounce_before_our_own_call_is_settled_waits(mails: Mails, db: Database) -> None:
    action = mails.send(PAT, state=ActionState.SENDING, handed_off_at=NOW)
    mails.back(action, "hard_bounce", PAT, "550 gone")
    assert mails.now(action)[0] == "sending"
    with db.write() as session:
        row = session.get_one(Action, action.id)
        row.state, row.claim_token, row.sent_at = "sent", None, NOW
    apply_pending(db, now=NOW)
    assert mails.now(action) == ("manual", "bounced", "550 gone")
