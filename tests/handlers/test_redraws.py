"""Views that are drawn after the answer: the last click's alone, and nothing over the screen that came next."""

from __future__ import annotations

from bot.precedence import Clicks, GivingWay
from handlers.redraws import Redraw, Redraws


class Later:
    """Keeps what is to be called soon, until it is told to call it."""

    def __init__(self) -> None:
        self.kept: list[Redraw] = []

    def submit(self, call: Redraw) -> None:
        self.kept.append(call)

    def run(self) -> None:
        while self.kept:
            self.kept.pop(0)()


def test_of_several_clicks_in_a_view_the_last_one_is_drawn_and_other_views_too() -> None:
    later, drawn = Later(), list[str]()
    redraws = Redraws(later.submit)
    for view_id, name in (("V1", "first"), ("V1", "second"), ("V2", "other"), ("V1", "third")):
        redraws.soon(view_id, lambda name=name: drawn.append(name))  # type: ignore[misc]
    assert len(later.kept) == 2, "one thread a view"
    later.run()
    assert drawn == ["third", "other"]
    redraws.soon("V1", lambda: drawn.append("fourth"))
    later.run()
    assert drawn[-1] == "fourth"


def test_a_click_that_comes_while_a_view_is_drawn_is_drawn_next_and_overtakes() -> None:
    later, seen = Later(), list[bool]()
    redraws = Redraws(later.submit)

    def first() -> None:
        seen.append(redraws.is_overtaken("V1"))
        redraws.soon("V1", lambda: seen.append(redraws.is_overtaken("V1")))
        seen.append(redraws.is_overtaken("V1"))

    redraws.soon("V1", first)
    later.run()
    assert seen == [False, True, False]


def test_nothing_is_shown_any_more_once_another_screen_takes_the_place_of_a_view() -> None:
    later, seen = Later(), list[str]()
    redraws = Redraws(later.submit)
    redraws.soon("V1", lambda: seen.append("waiting"))
    redraws.give_up("V1")
    redraws.give_up("V2")
    later.run()
    assert seen == []

    def drawing() -> None:
        redraws.give_up("V1")
        seen.append("overtaken" if redraws.is_overtaken("V1") else "shown")

    redraws.soon("V1", drawing)
    later.run()
    assert seen == ["overtaken"]


def test_a_click_made_before_a_view_was_drawn_anew_is_fenced_by_its_newest_hash_until_all_is_drawn() -> None:
    later, fences = Later(), list[str]()
    redraws = Redraws(later.submit)

    def first() -> None:
        redraws.drew("V1", "1", "2")
        redraws.drew("V1", "2", "3")
        fences.extend([redraws.newest("V1", "1"), redraws.newest("V1", "9"), redraws.newest("V2", "1")])

    redraws.soon("V1", first)
    later.run()
    assert fences == ["3", "9", "1"]
    assert redraws.newest("V1", "1") == "1", "what somebody else draws later is not drawn over"


def test_a_hash_that_comes_again_leads_nobody_in_a_circle() -> None:
    redraws = Redraws(lambda work: None)
    redraws.drew("V1", "a", "a")
    assert redraws.newest("V1", "a") == "a"
    redraws.drew("V1", "a", "b")
    redraws.drew("V1", "b", "a")
    assert redraws.newest("V1", "a") in ("a", "b")


class Counted(GivingWay):
    """Counts who stood in line."""

    waited = 0

    def wait(self) -> None:
        """Count one more."""
        self.waited += 1


def test_each_drawing_gives_way_once() -> None:
    later, line = Later(), Counted(Clicks(), 0)
    redraws = Redraws(later.submit, line)
    redraws.soon("V1", lambda: None)
    redraws.soon("V2", lambda: redraws.soon("V2", lambda: None))
    later.run()
    assert line.waited == 3
