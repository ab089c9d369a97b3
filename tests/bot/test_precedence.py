"""Who goes first: turns in the order of coming, clicks before what nobody waits for, and nobody waits without end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from bot.precedence import Clicks, GivingWay, Turns
from tests.bot.dispatch.conftest import wait_until

LONG = 30.0


def waiting(turns: Turns, count: int) -> None:
    """Return once so many stand in line."""
    wait_until(lambda: len(turns._line) >= count, LONG)


def test_turns_come_in_the_order_of_asking() -> None:
    turns, came = Turns(1), list[int]()
    assert turns.take(LONG)

    def ask(n: int) -> None:
        assert turns.take(LONG)
        came.append(n)
        turns.give_back()

    with ThreadPoolExecutor(5) as pool:
        for n in range(5):
            pool.submit(ask, n)
            waiting(turns, n + 1)
        assert not turns.take_at_once(), "whoever holds it does not get it once more before the others"
        turns.give_back()
    assert came == [0, 1, 2, 3, 4]
    assert turns.take_at_once()


def test_whoever_waits_too_long_goes_without_and_leaves_the_line() -> None:
    turns = Turns(1)
    assert turns.take(LONG)
    assert not turns.take(0.001)
    turns.give_back()
    assert turns.take_at_once(), "the turn is nobody else's"
    assert not turns.take_at_once()


def test_so_many_at_once_and_no_more() -> None:
    turns = Turns(2)
    assert [turns.take_at_once() for _ in range(3)] == [True, True, False]
    for _ in range(2):
        turns.give_back()
    assert turns.take(0)
    assert [turns.take_at_once() for _ in range(2)] == [True, False]


def entered(clicks: Clicks, pool: ThreadPoolExecutor) -> tuple[Callable[[], None], Future[None]]:
    """Let another thread hold a turn; return what ends that."""
    inside, over = threading.Event(), threading.Event()

    def click() -> None:
        with clicks.turn():
            inside.set()
            over.wait(LONG)

    future = pool.submit(click)
    inside.wait(LONG)
    return over.set, future


def test_a_click_that_waits_for_the_disk_lets_another_compute() -> None:
    clicks, order = Clicks(1, LONG), list[str]()

    def other() -> None:
        with clicks.turn():
            order.append("other")

    with ThreadPoolExecutor(1) as pool, clicks.turn():
        coming = pool.submit(other)
        waiting(clicks._turns, 1)
        order.append("first")
        with clicks.aside():
            coming.result(LONG)
        order.append("first again")
    assert order == ["first", "other", "first again"]


def test_out_of_any_turn_there_is_nothing_to_let_go() -> None:
    clicks = Clicks(1, LONG)
    with clicks.aside(), clicks.turn():
        pass
    with clicks.aside():
        pass
    assert clicks._turns.take_at_once()
    assert not clicks._turns.take_at_once()


def test_after_a_fault_the_turn_is_given_back() -> None:
    clicks = Clicks(1, LONG)
    for _ in range(2):
        try:
            with clicks.turn():
                raise ValueError
        except ValueError:
            pass
    assert clicks._quiet.is_set(), "nobody gives way to it any more"
    assert clicks._turns.take_at_once()


def test_a_slow_click_loses_its_turn_to_one_that_waits_and_keeps_nobody_waiting() -> None:
    clicks = Clicks(1, 0.001)
    with ThreadPoolExecutor(1) as pool:
        end, slow = entered(clicks, pool)
        with clicks.turn():
            assert not slow.done()
            assert not clicks._turns.take_at_once(), "there is one turn, and it is taken over"
        assert clicks._turns.take_at_once()
        clicks.give_way(LONG)  # a slow one is not given way to
        end()
        slow.result(LONG)
    assert not clicks._turns.take_at_once(), "what it has lost it does not give back"


def test_where_nobody_has_a_turn_to_take_it_goes_without_and_gives_none_back() -> None:
    clicks = Clicks(1, 0.001)
    assert clicks._turns.take_at_once()
    with clicks.turn():
        pass
    assert not clicks._turns.take_at_once()


def test_who_holds_what_others_wait_for_goes_on_without_a_turn() -> None:
    clicks = Clicks(1, LONG)
    with ThreadPoolExecutor(1) as pool, clicks.turn():
        with clicks.aside(holding=True):
            end, other = entered(clicks, pool)
        end()
        other.result(LONG)
    assert clicks._turns.take_at_once()


def test_what_nobody_waits_for_gives_way_until_no_click_computes() -> None:
    clicks = Clicks(2, LONG)
    clicks.give_way(LONG)  # nobody clicks
    with ThreadPoolExecutor(3) as pool:
        (end_one, one), (end_other, other) = entered(clicks, pool), entered(clicks, pool)
        mail = pool.submit(clicks.give_way, LONG)
        end_one()
        one.result(LONG)
        assert not mail.done(), "one of the two still computes"
        end_other()
        other.result(LONG)
        mail.result(LONG)


def test_it_gives_way_for_a_moment_only() -> None:
    clicks = Clicks(1, LONG)
    with clicks.turn():
        clicks.give_way(0.001)
        with clicks.aside():
            clicks.give_way(LONG)  # who waits for Slack needs nobody out of the way


def test_who_waits_for_the_disk_alone_is_given_way_to_and_lets_other_clicks_on() -> None:
    clicks = Clicks(1, LONG)
    with ThreadPoolExecutor(2) as pool, clicks.turn():
        with clicks.aside(briefly=True):
            end, other = entered(clicks, pool)
            end()
            other.result(LONG)
            assert not clicks.is_quiet, "the click goes on in a moment"
        assert not clicks.is_quiet
    assert clicks.is_quiet
    with clicks.turn():
        try:
            with clicks.aside(briefly=True, holding=True):
                raise ValueError
        except ValueError:
            pass
    assert clicks.is_quiet, "nobody gives way to it any more"
    assert clicks._turns.take_at_once()


class Watched(Clicks):
    """Clicks that know how many gave way to them at once."""

    inside = most = 0

    def give_way(self, at_most: float) -> None:
        """Count whoever gives way."""
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)
        super().give_way(at_most)
        with self._lock:
            self.inside -= 1


def test_what_gives_way_is_let_through_one_by_one_however_many_click() -> None:
    clicks = Watched(1, LONG)
    mails = GivingWay(clicks, 0.005)
    mails.wait()
    assert clicks.most == 0, "nobody clicks"
    with ThreadPoolExecutor(4) as pool, clicks.turn():
        for written in [pool.submit(mails.wait) for _ in range(4)]:
            written.result(LONG)
    assert clicks.most == 1
    assert mails._first.take_at_once(), "the last one lets the next through"


def test_so_many_are_allowed_at_once() -> None:
    clicks = Clicks(1)
    clicks.allow(2)
    assert [clicks._turns.take_at_once() for _ in range(3)] == [True, True, False]
