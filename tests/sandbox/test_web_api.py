"""The Web API answers errors in Slack's own words."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from sandbox import Sandbox
from sandbox.person import Person
from tests.sandbox.tiny_app import MANIFEST, TinyApp, actions, button, form, plain, preview, section


def refused(call: Any, **args: Any) -> SlackApiError:
    with pytest.raises(SlackApiError) as caught:
        call(**args)
    return caught.value


def test_a_trigger_serves_once_and_not_after_it_expired(slack: Sandbox, alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    alice.modal()
    error = refused(app.app.client.views_open, trigger_id=app.trigger, view=preview("x"))
    assert error.response["error"] == "exchanged_trigger_id"
    fresh = slack.workspace.issue_trigger(alice.user_id)
    slack.expire_triggers()
    error = refused(app.app.client.views_open, trigger_id=fresh, view=preview("x"))
    assert error.response["error"] == "expired_trigger_id"


def test_a_stale_hash_conflicts(alice: Person, app: TinyApp) -> None:
    alice.command("/tiny")
    modal = alice.modal()
    old = modal.view["hash"]
    client = app.app.client
    client.views_update(view_id=modal.view["id"], hash=old, view=form(note="first"))
    error = refused(client.views_update, view_id=modal.view["id"], hash=old, view=form(note="second"))
    assert error.response["error"] == "hash_conflict"
    assert "Note: first" in modal.text


def test_the_fourth_view_is_too_many(slack: Sandbox, alice: Person, client: WebClient) -> None:
    client.views_open(trigger_id=slack.workspace.issue_trigger(alice.user_id), view=preview("1"))
    for number in ("2", "3"):
        top = alice.modal().view["id"]
        trigger = slack.workspace.issue_trigger(alice.user_id, top)
        client.views_push(trigger_id=trigger, view=preview(number))
    trigger = slack.workspace.issue_trigger(alice.user_id, alice.modal().view["id"])
    assert refused(client.views_push, trigger_id=trigger, view=preview("4")).response["error"] == "push_limit_reached"
    assert [one.view["root_view_id"] for one in alice.modals] == [alice.modals[0].view["id"]] * 3


def test_tokens_and_scopes_are_checked(alice: Person, slack: Sandbox) -> None:
    stranger = WebClient(token="xoxb-wrong", base_url=slack.api_url)
    assert refused(stranger.auth_test).response["error"] == "invalid_auth"
    assert refused(WebClient(base_url=slack.api_url).auth_test).response["error"] == "not_authed"
    bare = {**MANIFEST, "oauth_config": {"scopes": {"bot": ["commands"]}}}
    with Sandbox(manifest=bare) as other:
        client = WebClient(token=other.bot_token, base_url=other.api_url)
        error = refused(client.chat_postMessage, channel="U1", text="x")
    assert error.response.data == {
        "ok": False,
        "error": "missing_scope",
        "needed": "chat:write",
        "provided": "commands",
    }


def test_the_email_is_told_only_with_its_scope(alice: Person, client: WebClient) -> None:
    user = client.users_info(user=alice.user_id)["user"]
    assert user["profile"]["email"] == "alice@example.com"
    assert (user["is_primary_owner"], user["tz"], user["is_email_confirmed"]) == (True, "Europe/Paris", True)
    scopes = [one for one in MANIFEST["oauth_config"]["scopes"]["bot"] if one != "users:read.email"]
    with Sandbox(manifest={**MANIFEST, "oauth_config": {"scopes": {"bot": scopes}}}) as other:
        bob = other.add_person("Bob", email="bob@example.com")
        shown = WebClient(token=other.bot_token, base_url=other.api_url).users_info(user=bob.user_id)["user"]
    assert "email" not in shown["profile"]


def test_bad_blocks_are_refused_with_pointers(slack: Sandbox, alice: Person, client: WebClient) -> None:
    twice = [actions(button("A", "same"), button("B", "same"))]
    error = refused(client.chat_postMessage, channel=alice.user_id, text="x", blocks=twice)
    assert error.response["error"] == "invalid_blocks"
    assert error.response["response_metadata"]["messages"] == [
        "[ERROR] action_id `same` already exists [json-pointer:/blocks/0/elements/1/action_id]"
    ]
    assert [str(one) for one in slack.violations] == [
        "chat.postMessage /blocks/0/elements/1/action_id: action_id `same` already exists"
    ]
    wide = {**preview("x"), "title": plain("t" * 25)}
    error = refused(client.views_open, trigger_id=slack.workspace.issue_trigger(alice.user_id), view=wide)
    assert error.response["error"] == "invalid_arguments"
    assert error.response["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert not alice.has_modal


def test_messages_and_channels_that_are_not_there(slack: Sandbox, alice: Person, client: WebClient) -> None:
    assert refused(client.chat_postMessage, channel="D0NOWHERE1", text="x").response["error"] == "channel_not_found"
    assert refused(client.chat_postMessage, channel=alice.user_id, text="").response["error"] == "no_text"
    long = "x" * 40_001
    assert refused(client.chat_postMessage, channel=alice.user_id, text=long).response["error"] == "msg_too_long"
    posted = client.chat_postMessage(channel=alice.user_id, text="x")
    gone = {"channel": posted["channel"], "ts": "1700000000.000001", "text": "y"}
    assert refused(client.chat_update, **gone).response["error"] == "message_not_found"
    # a DM is updated by its own id, not by the person's
    by_user = {"channel": alice.user_id, "ts": posted["ts"], "text": "y"}
    assert refused(client.chat_update, **by_user).response["error"] == "channel_not_found"
    assert refused(client.users_info, user="U0NOBODY01").response["error"] == "user_not_found"
    assert refused(client.api_call, api_method="chat.whisper").response["error"] == "unknown_method"


def test_text_without_blocks_deletes_the_blocks(alice: Person, client: WebClient) -> None:
    posted = client.chat_postMessage(channel=alice.user_id, text="old", blocks=[section("Blocks")])
    client.chat_update(channel=posted["channel"], ts=posted["ts"], text="new")
    assert (alice.dm.last.text, alice.dm.last.blocks) == ("new", [])


def test_rate_limits_on_demand_and_for_real(slack: Sandbox, alice: Person, client: WebClient) -> None:
    slack.faults.rate_limit("chat.update", retry_after=7)
    posted = client.chat_postMessage(channel=alice.user_id, text="x")
    place = {"channel": posted["channel"], "ts": posted["ts"], "text": "y"}
    error = refused(client.chat_update, **place)
    assert (error.response.status_code, error.response.headers["retry-after"]) == (429, "7")
    client.chat_update(**place)
    slack.enforce_rate_limits = True
    client.chat_postMessage(channel=alice.user_id, text="1")
    error = refused(client.chat_postMessage, channel=alice.user_id, text="2")
    assert (error.response["error"], error.response.headers["retry-after"]) == ("ratelimited", "1")


def test_a_lost_answer_leaves_the_message_posted(slack: Sandbox, alice: Person, client: WebClient) -> None:
    slack.faults.lose_answer("chat.postMessage")
    error = refused(client.chat_postMessage, channel=alice.user_id, text="once")
    assert error.response.status_code == 500
    assert [one.text for one in alice.dm.messages] == ["once"]


def test_history_and_threads(alice: Person, client: WebClient) -> None:
    scopes = [*MANIFEST["oauth_config"]["scopes"]["bot"], "im:history"]
    with Sandbox(manifest={**MANIFEST, "oauth_config": {"scopes": {"bot": scopes}}}) as slack:
        bob = slack.add_person("Bob")
        client = WebClient(token=slack.bot_token, base_url=slack.api_url)
        metadata = {"event_type": "campaign", "event_payload": {"id": 7}}
        first = client.chat_postMessage(channel=bob.user_id, text="first", metadata=metadata)
        client.chat_postMessage(channel=bob.user_id, text="second")
        client.chat_postMessage(channel=bob.user_id, text="reply", thread_ts=first["ts"])
        history = client.conversations_history(channel=first["channel"], include_all_metadata=True)
        assert [one["text"] for one in history["messages"]] == ["second", "first"]
        assert history["messages"][1]["metadata"] == metadata
        replies = client.conversations_replies(channel=first["channel"], ts=first["ts"])
        assert [one["text"] for one in replies["messages"]] == ["first", "reply"]
        assert [one.text for one in bob.dm.messages[0].replies] == ["reply"]


def test_forms_and_json_and_a_token_in_the_body_are_all_taken(slack: Sandbox, alice: Person) -> None:
    anonymous = WebClient(base_url=slack.api_url)
    as_form = anonymous.api_call(
        "chat.postMessage",
        params={
            "token": slack.bot_token,
            "channel": alice.user_id,
            "text": "form",
            "blocks": '[{"type":"section","text":{"type":"mrkdwn","text":"*hi*"}}]',
            "unfurl_links": "false",
        },
    )
    assert as_form["message"]["blocks"][0]["text"] == {"type": "mrkdwn", "text": "*hi*", "verbatim": False}
    assert slack.traffic[-1].args["unfurl_links"] is False
    assert "token" not in slack.traffic[-1].args


def test_an_ephemeral_is_seen_by_one_and_can_be_replaced(alice: Person, slack: Sandbox, client: WebClient) -> None:
    bob = slack.add_person("Bob")
    client.chat_postEphemeral(channel=alice.dm.channel_id, user=alice.user_id, text="only you")
    assert [one.text for one in alice.ephemerals] == ["only you"]
    assert bob.ephemerals == []
