"""What Slack's client keeps of inputs through updates, and what it refuses to send."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox import NotOnScreen, Sandbox, SandboxError
from sandbox.input_state import InputState
from sandbox.modal import client_objections
from sandbox.person import Person
from tests.sandbox.tiny_app import TinyApp, option, plain, text_input


def select(block_id: str, initial: str | None = None) -> dict[str, object]:
    element = {
        "type": "static_select",
        "action_id": "pick",
        "options": [option("One"), option("Two")],
        **({"initial_option": option(initial)} if initial else {}),
    }
    return {"type": "input", "block_id": block_id, "label": plain("Pick"), "element": element}


def test_what_was_typed_survives_a_new_initial_value_under_the_same_ids(alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    form.type("Name", "July")
    form.type("Body", "Dear")
    form.wait_for("Note: Dear")
    form.click("Redraw")
    form.wait_for("Note: redrawn")
    assert form.value("Body") == "Dear"
    assert form.value("Name") == "July"
    assert form.view["state"]["values"]["body"]["body"]["value"] == "Dear"


def test_a_new_block_id_is_a_fresh_input_and_leaves_the_others_alone(alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    form.type("Name", "July")
    form.type("Body", "Dear ")
    form.wait_for("Note: Dear")
    form.choose("Insert a tag", "Amount")
    form.wait_for(lambda one: one.value("Body") == "Dear {{amount}}")
    assert form.value("Name") == "July"
    assert form.value("Pick a tag") is None
    assert list(form.view["state"]["values"]) == ["name", "body_v2", "tag_v2", "who"]


def test_choosing_what_is_chosen_already_dispatches_nothing(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    form.choose("Customers", "Apex", query="ap")
    form.choose("Customers", "Apex", query="ap")
    assert form.value("Customers") == ["Apex"]
    form.clear("Customers", "Apex")
    assert form.value("Customers") == []


def test_new_initial_options_under_the_same_ids_are_shown_but_submit_nothing() -> None:
    state = InputState()
    state.mount([select("pick_v1", "One")])
    assert state.values()["pick_v1"]["pick"]["selected_option"]["value"] == "one"
    state.mount([select("pick_v1", "Two")])
    assert state.get(("pick_v1", "pick")).shown["value"] == "two"
    assert state.values()["pick_v1"]["pick"]["selected_option"] is None


def test_a_chosen_option_survives_new_initial_options() -> None:
    state = InputState()
    state.mount([select("pick_v1", "One")])
    state.set(("pick_v1", "pick"), option("Two"))
    state.mount([select("pick_v1", "One")])
    assert state.values()["pick_v1"]["pick"]["selected_option"]["value"] == "two"


def test_an_input_that_went_away_comes_back_fresh() -> None:
    state = InputState()
    state.mount([text_input("a", "A", "a")])
    state.set(("a", "a"), "typed")
    state.mount([])
    state.mount([text_input("a", "A", "a", initial_value="first")])
    assert state.values() == {"a": {"a": {"type": "plain_text_input", "value": "first"}}}


@pytest.mark.parametrize(
    ("element", "value", "reason"),
    [
        ({"type": "plain_text_input", "min_length": 3}, "ab", "Enter at least 3 characters"),
        ({"type": "plain_text_input", "max_length": 3}, "abcd", "Enter no more than 3 characters"),
        ({"type": "plain_text_input"}, "   ", "Please complete this required field."),
        ({"type": "number_input", "is_decimal_allowed": False}, "1.5", "Enter a whole number"),
        ({"type": "number_input", "is_decimal_allowed": True, "min_value": "2"}, "1.5", "Enter a number of at least 2"),
        ({"type": "email_text_input"}, "alice@", "Enter a valid email address"),
        ({"type": "url_text_input"}, "example.com", "Enter a valid URL"),
        ({"type": "datepicker"}, None, "Please complete this required field."),
        ({"type": "checkboxes", "options": [option("One")]}, [], "Please complete this required field."),
    ],
)
def test_the_client_objects_before_anything_is_delivered(
    element: dict[str, object], value: object, reason: str
) -> None:
    blocks = [{"type": "input", "block_id": "b", "label": plain("Field"), "element": {**element, "action_id": "a"}}]
    state = InputState()
    state.mount(blocks)
    state.set(("b", "a"), value)
    assert client_objections(blocks, state) == {"Field": reason}


def test_a_suggestion_needs_as_many_characters_as_the_select_says(alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    assert form.options("Customers", query="a") == ["Acme", "Apex"]
    with pytest.raises(SandboxError, match="only after 1 characters"):
        form.options("Customers")
    with pytest.raises(NotOnScreen, match="no single option 'Zeta'"):
        form.choose("Customers", "Zeta")


def test_a_label_that_is_not_there_is_answered_with_what_is(alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    with pytest.raises(NotOnScreen, match="'Redraw', 'Preview', 'Nobody hears'"):
        alice.modal().click("Launch")


def test_cancelling_tells_the_app_but_not_what_was_typed(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    form.type("Name", "July")
    form.escape()
    slack.quiet()
    assert [one["view"]["state"] for one in app.closed] == [{"values": {}}]
    assert app.closed[0]["is_cleared"] is False


def test_dates_and_people_are_chosen_by_what_a_person_calls_them(slack: Sandbox, alice: Person) -> None:
    bob = slack.add_person("Bob Roy")
    picker = {"type": "datepicker", "action_id": "day"}
    people = {"type": "multi_users_select", "action_id": "people"}
    with slack.workspace.lock:
        view = slack.workspace.screens.open(
            alice.user_id,
            {
                "type": "modal",
                "title": plain("T"),
                "submit": plain("Go"),
                "blocks": [
                    {"type": "input", "block_id": "d", "label": plain("Day"), "element": picker},
                    {"type": "input", "block_id": "p", "label": plain("People"), "element": people},
                ],
            },
        )
    form = alice.modal()
    form.choose("Day", date(2026, 11, 23))
    form.choose("People", "Bob Roy", alice)
    assert view.inputs.values() == {
        "d": {"day": {"type": "datepicker", "selected_date": "2026-11-23"}},
        "p": {"people": {"type": "multi_users_select", "selected_users": [bob.user_id, "U0ALICE001"]}},
    }
