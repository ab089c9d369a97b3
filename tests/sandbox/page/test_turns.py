"""Gestures on one surface in the page go out one after another; each is what it was when it was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from tests import browser as chromium
from tests.sandbox.page.conftest import Json, Mirror, open_modal, submit
from tests.sandbox.tiny_app import actions, button, option, plain, section, text_input

TOP = actions(button("First", "one"), button("Second", "two"), block_id="top")
OPTIONS = [option("One"), option("Two"), option("Three")]
GONE = "This has changed meanwhile; have another look."


class Waiting:
    """A modal in which the answer to a click on First is awaited until `go_on`."""

    def __init__(self, tab: Tab, mirror: Mirror, *blocks: Json) -> None:
        self.mirror = mirror
        self._redrawn = 0
        self.modal: Any = open_modal(tab, mirror, TOP, *blocks)
        self.go_on: Callable[[], None] = chromium.hold_answer(tab, "/click")
        self.modal.get_by_role("button", name="First").click()
        assert mirror.acted()["action_id"] == "one"

    def redraw(self, *blocks: Json, **more: Any) -> None:
        """Have the bot show these blocks instead, and wait until they are on the page."""
        shown = self.mirror.slack.people["U0ALICE001"].modal()
        self._redrawn += 1
        note = f"Redrawn: {self._redrawn}"
        view = {**self.mirror.view, "blocks": [*blocks, section(note)], **more}
        self.mirror.client.views_update(view_id=shown.view["id"], view=view)
        expect(self.modal.page.get_by_text(note, exact=True)).to_be_visible()


@pytest.fixture
def notice(tab: Tab) -> Any:
    return tab.locator("#notice")


def test_what_is_pressed_while_an_answer_is_awaited_comes_next_whatever_is_redrawn(tab: Tab, mirror: Mirror) -> None:
    waiting = Waiting(tab, mirror, text_input("a", "A", "a"))
    waiting.redraw(TOP, text_input("a", "A", "a"))
    waiting.modal.get_by_role("button", name="Second").click()
    waiting.redraw(TOP, text_input("a", "A", "a"))
    assert len(mirror.actions) == 1
    waiting.go_on()
    assert mirror.acted(2)["action_id"] == "two"


def test_what_waits_behind_an_input_that_is_gone_is_not_held_up(tab: Tab, mirror: Mirror, notice: Any) -> None:
    typed = {"type": "input", "block_id": "b", "label": plain("Field"), "dispatch_action": True}
    waiting = Waiting(tab, mirror, {**typed, "element": {"type": "plain_text_input", "action_id": "a"}})
    waiting.modal.get_by_label("Field").fill("some words")
    tab.keyboard.press("Enter")
    waiting.redraw()
    tab.keyboard.press("Control+Enter")
    assert mirror.submitted == []
    waiting.go_on()
    expect(waiting.modal).to_have_count(0)
    assert mirror.values() == {}
    mirror.acted(1)
    expect(notice).to_have_text("")


def test_a_click_is_carried_out_though_its_button_was_drawn_anew_while_it_waited(tab: Tab, mirror: Mirror) -> None:
    waiting = Waiting(tab, mirror)
    waiting.modal.get_by_role("button", name="Second").click()
    waiting.redraw()
    waiting.redraw(TOP)
    waiting.go_on()
    assert mirror.acted(2)["action_id"] == "two"


def test_a_click_whose_button_is_gone_is_said_to_have_come_too_late(tab: Tab, mirror: Mirror, notice: Any) -> None:
    waiting = Waiting(tab, mirror)
    waiting.modal.get_by_role("button", name="Second").click()
    waiting.redraw()
    waiting.go_on()
    expect(notice).to_have_text(GONE)
    mirror.acted(1)


def test_a_click_comes_to_the_bot_though_an_update_made_up_another_block_id(tab: Tab, mirror: Mirror) -> None:
    blocks: list[Json] = [{"type": "actions", "elements": [button("First", "one"), button("Second", "two")]}]
    modal = open_modal(tab, mirror, *blocks)
    shown = mirror.slack.people["U0ALICE001"].modal()
    held = chromium.hold(tab, "**/click")
    with tab.expect_request("**/click"):
        modal.get_by_role("button", name="Second").click()
    before = shown.view["blocks"][0]["block_id"]
    mirror.client.views_update(view_id=shown.view["id"], view={**mirror.view, "blocks": blocks})
    assert shown.view["blocks"][0]["block_id"] != before
    with tab.expect_response("**/click"):
        held.pop().continue_()
    assert mirror.acted()["action_id"] == "two"


def test_a_second_click_of_a_double_click_says_nothing_where_the_first_took_the_button_away(
    tab: Tab, mirror: Mirror, notice: Any
) -> None:
    waiting = Waiting(tab, mirror)
    waiting.modal.get_by_role("button", name="First").click()
    waiting.redraw()
    waiting.go_on()
    submit(waiting.modal)
    expect(waiting.modal).to_have_count(0)
    expect(notice).to_have_text("")
    mirror.acted(1)


def test_a_click_is_not_taken_for_one_on_what_stands_there_now(tab: Tab, mirror: Mirror, notice: Any) -> None:
    waiting = Waiting(tab, mirror, actions(button("Open", "do", value="open"), block_id="row"))
    waiting.modal.get_by_role("button", name="Open").click()
    waiting.redraw(TOP, actions(button("Delete", "do", value="delete"), block_id="row"))
    waiting.go_on()
    expect(notice).to_have_text(GONE)
    mirror.acted(1)


def test_a_choice_in_a_menu_is_not_taken_for_another_that_stands_there_now(
    tab: Tab, mirror: Mirror, notice: Any
) -> None:
    menu = {"type": "overflow", "action_id": "menu"}
    waiting = Waiting(tab, mirror, section("Row", {**menu, "options": [option("Pause"), option("Details")]}, "row"))
    waiting.modal.locator("summary").click()
    waiting.modal.get_by_role("button", name="Pause").click()
    waiting.redraw(TOP, section("Row", {**menu, "options": [option("Delete"), option("Details")]}, "row"))
    waiting.go_on()
    expect(notice).to_have_text("This option is no longer offered.")
    mirror.acted(1)


def test_those_that_are_taken_out_quickly_are_those_that_were_pressed(tab: Tab, mirror: Mirror) -> None:
    several = {"type": "multi_static_select", "action_id": "m", "options": OPTIONS, "initial_options": OPTIONS}
    waiting = Waiting(tab, mirror, section("Pick", several, "b"))
    for name in ("One", "Two"):
        waiting.modal.get_by_role("button", name=f"Remove {name}").click()
    waiting.go_on()
    expect(waiting.modal.locator(".chip")).to_have_count(1)
    expect(waiting.modal.locator(".chip")).to_contain_text("Three")
    assert [one["value"] for one in mirror.acted(3)["selected_options"]] == ["three"]


def test_a_submission_is_not_taken_for_one_of_another_view(tab: Tab, mirror: Mirror, notice: Any) -> None:
    waiting = Waiting(tab, mirror)
    tab.keyboard.press("Control+Enter")
    waiting.redraw(callback_id="delete_all", title=plain("Delete all?"))
    waiting.go_on()
    expect(notice).to_have_text(GONE)
    assert mirror.submitted == []
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert mirror.submitted[0]["view"]["callback_id"] == "delete_all"


@pytest.mark.parametrize("kind", ["static_select", "radio_buttons"])
@pytest.mark.parametrize("anew", [False, True])
def test_a_choice_that_waits_is_made_whatever_is_redrawn(tab: Tab, mirror: Mirror, kind: str, anew: bool) -> None:
    first = {"initial_option": OPTIONS[0]} if kind == "radio_buttons" else {"placeholder": plain("Pick")}
    chosen = section("Choose", {"type": kind, "action_id": "a", "options": OPTIONS, **first}, "b")
    waiting = Waiting(tab, mirror, chosen)
    if kind == "static_select":
        waiting.modal.get_by_label("Pick").select_option("Two")
    else:
        waiting.modal.get_by_role("radio", name="Two").check()
    if anew:
        waiting.redraw()
    waiting.redraw(TOP, chosen)
    waiting.go_on()
    assert mirror.acted(2)["selected_option"]["value"] == "two"


def test_a_file_whose_input_was_drawn_anew_is_asked_for_again(tab: Tab, mirror: Mirror, notice: Any) -> None:
    element = {"type": "file_input", "action_id": "f"}
    files = {"type": "input", "block_id": "b", "label": plain("Files"), "element": element}
    waiting = Waiting(tab, mirror, files)
    waiting.modal.get_by_label("Files").set_input_files({"name": "a.txt", "mimeType": "text/plain", "buffer": b"x"})
    waiting.redraw()
    waiting.redraw(TOP, files)
    waiting.go_on()
    expect(notice).to_have_text(GONE)


def test_an_option_is_chosen_though_others_were_offered_since(tab: Tab, mirror: Mirror) -> None:
    mirror.options = [option("Acme Ltd", "7"), option("Bolt SA", "9")]
    several = {"type": "multi_external_select", "action_id": "x", "min_query_length": 1, "placeholder": plain("Find")}
    waiting = Waiting(tab, mirror, section("Customers", several, "b"))
    for typed, name in (("ac", "Acme Ltd"), ("bo", "Bolt SA")):
        waiting.modal.get_by_role("combobox").press_sequentially(typed)
        tab.get_by_role("option", name=name).click()
    waiting.go_on()
    expect(waiting.modal.locator(".chip")).to_have_count(2)
    assert [one["value"] for one in mirror.acted(3)["selected_options"]] == ["7", "9"]
