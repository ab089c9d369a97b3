"""A model of one campaign; machine.py drives it with the engine and the storage through every transition and fault.

The model knows each action's state and whether it may have gone out. Two things are asserted after every step: the rows
say what the model says, and nothing that may have gone out is let through again before a person said so.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant
from sqlalchemy import delete, select, update

from bot.channels.base import AuthBroken, Message, Receipt, Rejected, SendError, Transient, Uncertain
from bot.dispatch.prepare import Job
from bot.dispatch.reports import HandOff, Report, held
from bot.dispatch.retry import DELAYS
from bot.domain.channels import CHANNELS, LETTER
from bot.domain.postal import PostalAddress, Written
from bot.domain.states import CAMPAIGN_TRANSITIONS, ActionState, CampaignState, Reason
from storage import actions, campaigns
from storage.actions import FrozenAction, FrozenCampaign
from storage.db import Database
from storage.models import Action, ActionHistory, Campaign, Customer, Notification
from tests.bot.dispatch.desk_at import tell
from tests.builders import NOW, Builder

LEASE = timedelta(minutes=10)
CUSTOMERS = 4
A, C = ActionState, CampaignState
PICK = st.integers(0, 100)
ONE_IN_FOUR = st.sampled_from([False, False, False, True])


@dataclass
class Row:
    """What the model knows of one action."""

    state: ActionState
    job: Job | None = None
    handed_off: bool = False
    may_be_out: bool = False
    attempts: int = 0
    unanswered: bool = False
    """An attempt had no answer, on a channel that takes a message only once."""
    stale: list[Job] = field(default_factory=list)
    """Jobs of workers that were frozen or killed with it, after a handoff."""


class Model(RuleBasedStateMachine):
    """One campaign of a few customers, one worker at a time, people, providers and time."""

    db: Database
    build: Builder
    edges: set[tuple[str, str]]
    campaign_edges: set[tuple[str, str]]

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.rows: dict[int, Row] = {}

    @initialize(
        discarded=st.booleans(), hold=st.sampled_from([0, 0, 0, 30]), channel=st.sampled_from(["email", "letter"])
    )
    def launch(self, discarded: bool, hold: int, channel: str = "email") -> None:
        self.kind = CHANNELS[channel]
        self.user = self.build.user()
        customers = [self.build.customer(email=f"c{n}@acme.example") for n in range(CUSTOMERS)]
        self.campaign = self.build.campaign(self.user, channel=channel)
        if discarded:
            with self.db.write() as session:
                assert campaigns.discard(session, session.merge(self.campaign), now=self.now)
            self.went(C.DRAFT, "discard", C.DISCARDED)
            self.campaign = self.build.campaign(self.user, channel=channel)
        self.starts_at = self.now + timedelta(minutes=hold)
        with self.db.write() as session:
            row = session.merge(self.campaign)
            assert campaigns.launch(session, row, version=1, starts_at=self.starts_at, now=self.now)
            assert campaigns.freeze(session, row.id, now=self.now) is not None
            of_all = FrozenCampaign(row.workspace_id, row.id, self.user.id, self.kind.name, [])
            made_of = [self.frozen(c, n) for n, c in enumerate(customers)]
            actions.insert_frozen(session, of_all, made_of, now=self.now, actor="t")
            made = session.execute(select(Action.id, Action.state).where(Action.campaign_id == row.id))
            self.rows = {action_id: Row(ActionState(state)) for action_id, state in made}
            # one has been put off so often that the next time is the last
            session.execute(update(Action).where(Action.id == min(self.rows)).values(attempts=len(DELAYS)))
        self.state = C.SCHEDULED
        self.went(C.DRAFT, "launch", C.SCHEDULED)

    def frozen(self, customer: Customer, n: int) -> FrozenAction:
        """Return the last customer's action as manual, the others' as queued."""
        queued = n < CUSTOMERS - 1
        return FrozenAction(
            customer_id=customer.id,
            state=A.QUEUED if queued else A.MANUAL,
            reason=Reason.FROZEN if queued else Reason.NO_CONTACT,
            recipients=[self.kind.recipient(None, "Pat", self.address(n))],
            message_id=f"<{self.campaign.id}.{n}@example.com>",
            due_at=self.starts_at if queued else None,
        )

    def address(self, n: int) -> Written:
        to = PostalAddress("Acme", "Pat", f"Main St {n}", "10115", "Berlin", "", "DE")
        return to if self.kind is LETTER else f"c{n}@acme.example"

    def went(self, start: CampaignState, event: str, end: CampaignState) -> None:
        assert CAMPAIGN_TRANSITIONS[(start, event)] is end  # type: ignore[index]
        self.campaign_edges.add((start.value, event))

    @property
    def can_claim(self) -> bool:
        may_start = self.state is C.SCHEDULED and self.starts_at <= self.now
        return (may_start or self.state is C.SENDING) and self.has(A.QUEUED)

    @property
    def can_call(self) -> bool:
        claimed = self.state is C.SENDING and self.has(A.SENDING, job=True, handed_off=False)
        return claimed or self.has(A.SENDING, job=True, handed_off=True)

    def open_call(self, pick: int) -> int:
        """Choose an action that is handed off, or hand one off."""
        if not self.has(A.SENDING, job=True, handed_off=True):
            self.hand_over(pick, doubtful=False, cut_off=False)
        chosen = self.some(pick, A.SENDING, job=True, handed_off=True)
        assert chosen is not None
        return chosen

    def has(self, *states: ActionState, **held: bool) -> bool:
        return self.some(0, *states, **held) is not None

    def some(self, pick: int, *states: ActionState, **held: bool) -> int | None:
        """Choose an action in one of `states` whose job and handoff are as `held` says."""
        found = [
            i
            for i, row in self.rows.items()
            if row.state in states and all(bool(getattr(row, name)) == value for name, value in held.items())
        ]
        return found[pick % len(found)] if found else None

    def requeue(self, action_id: int) -> None:
        row = self.rows[action_id]
        over = A.MANUAL if row.unanswered else A.CANCELLED
        row.state = over if self.state is C.CANCELLED else A.QUEUED
        row.job, row.handed_off = None, False

    def manual(self, action_id: int) -> None:
        row = self.rows[action_id]
        row.state, row.job, row.handed_off = A.MANUAL, None, False

    def report(self, *reports: Report) -> None:
        tell(self.db, *reports, now=self.now, lease=LEASE)

    def hand_over(self, pick: int, *, doubtful: bool, cut_off: bool) -> None:
        chosen = self.some(pick, A.SENDING, job=True, handed_off=False)
        assert chosen is not None
        row = self.rows[chosen]
        granted = self.ask(row, doubtful=doubtful)
        if granted and cut_off:  # committed, and the answer lost: the same request comes again
            granted = self.ask(row, doubtful=True)
            assert granted
        assert granted == (self.state is C.SENDING)
        if not granted:
            self.requeue(chosen)
            return
        assert not row.may_be_out or self.kind.is_repeatable, "what may have gone out is let through again"
        row.handed_off = True

    def ask(self, row: Row, *, doubtful: bool) -> bool:
        assert row.job is not None
        request = HandOff((row.job,), ("Dear Pat",))
        request.grant.doubtful = doubtful
        return held(row.job.claimed) in tell(self.db, request, now=self.now, lease=LEASE)

    def is_open(self, action_id: int) -> bool:
        """Say whether the latest call may still be answered: nobody has settled it, or decided to send again."""
        with self.db.read() as session:
            return session.scalar(select(Action.handed_off_at).where(Action.id == action_id)) is not None

    def uncertain(self) -> list[tuple[int, datetime]]:
        """Return the uncertain actions whose handoff is still open, with when it was."""
        query = select(Action.id, Action.handed_off_at).where(Action.id.in_(self.rows), Action.state == A.MANUAL.value)
        query = query.where(Action.reason == Reason.UNCERTAIN.value).order_by(Action.id)
        with self.db.read() as session:
            return [(action_id, at) for action_id, at in session.execute(query) if at is not None]

    def message_id(self, action_id: int) -> str:
        with self.db.read() as session:
            return session.scalars(select(Action.message_id).where(Action.id == action_id)).one()

    @invariant()
    def rows_are_as_the_model_says(self) -> None:
        if not self.rows:
            return
        with self.db.read() as session:
            found = session.execute(select(Action.id, Action.state).where(Action.id.in_(self.rows)))
            assert dict(found.all()) == {i: row.state.value for i, row in self.rows.items()}
            assert session.scalar(select(Campaign.state).where(Campaign.id == self.campaign.id)) == self.state.value

    def teardown(self) -> None:
        with self.db.write() as session:
            history = session.execute(select(ActionHistory.from_state, ActionHistory.event))
            self.edges.update((start, event) for start, event in history if start)
            for table in (ActionHistory, Action, Notification, Campaign):
                session.execute(delete(table))


OUTCOMES: dict[str, Receipt | SendError] = {
    "receipt": Receipt("250 ok"),
    "partly": Receipt("250 ok", {"x@acme.example": "550 no"}),
    "reject": Rejected("550 no"),
    "transient": Transient("450 later"),
    "uncertain": Uncertain("lost"),
    "login": AuthBroken("535 no"),
}


def message_of(job: Job) -> Message:
    return Message(
        job.claimed.id, job.claimed.message_id, ("", "a@example.com"), job.to, "Hello", "text", "<p>text</p>"
    )
