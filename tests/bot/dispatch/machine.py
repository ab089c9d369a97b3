"""Every transition and every fault, in any order: the rows follow the model, and nothing goes out twice."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from bot.channels.base import Transient
from bot.dispatch import settle
from bot.dispatch.prepare import Job, Later, Refused, prepare
from bot.dispatch.reports import Called, NotCalled, PutBack, Report, Unreachable, Unwritable
from bot.dispatch.retry import DELAYS
from bot.domain.states import PauseReason, Reason
from storage import actions, campaign_states
from storage.actions import SentAction
from storage.db import Database
from tests.bot.dispatch.machine_model import CUSTOMERS, LEASE, ONE_IN_FOUR, OUTCOMES, PICK, A, C, Model, message_of
from tests.builders import NOW, Builder


class Machine(Model):
    """What time, the engine, its faults, people and providers do to the campaign."""

    # time and campaigns

    @rule(minutes=st.sampled_from([2, 20, 400]))
    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule()
    def tick(self) -> None:
        with self.db.write() as session:
            started = campaign_states.start_due(session, now=self.now, not_before=NOW)
            finished = campaign_states.complete_finished(session, now=self.now)
        may_start = self.state is C.SCHEDULED and self.starts_at <= self.now
        assert bool(started) == may_start
        if may_start:
            self.went(self.state, "start", C.SENDING)
            self.state = C.SENDING
        done = self.state is C.SENDING and not any(r.state in (A.QUEUED, A.SENDING) for r in self.rows.values())
        assert bool(finished) == done
        if done:
            self.went(self.state, "complete", C.COMPLETED)
            self.state = C.COMPLETED

    @rule(really=ONE_IN_FOUR)
    def pause(self, really: bool) -> None:
        if not really:
            return
        with self.db.write() as session:
            done = campaign_states.pause(
                session, self.campaign.workspace_id, self.campaign.id, reason=PauseReason.BY_PERSON, now=self.now
            )
        assert done == (self.state in (C.SCHEDULED, C.SENDING))
        self.paused(done)

    def paused(self, done: bool) -> None:
        if done:
            self.went(self.state, "pause", C.PAUSED)
            self.state = C.PAUSED

    @precondition(lambda self: self.state is C.PAUSED)
    @rule()
    def resume(self) -> None:
        with self.db.write() as session:
            assert campaign_states.resume(session, self.campaign.workspace_id, self.campaign.id, now=self.now)
        later = self.starts_at > self.now
        end = C.SCHEDULED if later else C.SENDING
        self.went(C.PAUSED, "resume_later" if later else "resume", end)
        self.state = end

    @precondition(lambda self: self.now > NOW + timedelta(minutes=30))
    @rule(really=ONE_IN_FOUR)
    def cancel(self, really: bool) -> None:
        if not really:
            return
        with self.db.write() as session:
            done = campaign_states.cancel(session, self.campaign.workspace_id, self.campaign.id, now=self.now)
            if done:
                actions.cancel_queued(session, self.campaign.workspace_id, self.campaign.id, now=self.now, actor="t")
        assert done == (self.state in (C.SCHEDULED, C.SENDING, C.PAUSED))
        if done:
            self.went(self.state, "cancel", C.CANCELLED)
            self.state = C.CANCELLED
            for row in self.rows.values():
                over = A.MANUAL if row.unanswered else A.CANCELLED
                row.state = over if row.state is A.QUEUED else row.state

    # the engine

    @precondition(lambda self: self.can_claim)
    @rule(limit=st.integers(1, CUSTOMERS))
    def claim(self, limit: int) -> None:
        self.tick()
        with self.db.write() as session:
            found = actions.claim_due(
                session, worker_name="w", now=self.now, limit=limit, lease=LEASE, channels=[self.kind.name]
            )
            jobs = prepare(session, found, self.now)
        assert all(self.state is C.SENDING and self.rows[c.id].state is A.QUEUED for c in found)
        for job in jobs:
            assert isinstance(job, Job)
            row = self.rows[job.claimed.id]
            row.state, row.job = A.SENDING, job

    @precondition(lambda self: self.has(A.SENDING, job=True, handed_off=False))
    @rule(pick=PICK, doubtful=st.booleans(), cut_off=st.booleans())
    def hand_off(self, pick: int, doubtful: bool, cut_off: bool) -> None:
        self.hand_over(pick, doubtful=doubtful, cut_off=cut_off)

    @precondition(lambda self: self.can_call)
    @rule(
        pick=PICK,
        outcome=st.sampled_from(["receipt", "partly", "reject", "transient", "transient", "uncertain", "login"]),
    )
    def call(self, pick: int, outcome: str) -> None:
        chosen = self.open_call(pick)
        row = self.rows[chosen]
        assert row.job is not None
        attempt = row.job.claimed.attempts + 1
        self.report(Called(row.job, message_of(row.job), OUTCOMES[outcome]))
        may_be_out = row.unanswered or outcome == "uncertain"
        again = attempt <= len(DELAYS) and (self.kind.is_repeatable or not may_be_out)
        if outcome in ("receipt", "partly"):
            row.state, row.job, row.handed_off, row.may_be_out = A.SENT, None, False, True
        elif outcome == "login":
            self.paused(self.state in (C.SCHEDULED, C.SENDING))
            self.requeue(chosen)
        elif outcome in ("transient", "uncertain") and again:
            row.unanswered = may_be_out
            self.requeue(chosen)
        else:
            row.may_be_out = outcome == "uncertain"
            self.manual(chosen)

    @precondition(lambda self: self.has(A.SENDING, job=True, handed_off=False))
    @rule(pick=PICK, what=st.sampled_from(["put_back", "put_off", "unreachable", "unwritable", "skip", "nobody"]))
    def not_handed_off(self, pick: int, what: str) -> None:
        chosen = self.some(pick, A.SENDING, job=True, handed_off=False)
        assert chosen is not None
        row = self.rows[chosen]
        assert row.job is not None
        if what in ("skip", "nobody"):
            reason = Reason.PAID if what == "skip" else Reason.SUPPRESSED
            with self.db.write() as session:
                book = settle.Book(session, self.now, "worker:w")
                settle.refuse(book, [Refused(row.job.claimed, reason, skip=what == "skip")])
            self.manual(chosen)
            row.state = A.SKIPPED if what == "skip" and not row.unanswered else A.MANUAL
            return
        if what == "put_off":
            with self.db.write() as session:
                later = Later(row.job.claimed, self.now + timedelta(minutes=15))
                settle.put_off(settle.Book(session, self.now, "worker:w"), [later])
                actions.cancel_strays(session, now=self.now, actor="worker:r")
            self.requeue(chosen)
            return
        reports: dict[str, Report] = {
            "put_back": PutBack(row.job),
            "unreachable": Unreachable(row.job, Transient("down"), 1.0, True),
            "unwritable": Unwritable(row.job, Reason.EMPTY_VALUE, "{{x}}"),
        }
        self.report(reports[what])
        if what == "unwritable":
            self.manual(chosen)
        else:
            self.requeue(chosen)

    @precondition(lambda self: self.can_call)
    @rule(pick=PICK)
    def not_called(self, pick: int) -> None:
        chosen = self.open_call(pick)
        job = self.rows[chosen].job
        assert job is not None
        self.report(NotCalled(job))
        self.requeue(chosen)

    # workers that die or freeze, and those that find out

    @precondition(lambda self: self.has(A.SENDING, job=True))
    @rule(pick=PICK, in_call=st.booleans())
    def freeze_worker(self, pick: int, in_call: bool) -> None:
        """Forget an action's worker; it may wake with an open call, or never."""
        chosen = self.open_call(pick) if in_call and self.can_call else self.some(pick, A.SENDING, job=True)
        assert chosen is not None
        row = self.rows[chosen]
        assert row.job is not None
        if row.handed_off:
            row.stale.append(row.job)
            row.may_be_out = True
        row.job = None

    @precondition(lambda self: self.has(A.SENDING))
    @rule()
    def rescue(self) -> None:
        self.now += LEASE + timedelta(minutes=1)
        with self.db.write() as session:
            repeatable = [self.kind.name] if self.kind.is_repeatable else []
            actions.rescue_expired(session, now=self.now, actor="worker:r", repeatable=repeatable)
            actions.cancel_strays(session, now=self.now, actor="worker:r")
        for action_id, row in self.rows.items():
            if row.state is A.SENDING and row.handed_off:
                if row.job is not None:
                    row.stale.append(row.job)
                row.may_be_out, row.unanswered = True, self.kind.is_repeatable
                if self.kind.is_repeatable:
                    self.requeue(action_id)
                else:
                    self.manual(action_id)
            elif row.state is A.SENDING:
                self.requeue(action_id)

    @precondition(lambda self: any(row.stale for row in self.rows.values()))
    @rule(pick=PICK, outcome=st.sampled_from(["receipt", "reject", "transient", "uncertain"]))
    def wake_frozen(self, pick: int, outcome: str) -> None:
        """A frozen worker reports what came of its call: only a receipt counts, and only for the call still open."""
        waiting = [i for i, row in self.rows.items() if row.stale]
        chosen = waiting[pick % len(waiting)]
        if self.rows[chosen].state is A.SENDING:
            self.rescue()
        row, job = self.rows[chosen], self.rows[chosen].stale.pop()
        counts = outcome == "receipt" and row.state is A.MANUAL and self.is_open(chosen)
        self.report(Called(job, message_of(job), OUTCOMES[outcome]))
        if counts:
            row.state = A.SENT

    @precondition(lambda self: self.state is not C.CANCELLED and bool(self.uncertain()))
    @rule(pick=PICK, found=st.booleans())
    def ask_provider(self, pick: int, found: bool) -> None:
        """A provider that can be asked says what it has of an uncertain message: it went out, or it never did."""
        open_ones = self.uncertain()
        chosen, handed_off_at = open_ones[pick % len(open_ones)]
        with self.db.write() as session:
            if found:
                sent = SentAction(chosen, "SM1", "Hello", "text")
                message_id = self.message_id(chosen)
                moved = actions.settle_late(session, sent, message_id=message_id, now=self.now, actor="look-up")
            else:
                moved = actions.send_unsent(
                    session,
                    self.campaign.workspace_id,
                    chosen,
                    handed_off_at=handed_off_at,
                    now=self.now,
                    actor="look-up",
                )
                if campaign_states.reopen(session, self.campaign.workspace_id, self.campaign.id, now=self.now):
                    self.went(C.COMPLETED, "reopen", C.SENDING)
                    self.state = C.SENDING
        assert moved == [chosen]
        row = self.rows[chosen]
        row.state, row.may_be_out = (A.SENT, True) if found else (A.QUEUED, False)

    # people and receipts

    @precondition(lambda self: self.has(A.MANUAL) and self.state is not C.CANCELLED)
    @rule(pick=PICK)
    def send(self, pick: int) -> None:
        chosen = self.some(pick, A.MANUAL)
        assert chosen is not None
        with self.db.write() as session:
            workspace_id = self.campaign.workspace_id
            assert actions.send_manual(session, workspace_id, [chosen], now=self.now, user_id=self.user.id) == [chosen]
            reopened = campaign_states.reopen(session, workspace_id, self.campaign.id, now=self.now)
        assert reopened == (self.state is C.COMPLETED)
        if reopened:
            self.went(C.COMPLETED, "reopen", C.SENDING)
            self.state = C.SENDING
        row = self.rows[chosen]
        row.state, row.may_be_out, row.unanswered = A.QUEUED, False, False

    @precondition(lambda self: self.has(A.MANUAL) or self.has(A.IGNORED))
    @rule(pick=PICK, undo=st.booleans())
    def ignore(self, pick: int, undo: bool) -> None:
        undo = self.has(A.IGNORED) and (undo or not self.has(A.MANUAL))
        chosen = self.some(pick, A.IGNORED if undo else A.MANUAL)
        assert chosen is not None
        with self.db.write() as session:
            change = actions.undo_ignore if undo else actions.ignore
            change(session, self.campaign.workspace_id, [chosen], now=self.now, user_id=self.user.id)
        self.rows[chosen].state = A.MANUAL if undo else A.IGNORED

    @precondition(lambda self: self.has(A.SENT))
    @rule(pick=PICK, bounced=st.booleans())
    def hear_back(self, pick: int, bounced: bool) -> None:
        chosen = self.some(pick, A.SENT)
        assert chosen is not None
        with self.db.write() as session:
            workspace_id = self.campaign.workspace_id
            if bounced:
                actions.bounce(session, workspace_id, chosen, detail="gone", now=self.now, actor="provider")
            else:
                actions.deliver(session, workspace_id, [chosen], now=self.now, actor="provider")
        self.rows[chosen].state = A.MANUAL if bounced else A.DELIVERED

    @precondition(lambda self: self.has(A.DELIVERED))
    @rule(pick=PICK)
    def come_back_late(self, pick: int) -> None:
        """The post returns what was said to be delivered."""
        chosen = self.some(pick, A.DELIVERED)
        assert chosen is not None
        with self.db.write() as session:
            workspace_id, reason = self.campaign.workspace_id, Reason.RETURNED
            actions.bounce_late(
                session, workspace_id, chosen, detail="gone", now=self.now, actor="provider", reason=reason
            )
        self.rows[chosen].state = A.MANUAL

    @precondition(lambda self: self.has(A.SENT))
    @rule(pick=PICK)
    def hear_back_from_one(self, pick: int) -> None:
        """One of several recipients did not get it: it stays sent."""
        chosen = self.some(pick, A.SENT)
        assert chosen is not None
        with self.db.write() as session:
            workspace_id = self.campaign.workspace_id
            actions.bounce_partly(session, workspace_id, chosen, detail="gone", now=self.now, actor="provider")


def made_for(db: Database) -> type[Machine]:
    """Return the machine for one database; `edges` and `campaign_edges` of it gather where it went."""
    return type("Bound", (Machine,), {"db": db, "build": Builder(db), "edges": set(), "campaign_edges": set()})


def roam(db: Database, *, examples: int, steps: int = 50) -> None:
    """Let the machine go where chance leads it, the same ways every time."""
    run_state_machine_as_test(
        made_for(db),
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            phases=[Phase.generate],
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
