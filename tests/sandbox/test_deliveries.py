"""Deliveries: twice, again after a lost connection, through a refresh, unheard, forged, signed."""

from __future__ import annotations

import http.client
import threading
import time
from urllib.parse import urlsplit

import pytest
from slack_bolt.adapter.socket_mode import SocketModeHandler
from slack_sdk import WebClient

from sandbox import Sandbox
from sandbox.delivery import http_request
from sandbox.person import Person
from sandbox.signing import signed_headers
from tests.sandbox.tiny_app import TinyApp, actions, button


def post_buttons(alice: Person, client: WebClient) -> None:
    blocks = [actions(button("Send", "row:1", confirm={"text": {"type": "plain_text", "text": "Sure?"}}))]
    blocks += [actions(button("Wait", "hold"), block_id="waiting")]
    client.chat_postMessage(channel=alice.user_id, text="Ready", blocks=blocks)


def test_a_double_click_is_delivered_twice_with_one_payload(alice: Person, client: WebClient, app: TinyApp) -> None:
    post_buttons(alice, client)
    message = alice.dm.last
    message.click("Send", times=2)
    assert len(app.clicks) == 2
    assert app.clicks[0] == app.clicks[1]


def test_double_and_deliver_twice_do_the_same(slack: Sandbox, alice: Person, client: WebClient, app: TinyApp) -> None:
    post_buttons(alice, client)
    old = alice.dm.last.snapshot()
    alice.double(lambda: old.click("Send"))
    slack.faults.deliver_twice()
    old.click("Send")
    old.click("Send")
    assert len(app.clicks) == 5
    assert app.clicks[4]["message"]["text"] == "Ready"
    assert alice.dm.last.wait_for("Sent by Alice").buttons == []


def test_a_confirmation_that_is_cancelled_delivers_nothing(alice: Person, client: WebClient, app: TinyApp) -> None:
    post_buttons(alice, client)
    alice.dm.last.click("Send", confirm=False)
    assert app.clicks == []


def test_what_was_not_acked_comes_again_on_the_next_connection(
    slack: Sandbox, alice: Person, client: WebClient, app: TinyApp
) -> None:
    post_buttons(alice, client)
    clicking = threading.Thread(target=alice.dm.last.click, args=("Wait",))
    clicking.start()
    deadline = time.monotonic() + 5
    while not app.clicks and time.monotonic() < deadline:
        pass
    slack.ack_seconds = 10
    slack.faults.drop_sockets()
    slack.wait_connected()
    while len(app.clicks) < 2 and time.monotonic() < deadline:
        pass
    app.hold.set()
    clicking.join(10)
    assert len(app.clicks) == 2
    assert app.clicks[0]["actions"] == app.clicks[1]["actions"]


def test_a_refresh_moves_the_client_to_a_new_connection(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    opened = [one for one in slack.traffic if one.method == "apps.connections.open"]
    slack.faults.refresh_connections()
    slack.wait_connected()
    again = [one for one in slack.traffic if one.method == "apps.connections.open"]
    assert len(again) == len(opened) + 1
    assert alice.command("/tiny help").text == "Usage: /tiny"


def test_two_clients_share_the_deliveries(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    other = TinyApp(slack.bot_token, slack.api_url, slack.signing_secret)
    connection = SocketModeHandler(other.app, slack.app_token, web_client=other.app.client)
    connection.connect()  # type: ignore[no-untyped-call]
    slack.wait_connected(connections=2)
    for _ in range(2):
        alice.command("/tiny")
        alice.modal().submit()
        alice.modal().close()
    assert (len(app.closed), len(other.closed)) == (1, 1) or len(app.closed) + len(other.closed) == 2
    connection.close()  # type: ignore[no-untyped-call]


def test_an_unheard_button_ends_in_the_trouble_message(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    slack.ack_seconds = 0.3
    alice.command("/tiny")
    form = alice.modal()
    assert form.click("Nobody hears").trouble == "operation_timeout"
    assert form.trouble == "We had some trouble connecting. Try again?"
    assert alice.troubles == ["operation_timeout"]


def test_a_bad_answer_is_shown_as_trouble_and_listed(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    form = alice.modal()
    form.type("Body", "x")
    form.type("Name", "wide")
    assert form.submit().trouble == "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    form.type("Name", "stray")
    assert form.submit().trouble == "errors for unknown blocks: nowhere"
    assert [str(one) for one in slack.violations] == [
        "ack.view_submission /view/title/text: must be less than 25 characters",
        "ack.view_submission /errors/nowhere: no input block has this block_id",
    ]


def test_forged_payloads_reach_the_app_and_stay_out_of_the_recording(
    slack: Sandbox, alice: Person, app: TinyApp
) -> None:
    alice.forge_block_actions("row:99", value="99")
    assert app.clicks[0]["actions"][0]["value"] == "99"
    values = {"name": {"name": {"type": "plain_text_input", "value": "bad"}}}
    ack = alice.forge_view_submission("form", private_metadata="{}", values=values)
    assert ack.body == {"response_action": "errors", "errors": {"name": "Choose a better name"}}
    ack = alice.forge_block_suggestion("customers", "b")
    assert [one["value"] for one in ack.body["options"]] == ["bolt"]


def send(slack: Sandbox, body: bytes, headers: dict[str, str]) -> int:
    target = urlsplit(str(slack._courier.url))
    connection = http.client.HTTPConnection(target.hostname or "", target.port, timeout=5)
    connection.request("POST", target.path, body, headers)
    status = connection.getresponse().status
    connection.close()  # type: ignore[no-untyped-call]
    return status


@pytest.mark.parametrize(("secret", "age", "status"), [("right", 0, 200), ("wrong", 0, 401), ("right", 3600, 401)])
def test_bolt_takes_our_signature_and_no_other(
    slack: Sandbox, alice: Person, http_app: TinyApp, secret: str, age: int, status: int
) -> None:
    payload = alice.payloads.slash("/tiny", "help", "D1", "directmessage")
    key = slack.signing_secret if secret == "right" else "wrong"
    body, headers = http_request("slash", payload, key)
    headers |= signed_headers(key, body, at=time.time() - age)
    assert send(slack, body, headers) == status


def test_an_event_nobody_answers_is_retried_three_times(slack: Sandbox, alice: Person) -> None:
    slack.deliver_over_http("http://127.0.0.1:1/slack/events")
    event = alice.payloads.event({"type": "app_home_opened", "user": alice.user_id})
    assert alice.deliver("event", event)[0].trouble == "dispatch_failed: ConnectionRefusedError"
