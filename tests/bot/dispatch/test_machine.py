"""Every transition by a road that leads there, then any order that chance finds: rows and model always agree."""

from __future__ import annotations

from collections.abc import Callable

from bot.domain.states import ACTION_TRANSITIONS, CAMPAIGN_TRANSITIONS
from storage.db import Database
from tests.bot.dispatch.machine import Machine, made_for, roam

Step = Callable[[Machine], None]


def claim(machine: Machine) -> None:
    machine.claim(limit=3)


def call(outcome: str, pick: int = 0) -> Step:
    return lambda machine: machine.call(pick=pick, outcome=outcome)


def without_handoff(what: str) -> Step:
    return lambda machine: machine.not_handed_off(pick=0, what=what)


def give_up(machine: Machine) -> None:
    """Put one action off until no attempt is left."""
    for _ in range(6):
        machine.wait(minutes=400)
        machine.claim(limit=1)
        machine.call(pick=0, outcome="transient")


ROADS: dict[str, list[Step]] = {
    "sent, delivered, come back": [
        claim,
        call("receipt"),
        call("partly"),
        call("reject"),
        lambda m: m.hear_back_from_one(pick=0),
        lambda m: m.hear_back(pick=0, bounced=False),
        lambda m: m.hear_back(pick=0, bounced=True),
        lambda m: m.tick(),
    ],
    "no attempt is left": [give_up],
    "never handed off": [
        claim,
        without_handoff("skip"),
        without_handoff("nobody"),
        without_handoff("unwritable"),
    ],
    "back into the queue": [
        claim,
        without_handoff("put_back"),
        without_handoff("put_off"),
        without_handoff("unreachable"),
        lambda m: m.wait(minutes=20),
        claim,
        lambda m: m.not_called(pick=0),
        claim,
        call("login"),
        lambda m: m.resume(),
    ],
    "frozen past its lease, woken with a receipt": [
        claim,
        lambda m: m.hand_off(pick=0, doubtful=True, cut_off=True),
        lambda m: m.freeze_worker(pick=0, in_call=True),
        lambda m: m.rescue(),
        lambda m: m.wake_frozen(pick=0, outcome="receipt"),
    ],
    "uncertain, and the provider is asked": [
        claim,
        call("uncertain"),
        call("uncertain"),
        call("uncertain"),
        lambda m: m.tick(),
        lambda m: m.ask_provider(pick=0, found=True),
        lambda m: m.ask_provider(pick=0, found=False),
        claim,
        call("receipt"),
    ],
    "decided by people": [
        lambda m: m.ignore(pick=0, undo=False),
        lambda m: m.ignore(pick=0, undo=True),
        lambda m: m.send(pick=0),
        lambda m: m.tick(),
        lambda m: m.claim(limit=4),
        *[call("receipt")] * 4,
        lambda m: m.tick(),
        lambda m: m.hear_back(pick=0, bounced=True),
        lambda m: m.send(pick=0),
    ],
    "paused, resumed, cancelled": [
        lambda m: m.pause(really=True),
        lambda m: m.resume(),
        lambda m: m.wait(minutes=400),
        lambda m: m.cancel(really=True),
    ],
    "cancelled while paused": [
        lambda m: m.pause(really=True),
        lambda m: m.wait(minutes=400),
        lambda m: m.cancel(really=True),
    ],
}
HELD: dict[str, list[Step]] = {
    "paused while it is held, resumed, started": [
        lambda m: m.pause(really=True),
        lambda m: m.resume(),
        lambda m: m.wait(minutes=400),
        lambda m: m.tick(),
    ],
    "cancelled while it is held": [lambda m: m.wait(minutes=400), lambda m: m.cancel(really=True)],
}
LETTERS: dict[str, list[Step]] = {
    "no answer, tried again, delivered, and returned all the same": [
        claim,
        call("uncertain"),
        lambda m: m.freeze_worker(pick=0, in_call=True),
        lambda m: m.rescue(),
        lambda m: m.wait(minutes=20),
        claim,
        call("receipt"),
        lambda m: m.hear_back(pick=0, bounced=False),
        lambda m: m.come_back_late(pick=0),
    ],
    "no answer, then nothing to say any more": [
        claim,
        *[call("uncertain")] * 3,
        lambda m: m.wait(minutes=20),
        claim,
        without_handoff("skip"),
        without_handoff("unwritable"),
    ],
    "cancelled before it had an answer": [
        claim,
        *[call("uncertain")] * 2,
        lambda m: m.wait(minutes=400),
        lambda m: m.cancel(really=True),
    ],
}


def test_every_road_leads_where_the_tables_say(db: Database) -> None:
    bound = made_for(db)
    for roads, hold, channel in ((ROADS, 0, "email"), (HELD, 30, "email"), (LETTERS, 0, "letter")):
        for steps in roads.values():
            machine = bound()
            machine.launch(discarded=True, hold=hold, channel=channel)
            if not hold:
                machine.tick()
            for step in steps:
                step(machine)
                machine.rows_are_as_the_model_says()
            machine.teardown()
    assert bound.edges == {(start.value, event.value) for start, event in ACTION_TRANSITIONS}
    assert bound.campaign_edges == {(start.value, event.value) for start, event in CAMPAIGN_TRANSITIONS}


def test_no_order_of_events_repeats_or_loses_anything(db: Database) -> None:
    roam(db, examples=12 if db.is_sqlite else 4)
