"""The main road of a Slack app, over both ways Slack delivers."""

from __future__ import annotations

import pytest

from sandbox import NotOnScreen, Sandbox
from sandbox.person import Person
from tests.sandbox.tiny_app import TinyApp


@pytest.fixture(params=["app", "http_app"])
def either(request: pytest.FixtureRequest) -> TinyApp:
    app: TinyApp = request.getfixturevalue(request.param)
    return app


def test_a_form_is_filled_corrected_and_sent_and_its_message_answered(
    slack: Sandbox, alice: Person, either: TinyApp
) -> None:
    assert alice.command("/tiny help").text == "Usage: /tiny"
    alice.command("/tiny")
    form = alice.modal("Write")
    assert form.submit().blocked == {
        "Name": "Please complete this required field.",
        "Body": "Please complete this required field.",
    }
    form.type("Name", "bad")
    form.type("Body", "Dear all")
    form.wait_for("Note: Dear all")
    assert form.value("Body") == "Dear all"
    assert form.submit().errors == {"Name": "Choose a better name"}
    assert "! Choose a better name" in form.text
    form.choose("Customers", "Apex", query="a")
    form.type("Name", "June")
    assert form.submit().closed
    assert not alice.has_modal
    chosen = either.submitted[-1]["view"]["state"]["values"]["who"]["customers"]["selected_options"]
    assert [one["value"] for one in chosen] == ["apex"]
    message = alice.dm.wait_for("Sent June")
    assert message.buttons == ["Send", "Ignore"]
    assert "June is ready" in message.rendered.replace("*", "")
    message.click("Send")
    message.wait_for("Sent by Alice")
    assert message.buttons == []
    assert message.edited
    assert slack.violations == []


def test_every_answer_to_a_submission_does_what_slack_does(slack: Sandbox, alice: Person, either: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal("Write")
    form.type("Body", "text")
    form.type("Name", "push")
    pushed = form.submit().pushed
    assert pushed is not None
    assert "pushed" in pushed.text
    assert [one.title for one in alice.modals] == ["Write", "Preview"]
    pushed.close()
    form.type("Name", "update")
    assert form.submit().updated
    assert form.title == "Preview"
    form.close()
    assert not alice.has_modal
    alice.command("/tiny")
    form = alice.modal("Write")
    form.type("Body", "text")
    form.type("Name", "clear")
    assert form.submit().closed
    assert not alice.has_modal
    with pytest.raises(NotOnScreen):
        form.click("Redraw")
    assert slack.violations == []


def test_a_response_url_answers_the_person_alone(alice: Person, either: TinyApp) -> None:
    reply = alice.command("/tiny later").wait_for("Told you later")
    assert reply.ephemerals[-1].text == "Told you later"
    assert alice.dm.messages == []


def test_the_home_is_published_when_it_is_opened(alice: Person, either: TinyApp) -> None:
    assert alice.home.text == "Nothing to do\n[New]"


def test_an_unknown_command_never_reaches_the_app(slack: Sandbox, alice: Person, either: TinyApp) -> None:
    assert alice.command("/other").text == "/other is not a valid command."
    assert [one for one in slack.traffic if one.direction == "delivery"] == []
