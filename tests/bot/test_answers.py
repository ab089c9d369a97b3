"""Answers for an event loop: each in its turn, in one line with those who wait on threads, and nobody without end."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from contextvars import ContextVar
from typing import Any

import pytest

from bot.answers import Answers
from bot.precedence import Clicks
from tests.bot.dispatch.conftest import wait_until
from tests.bot.test_precedence import LONG, waiting


def is_over(clicks: Clicks, answers: Answers) -> bool:
    """Say whether nobody computes or is in line and the one turn can be taken, once all threads are idle."""
    wait_until(lambda: answers._threads.spare == answers._threads.running)
    return [clicks._turns.take_at_once() for _ in range(2)] == [True, False] and not clicks._computing


class Slow:
    """Work that goes on until it is let go; with `clicks` it stands aside meanwhile, as who waits for Slack."""

    def __init__(self, clicks: Clicks | None = None) -> None:
        self.begun, self.over, self.thread = threading.Event(), threading.Event(), 0
        self._aside = clicks.aside if clicks is not None else nullcontext

    def __call__(self) -> str:
        self.thread = threading.get_ident()
        with self._aside():
            self.begun.set()
            assert self.over.wait(LONG)
        return "slow"

    async def asked(self, answers: Answers) -> asyncio.Task[str]:
        """Ask for it, and return once it has begun."""
        task = asyncio.create_task(answers.worked_out(self))
        await asyncio.to_thread(self.begun.wait, LONG)
        return task


async def in_line(clicks: Clicks, answers: Answers, *works: Callable[[], Any]) -> list[asyncio.Task[Any]]:
    """Ask for these one after the other, and return once all stand in line."""
    asked = []
    for work in works:
        before = len(clicks._turns._line)
        asked.append(asyncio.create_task(answers.worked_out(work)))
        await asyncio.to_thread(waiting, clicks._turns, before + 1)
    return asked


def run(story: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(story, LONG))


def test_answers_come_in_the_order_of_asking_on_the_thread_that_has_just_answered() -> None:
    clicks, order = Clicks(1, LONG), list[tuple[str, int]]()
    answers, slow = Answers(clicks, patience=LONG), Slow()

    def work(name: str) -> Callable[[], str]:
        def compute() -> str:
            assert not clicks._turns.take_at_once()
            assert not clicks.is_quiet
            with clicks.turn():  # which is the one it has
                order.append((name, threading.get_ident()))
            return name.upper()

        return compute

    def on_a_thread() -> None:
        with clicks.turn():
            order.append(("thread", threading.get_ident()))

    async def story() -> None:
        first = await slow.asked(answers)
        asked = await in_line(clicks, answers, work("a"), work("b"))
        thread = threading.Thread(target=on_a_thread)
        thread.start()
        await asyncio.to_thread(waiting, clicks._turns, 3)
        asked += await in_line(clicks, answers, work("c"))
        slow.over.set()
        assert await asyncio.gather(first, *asked) == ["slow", "A", "B", "C"]
        await asyncio.to_thread(thread.join)

    run(story())
    assert [name for name, _ in order] == ["a", "b", "thread", "c"]
    assert [thread for _, thread in order[:2]] == [slow.thread, slow.thread]
    assert is_over(clicks, answers)


def test_what_it_raises_is_raised_and_the_next_is_worked_out() -> None:
    clicks = Clicks(1, LONG)
    answers = Answers(clicks)

    def fail() -> None:
        raise LookupError("nothing there")

    async def story() -> None:
        with pytest.raises(LookupError, match="nothing there"):
            await answers.worked_out(fail)
        await asyncio.to_thread(wait_until, lambda: answers._threads.spare == 1)
        assert await answers.worked_out(lambda: 7) == 7

    run(story())
    assert is_over(clicks, answers)
    assert answers._threads.running == 1, "a thread that is free is used again"


def test_after_a_while_it_takes_the_turn_of_a_slow_one() -> None:
    clicks, slow = Clicks(1, LONG), Slow()
    answers = Answers(clicks, patience=0.001)

    async def story() -> None:
        first = await slow.asked(answers)
        assert await answers.worked_out(lambda: "quick") == "quick"
        assert not first.done()
        await asyncio.to_thread(clicks._quiet.wait, LONG)
        assert clicks.is_quiet, "nobody is given way to who lost the turn"
        slow.over.set()
        assert await first == "slow"

    run(story())
    assert is_over(clicks, answers), "the turn that was lost is not given back once more"


def test_who_waits_for_slack_lets_the_next_one_begin() -> None:
    clicks = Clicks(1, LONG)
    answers, calls = Answers(clicks, patience=LONG), Slow(clicks)

    async def story() -> None:
        first = await calls.asked(answers)
        assert await answers.worked_out(lambda: "meanwhile") == "meanwhile"
        calls.over.set()
        assert await first == "slow"

    run(story())
    assert is_over(clicks, answers)


def test_who_is_cancelled_in_line_is_not_worked_out() -> None:
    clicks, slow, worked = Clicks(1, LONG), Slow(), list[str]()
    answers = Answers(clicks, patience=LONG)

    async def story() -> None:
        first = await slow.asked(answers)
        gone, stays = await in_line(clicks, answers, lambda: worked.append("gone"), lambda: worked.append("stays"))
        gone.cancel()
        await asyncio.wait([gone])
        assert gone.cancelled()
        slow.over.set()
        await asyncio.gather(first, stays)

    run(story())
    assert worked == ["stays"]
    assert is_over(clicks, answers)


def test_who_is_cancelled_at_work_goes_on_and_gives_the_turn_back() -> None:
    clicks, slow = Clicks(1, LONG), Slow()
    answers = Answers(clicks, patience=LONG)

    unheard = list[dict[str, Any]]()

    async def story() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, what: unheard.append(what))
        first = await slow.asked(answers)
        (stays,) = await in_line(clicks, answers, lambda: "stays")
        first.cancel()
        await asyncio.wait([first])
        assert not stays.done()
        slow.over.set()
        assert await stays == "stays"

    run(story())
    assert not unheard
    assert is_over(clicks, answers)


def test_a_loop_that_is_closed_keeps_nobody_from_the_turn() -> None:
    clicks, slow = Clicks(1, LONG), Slow()
    answers = Answers(clicks, patience=LONG)
    loop = asyncio.new_event_loop()
    left_behind = answers.worked_out(slow)
    task = loop.create_task(left_behind)
    loop.run_until_complete(asyncio.sleep(0))
    assert slow.begun.wait(LONG)
    loop.close()
    with ThreadPoolExecutor(1) as pool:
        came = pool.submit(clicks._turns.take, 2 * LONG)
        waiting(clicks._turns, 1)
        slow.over.set()
        assert came.result(LONG)
    task._log_destroy_pending = False  # type: ignore[attr-defined]
    left_behind.close()


def test_what_one_click_sets_is_not_seen_by_the_next_on_its_thread() -> None:
    clicks, slow, seen = Clicks(1, LONG), Slow(), list[str]()
    answers, word = Answers(clicks, patience=LONG), ContextVar("word", default="nothing")

    def sets() -> None:
        seen.append(word.get())
        word.set("of the one before")

    async def story() -> None:
        first = await slow.asked(answers)
        word.set("of the request")
        asked = await in_line(clicks, answers, sets, sets)
        slow.over.set()
        await asyncio.gather(first, *asked)

    run(story())
    assert seen == ["of the request", "of the request"]


def test_more_than_there_are_threads_wait_until_one_is_free() -> None:
    clicks = Clicks(1, 0.001)
    answers, calls = Answers(clicks, patience=LONG, threads=1), Slow(clicks)

    async def story() -> None:
        first = await calls.asked(answers)
        later = [asyncio.create_task(answers.worked_out(lambda: threading.get_ident())) for _ in range(2)]
        await asyncio.to_thread(wait_until, lambda: answers._threads.spare == -1)
        assert not answers._threads._ends(), "it has something to work out"
        calls.over.set()
        assert await first == "slow"
        assert len(set(await asyncio.gather(*later))) == 1

    run(story())
    assert is_over(clicks, answers)
    assert answers._threads.running == 1


def test_where_no_thread_can_be_started_those_there_are_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    clicks = Clicks(2, LONG)
    answers, slow = Answers(clicks, patience=LONG), Slow()

    def refuse(_thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    async def story() -> None:
        first = await slow.asked(answers)
        with monkeypatch.context() as patched:
            patched.setattr(threading.Thread, "start", refuse)
            second = asyncio.create_task(answers.worked_out(lambda: "second"))
            await asyncio.sleep(0)
        slow.over.set()
        assert await asyncio.gather(first, second) == ["slow", "second"]

    run(story())
    assert answers._threads.running == 1


def test_an_idle_thread_ends_after_a_while_and_another_begins_when_it_is_needed() -> None:
    clicks = Clicks(1, LONG)
    answers = Answers(clicks, idle_for=0.001)

    async def story() -> None:
        for n in range(3):
            assert await answers.worked_out(lambda n=n: n) == n  # type: ignore[misc]
            await asyncio.to_thread(wait_until, lambda: answers._threads.running == 0)

    run(story())
    assert is_over(clicks, answers)


def test_a_click_that_waits_keeps_the_process_from_ending_no_longer() -> None:
    words = """
import asyncio, threading
from bot.answers import Answers
from bot.precedence import Clicks
begun = threading.Event()
def work():
    begun.set()
    threading.Event().wait()
async def story():
    task = asyncio.create_task(Answers(Clicks()).worked_out(work))
    await asyncio.to_thread(begun.wait)
    task.cancel()
asyncio.run(story())
print("left")
"""
    left = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True, timeout=LONG, check=True)
    assert left.stdout == "left\n"
