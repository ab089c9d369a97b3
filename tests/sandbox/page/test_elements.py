"""Every element of Block Kit, used in the page: what reaches the bot."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import expect

from sandbox import Sandbox
from sandbox.person import Person
from tests import browser as chromium
from tests.sandbox.page.conftest import Json, Mirror, open_modal, submit
from tests.sandbox.tiny_app import actions, button, option, plain, section

ONE_TWO = [option("One"), option("Two"), option("Three")]


def field(element: Json, *, optional: bool = False, dispatch: bool = False) -> Json:
    block: Json = {"type": "input", "block_id": "b", "label": plain("Field"), "element": {"action_id": "a", **element}}
    return {**block, "optional": optional, **({"dispatch_action": True} if dispatch else {})}


def submitted(tab: Tab, mirror: Mirror, modal: Any) -> Json:
    submit(modal)
    expect(modal).to_have_count(0)
    value: Json = mirror.values()["b"]["a"]
    return value


@pytest.mark.parametrize(
    ("kind", "more", "typed"),
    [
        ("plain_text_input", {}, "Dear all, “quoted” <b>&amp;"),
        ("plain_text_input", {"multiline": True}, "Dear all,\n\n  two lines"),
        ("number_input", {"is_decimal_allowed": True}, "12.50"),
        ("email_text_input", {}, "pat@bolt.example"),
        ("url_text_input", {}, "https://bolt.example/pay?a=1&b=2"),
    ],
)
def test_what_is_typed_is_submitted(tab: Tab, mirror: Mirror, kind: str, more: Json, typed: str) -> None:
    modal = open_modal(tab, mirror, field({"type": kind, **more}))
    modal.get_by_label("Field").fill(typed)
    assert submitted(tab, mirror, modal) == {"type": kind, "value": typed}


@pytest.mark.parametrize(
    ("kind", "shown", "reason"),
    [
        ("number_input", "twelve", "Enter a whole number"),
        ("email_text_input", "pat@", "Enter a valid email address"),
        ("url_text_input", "bolt.example", "Enter a valid URL"),
        ("plain_text_input", "", "Please complete this required field."),
    ],
)
def test_what_the_client_objects_to_is_said_at_the_input(
    tab: Tab, mirror: Mirror, kind: str, shown: str, reason: str
) -> None:
    more = {"is_decimal_allowed": False} if kind == "number_input" else {}
    modal = open_modal(tab, mirror, field({"type": kind, **more}))
    modal.get_by_label("Field").fill(shown)
    submit(modal)
    expect(modal.locator(".error")).to_have_text(reason)
    expect(modal.get_by_label("Field")).to_have_attribute("aria-invalid", "true")
    assert mirror.submitted == []


def test_a_text_longer_than_allowed_is_counted_and_not_submitted(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, field({"type": "plain_text_input", "max_length": 5}))
    modal.get_by_label("Field").fill("1234567")
    expect(modal.locator(".counter")).to_have_text("-2 left")
    submit(modal)
    expect(modal.locator(".error")).to_have_text("Enter no more than 5 characters")


def test_an_optional_input_may_stay_empty(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, field({"type": "plain_text_input"}, optional=True))
    assert submitted(tab, mirror, modal) == {"type": "plain_text_input", "value": None}


def test_enter_dispatches_where_it_is_asked_for_and_submits_elsewhere(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, field({"type": "plain_text_input"}, dispatch=True))
    modal.get_by_label("Field").fill("sixty")
    tab.keyboard.press("Enter")
    assert mirror.acted()["value"] == "sixty"
    assert mirror.submitted == []
    tab.keyboard.press("Control+Enter")
    assert mirror.values()["b"]["a"]["value"] == "sixty"


def test_each_character_dispatches_where_it_is_asked_for(tab: Tab, mirror: Mirror) -> None:
    config = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    modal = open_modal(tab, mirror, field({"type": "plain_text_input", **config}, dispatch=True))
    modal.get_by_label("Field").press_sequentially("ab")
    mirror.slack.workspace.wait(
        lambda: mirror.actions and mirror.actions[-1]["actions"][0]["value"] == "ab", 10, "the typed text"
    )
    assert mirror.actions[-1]["view"]["state"]["values"]["b"]["a"]["value"] == "ab"


def test_a_select_in_an_input_submits_the_option(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, field({"type": "static_select", "options": ONE_TWO}))
    modal.get_by_label("Field").select_option("Two")
    chosen = submitted(tab, mirror, modal)
    assert chosen["selected_option"] == {"text": {"type": "plain_text", "text": "Two", "emoji": True}, "value": "two"}


def test_a_select_with_groups_beside_a_text_dispatches(tab: Tab, mirror: Mirror) -> None:
    groups = [{"label": plain("First"), "options": ONE_TWO[:2]}, {"label": plain("Last"), "options": ONE_TWO[2:]}]
    element = {"type": "static_select", "action_id": "a", "placeholder": plain("Pick"), "option_groups": groups}
    modal = open_modal(tab, mirror, section("Choose", element, "b"))
    expect(modal.locator("optgroup")).to_have_count(2)
    modal.get_by_label("Pick").select_option("Three")
    action = mirror.acted()
    assert (action["type"], action["block_id"], action["selected_option"]["value"]) == ("static_select", "b", "three")


def test_an_external_select_asks_the_bot_and_submits_its_option(tab: Tab, mirror: Mirror) -> None:
    mirror.options = [option("Acme Ltd", "7"), option("Apex AG", "8"), option("Bolt SA", "9")]
    modal = open_modal(tab, mirror, field({"type": "external_select", "min_query_length": 2}))
    modal.get_by_label("Field").press_sequentially("ap")
    tab.get_by_role("option", name="Apex AG").click()
    expect(modal.get_by_label("Field")).to_have_attribute("placeholder", "Apex AG")
    assert submitted(tab, mirror, modal)["selected_option"]["value"] == "8"
    assert mirror.asked == ["ap"]


def test_several_are_chosen_by_keyboard_and_one_is_taken_out(tab: Tab, mirror: Mirror) -> None:
    mirror.options = [option("Acme Ltd", "7"), option("Apex AG", "8")]
    modal = open_modal(tab, mirror, field({"type": "multi_external_select", "min_query_length": 1}))
    box = modal.get_by_label("Field")
    for name in ("ac", "ap"):
        box.press_sequentially(name)
        expect(tab.get_by_role("option")).to_have_count(1)
        tab.keyboard.press("Enter")
        expect(box).to_have_value("")
        expect(tab.get_by_role("option")).to_have_count(0)
    expect(modal.locator(".chip")).to_have_count(2)
    modal.get_by_role("button", name="Remove Acme Ltd").click()
    expect(modal.locator(".chip")).to_have_count(1)
    assert [one["value"] for one in submitted(tab, mirror, modal)["selected_options"]] == ["8"]


def test_enter_chooses_by_what_is_typed_though_the_suggestions_are_behind(tab: Tab, mirror: Mirror) -> None:
    mirror.options = [option("Acme Ltd", "7"), option("Apex AG", "8")]
    modal = open_modal(tab, mirror, field({"type": "external_select", "min_query_length": 1}))
    box = modal.get_by_label("Field")
    box.press_sequentially("a")
    expect(tab.get_by_role("option")).to_have_count(2)
    held = chromium.hold(tab, "**/options")
    with tab.expect_request("**/options"):
        box.press_sequentially("p")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("option")).to_have_count(2)
    held.pop().continue_()
    expect(box).to_have_attribute("placeholder", "Apex AG")
    assert submitted(tab, mirror, modal)["selected_option"]["value"] == "8"


def test_a_multi_select_offers_its_options_as_one_types(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, field({"type": "multi_static_select", "options": ONE_TWO}))
    modal.get_by_label("Field").click()
    expect(tab.get_by_role("option")).to_have_text(["One", "Two", "Three"])
    modal.get_by_label("Field").press_sequentially("t")
    expect(tab.get_by_role("option")).to_have_text(["Two", "Three"])
    tab.keyboard.press("ArrowDown")
    tab.keyboard.press("Enter")
    expect(modal.locator(".chip")).to_have_count(1)
    assert [one["value"] for one in submitted(tab, mirror, modal)["selected_options"]] == ["three"]


@pytest.mark.parametrize("kind", ["users_select", "multi_users_select"])
def test_people_are_chosen_by_name(tab: Tab, mirror: Mirror, bob: Person, kind: str) -> None:
    modal = open_modal(tab, mirror, field({"type": kind}))
    if kind == "users_select":
        modal.get_by_label("Field").select_option("Bob Roy")
        assert submitted(tab, mirror, modal) == {"type": kind, "selected_user": "U0BOB00001"}
    else:
        modal.get_by_label("Field").press_sequentially("bob")
        tab.get_by_role("option", name="Bob Roy").click()
        expect(modal.locator(".chip")).to_have_count(1)
        assert submitted(tab, mirror, modal) == {"type": kind, "selected_users": ["U0BOB00001"]}


@pytest.mark.parametrize(
    ("kind", "key"),
    [("conversations_select", "selected_conversation"), ("channels_select", "selected_channel")],
)
def test_channels_are_chosen_by_name(tab: Tab, mirror: Mirror, kind: str, key: str) -> None:
    modal = open_modal(tab, mirror, field({"type": kind}))
    modal.get_by_label("Field").select_option("#general")
    assert submitted(tab, mirror, modal) == {"type": kind, key: "C0GENERAL1"}


def test_checkboxes_are_ticked_and_unticked(tab: Tab, mirror: Mirror) -> None:
    described = {**option("One"), "description": plain("the first")}
    element = {"type": "checkboxes", "options": [described, *ONE_TWO[1:]], "initial_options": [ONE_TWO[1]]}
    modal = open_modal(tab, mirror, field(element))
    expect(modal.get_by_text("the first")).to_be_visible()
    modal.get_by_role("checkbox", name="One").check()
    modal.get_by_role("checkbox", name="Two").uncheck()
    assert [one["value"] for one in submitted(tab, mirror, modal)["selected_options"]] == ["one"]


def test_a_radio_button_in_an_actions_block_dispatches(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(
        tab, mirror, actions({"type": "radio_buttons", "action_id": "a", "options": ONE_TWO}, block_id="b")
    )
    modal.get_by_role("radio", name="Two").check()
    assert mirror.acted()["selected_option"]["value"] == "two"


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        ("datepicker", "2026-12-24", {"type": "datepicker", "selected_date": "2026-12-24"}),
        ("timepicker", "09:30", {"type": "timepicker", "selected_time": "09:30"}),
        # Alice is in Paris: an hour ahead of UTC in winter
        (
            "datetimepicker",
            "2026-12-24T09:30",
            {"type": "datetimepicker", "selected_date_time": 1_798_101_000},
        ),
    ],
)
def test_dates_and_times_are_those_of_the_person(
    tab: Tab, mirror: Mirror, kind: str, typed: str, expected: Json
) -> None:
    modal = open_modal(tab, mirror, field({"type": kind}))
    modal.get_by_label("Field").fill(typed)
    assert submitted(tab, mirror, modal) == expected


def test_a_file_is_uploaded_and_its_object_submitted(tab: Tab, mirror: Mirror, slack: Sandbox) -> None:
    modal = open_modal(tab, mirror, field({"type": "file_input", "filetypes": ["csv"], "max_files": 1}))
    modal.get_by_label("Field").set_input_files(
        {"name": "book.csv", "mimeType": "text/csv", "buffer": b"external_id,name\n1,Acme\n"}
    )
    expect(modal.locator(".chip")).to_contain_text("book.csv")
    (file,) = submitted(tab, mirror, modal)["files"]
    assert (file["name"], file["size"], file["user"]) == ("book.csv", 24, "U0ALICE001")
    assert slack.workspace.files.by_id[file["id"]].content == b"external_id,name\n1,Acme\n"


def test_a_button_dispatches_its_value(tab: Tab, mirror: Mirror) -> None:
    modal = open_modal(tab, mirror, actions(button("Press", "a", "the value", style="primary"), block_id="b"))
    modal.get_by_role("button", name="Press").click()
    action = mirror.acted()
    assert (action["type"], action["action_id"], action["value"]) == ("button", "a", "the value")


def test_an_overflow_menu_dispatches_the_option(tab: Tab, mirror: Mirror) -> None:
    menu = {"type": "overflow", "action_id": "a", "options": [option("Edit"), option("Remove")]}
    modal = open_modal(tab, mirror, section("A row", menu, "b"))
    modal.get_by_label("More actions").click()
    modal.get_by_role("button", name="Remove").click()
    action = mirror.acted()
    assert (action["type"], action["selected_option"]["value"]) == ("overflow", "remove")


def test_a_confirmation_is_asked_first(tab: Tab, mirror: Mirror) -> None:
    sure = {"title": plain("Really?"), "text": plain("It goes away."), "confirm": plain("Do it"), "deny": plain("Keep")}
    modal = open_modal(tab, mirror, actions(button("Remove", "a", confirm=sure), block_id="b"))
    modal.get_by_role("button", name="Remove").click()
    question = tab.get_by_role("dialog", name="Really?")
    expect(question.get_by_text("It goes away.")).to_be_visible()
    question.get_by_role("button", name="Keep").click()
    expect(question).to_have_count(0)
    assert mirror.actions == []
    modal.get_by_role("button", name="Remove").click()
    question.get_by_role("button", name="Do it").click()
    assert mirror.acted()["action_id"] == "a"


def test_a_choice_that_is_not_confirmed_is_taken_back(tab: Tab, mirror: Mirror) -> None:
    sure = {"title": plain("Sure?"), "text": plain("It changes."), "confirm": plain("Yes"), "deny": plain("No")}
    boxes = {"type": "checkboxes", "action_id": "a", "options": ONE_TWO, "confirm": sure}
    modal = open_modal(tab, mirror, actions(boxes, block_id="b"))
    modal.get_by_role("checkbox", name="One").click()
    tab.get_by_role("button", name="No", exact=True).click()
    expect(modal.get_by_role("checkbox", name="One")).not_to_be_checked()
    assert mirror.actions == []


def test_what_is_not_drawn_says_so(tab: Tab, mirror: Mirror, alice: Person) -> None:
    blocks = [{"type": "input", "block_id": "b", "label": plain("Field"), "element": {"type": "rich_text_input"}}]
    modal = open_modal(tab, mirror, *blocks)
    expect(modal.get_by_text("The sandbox doesn't draw “rich_text_input”")).to_be_visible()


def test_axe_finds_nothing_serious_in_a_modal_with_every_element(tab: Tab, mirror: Mirror) -> None:
    chromium.bring_axe(tab)
    tab.reload()
    kinds = ["plain_text_input", "number_input", "email_text_input", "url_text_input", "file_input", "users_select"]
    kinds += ["datepicker", "timepicker", "datetimepicker", "multi_users_select", "external_select"]
    more: dict[str, Json] = {"number_input": {"is_decimal_allowed": True}}
    elements = [{"type": one, **more.get(one, {})} for one in kinds]
    elements += [
        {"type": one, "options": ONE_TWO, **({"initial_options": ONE_TWO[:1]} if "multi" in one else {})}
        for one in ("static_select", "multi_static_select", "checkboxes", "radio_buttons")
    ]
    elements.append({"type": "plain_text_input", "multiline": True, "placeholder": plain("Dear all")})
    blocks = [{**field(one), "block_id": f"b{number}", "hint": plain("A hint")} for number, one in enumerate(elements)]
    menu = {"type": "overflow", "action_id": "menu", "options": ONE_TWO}
    pressed = actions(button("Press", "press"), button("Stop", "stop", style="danger"), {**menu, "action_id": "m2"})
    modal = open_modal(tab, mirror, section("A row", menu), pressed, *blocks)
    go_on = chromium.hold_answer(tab, "/submit")
    submit(modal)
    expect(modal.locator(".error").first).to_be_visible()
    assert chromium.violations(tab) == []
    go_on()
