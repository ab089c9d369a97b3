"""Modals in the page behave as Slack's: stack, errors, what is typed, closing."""

from __future__ import annotations

from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from sandbox import Sandbox
from tests import browser as chromium
from tests.sandbox.page.conftest import Json, Mirror, open_modal, submit
from tests.sandbox.tiny_app import actions, button, plain, section, text_input


def view(title: str, *blocks: Json, **more: object) -> Json:
    return {"type": "modal", "callback_id": title, "title": plain(title), "blocks": list(blocks), **more}


def test_the_first_input_has_the_focus_and_escape_cancels(tab: Tab, mirror: Mirror, slack: Sandbox) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"), text_input("b", "B", "b"), notify_on_close=True)
    expect(modal.get_by_label("A", exact=True)).to_be_focused()
    tab.keyboard.press("Escape")
    expect(modal).to_have_count(0)
    expect(tab.get_by_label("Message", exact=True)).to_be_focused()
    slack.workspace.wait(lambda: mirror.closed, 10, "view_closed")
    assert mirror.closed[0]["view"]["state"] == {"values": {}}


def test_the_focus_goes_where_the_view_asks_for(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"), text_input("b", "B", "b", focus_on_load=True))
    expect(modal.get_by_label("B", exact=True)).to_be_focused()


def test_errors_of_the_bot_stand_at_their_inputs(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"), text_input("b", "B", "b"))
    mirror.answer = {"response_action": "errors", "errors": {"a": "Choose a better name"}}
    modal.get_by_label("A", exact=True).fill("bad")
    modal.get_by_label("B", exact=True).fill("kept")
    tab.keyboard.press("Enter")
    expect(modal.locator(".error")).to_have_text("Choose a better name")
    expect(modal.get_by_label("A", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(modal.get_by_label("A", exact=True)).to_be_focused()
    expect(modal.get_by_label("B", exact=True)).to_have_value("kept")


def test_a_submission_under_way_is_shown_and_goes_out_once(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"))
    more = view("Next", actions(button("Press", "press")), submit=plain("Go"))
    mirror.answer = {"response_action": "update", "view": more}
    mirror.go_on.clear()
    modal.get_by_label("A", exact=True).fill("x")
    for _ in range(3):
        tab.keyboard.press("Control+Enter")
    expect(modal).to_have_attribute("aria-busy", "true")
    mirror.go_on.set()
    then = tab.get_by_role("dialog", name="Next")
    then.get_by_role("button", name="Press").click()
    assert mirror.acted()["action_id"] == "press"
    assert [one["view"]["state"]["values"] for one in mirror.submitted] == [
        {"a": {"a": {"type": "plain_text_input", "value": "x"}}}
    ]
    mirror.answer = {}
    submit(then)
    expect(then).to_have_count(0)


def test_three_views_are_stacked_and_left_again_with_what_was_typed_below(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"))
    mirror.answer = {"response_action": "push", "view": view("Second", section("on top"), submit=plain("Go"))}
    modal.get_by_label("A", exact=True).fill("typed")
    submit(modal)
    second = tab.get_by_role("dialog", name="Second")
    expect(second).to_be_visible()
    mirror.answer = {"response_action": "push", "view": view("Third", text_input("c", "C", "c"), submit=plain("Go"))}
    submit(second)
    third = tab.get_by_role("dialog", name="Third")
    expect(third.get_by_label("C", exact=True)).to_be_focused()
    for _ in range(8):  # Tab comes to nothing outside
        tab.keyboard.press("Tab")
        assert tab.evaluate("() => document.activeElement.matches('body, [data-top] *, [data-top]')")
    tab.keyboard.press("Escape")
    expect(third).to_have_count(0)
    expect(second.get_by_text("on top")).to_be_visible()
    tab.keyboard.press("Escape")
    expect(second).to_have_count(0)
    expect(modal.get_by_label("A", exact=True)).to_have_value("typed")


def test_clear_on_close_closes_all(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, section("below"))
    mirror.answer = {"response_action": "push", "view": view("Second", section("on top"), clear_on_close=True)}
    submit(modal)
    tab.get_by_role("dialog", name="Second").get_by_role("button", name="Close").first.click()
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_an_update_keeps_what_is_being_typed_and_a_new_block_id_starts_afresh(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, section("Note: none"), text_input("a", "A", "a"), text_input("b", "B", "b"))
    modal.get_by_label("A", exact=True).fill("first")
    modal.get_by_label("B", exact=True).fill("half a wor")
    shown = mirror.slack.people["U0ALICE001"].modal()
    blocks = [
        section("Note: redrawn"),
        text_input("a_v2", "A", "a", initial_value="from code"),
        mirror.view["blocks"][2],
    ]
    mirror.client.views_update(view_id=shown.view["id"], view={**mirror.view, "blocks": blocks})
    expect(modal.get_by_text("Note: redrawn")).to_be_visible()
    expect(modal.get_by_label("A", exact=True)).to_have_value("from code")
    expect(modal.get_by_label("B", exact=True)).to_have_value("half a wor")
    expect(modal.get_by_label("B", exact=True)).to_be_focused()


def test_what_is_typed_goes_with_a_click(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"), actions(button("Insert", "tag")))
    modal.get_by_label("A", exact=True).fill("Dear")
    modal.get_by_role("button", name="Insert").click()
    mirror.acted()
    assert mirror.actions[0]["view"]["state"]["values"]["a"]["a"]["value"] == "Dear"


def test_an_answer_that_fails_is_said_in_the_modal(tab: Tab, mirror: Mirror, slack: Sandbox) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"))
    mirror.answer = {"response_action": "update", "view": view("t" * 25, section("too long a title"))}
    modal.get_by_label("A", exact=True).fill("x")
    submit(modal)
    expect(modal.get_by_role("alert")).to_have_text("We had some trouble connecting. Try again?")


def test_a_long_view_is_read_from_its_beginning(tab: Tab, mirror: Mirror) -> None:
    rows = [section(f"Row {number}") for number in range(40)]
    modal = open_modal(tab, mirror, *rows, text_input("a", "A", "a"))
    expect(modal.get_by_text("Row 0", exact=True)).to_be_in_viewport()
    expect(modal).to_be_focused()


def test_a_view_is_submitted_though_the_request_for_the_one_before_is_not_over(tab: Tab, mirror: Mirror) -> None:
    typed = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    open_modal(tab, mirror, {**text_input("a", "A", "a", **typed), "dispatch_action": True})
    go_on = chromium.hold_answer(tab, "/submit")
    mirror.answer = {"response_action": "update", "view": view("Next", section("look"), submit=plain("Go"))}
    tab.keyboard.type("Dear")
    tab.keyboard.press("Control+Enter")
    expect(tab.get_by_role("dialog", name="Next")).to_be_visible()
    mirror.answer = {}
    tab.keyboard.press("Control+Enter")
    go_on()
    expect(tab.get_by_role("dialog")).to_have_count(0)
    assert len(mirror.submitted) == 2
    expect(tab.locator("#notice")).to_have_text("")


def test_whoever_mends_what_was_objected_to_is_heard_though_the_request_is_not_over(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"))
    go_on = chromium.hold_answer(tab, "/submit")
    mirror.answer = {"response_action": "errors", "errors": {"a": "Choose a better name"}}
    modal.get_by_label("A", exact=True).fill("bad")
    tab.keyboard.press("Enter")
    expect(modal.locator(".error")).to_have_text("Choose a better name")
    expect(modal).to_have_attribute("aria-busy", "false")
    mirror.answer = {}
    modal.get_by_label("A", exact=True).fill("good")
    tab.keyboard.press("Enter")
    go_on()
    expect(modal).to_have_count(0)
    assert mirror.values()["a"]["a"]["value"] == "good"


def test_a_submission_that_does_not_come_to_the_bot_can_be_made_again(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, text_input("a", "A", "a"))
    tab.route("**/submit", lambda route: route.fulfill(status=200, body=""), times=1)
    with tab.expect_response("**/submit"):
        tab.keyboard.press("Control+Enter")
    expect(modal).to_have_attribute("aria-busy", "false")
    tab.keyboard.type("x")
    tab.keyboard.press("Control+Enter")
    expect(modal).to_have_count(0)
    assert mirror.values()["a"]["a"]["value"] == "x"
