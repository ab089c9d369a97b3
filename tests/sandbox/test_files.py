"""Files from the bot to a person, and back."""

from __future__ import annotations

import urllib.request

from slack_sdk import WebClient

from sandbox import Sandbox
from sandbox.person import Person
from tests.sandbox.tiny_app import plain


def test_the_bot_uploads_in_three_calls(alice: Person, client: WebClient) -> None:
    channel = client.conversations_open(users=alice.user_id)["channel"]["id"]
    client.files_upload_v2(channel=channel, filename="list.csv", content=b"a,b\n1,2\n", initial_comment="Your export")
    assert [(one.name, one.content) for one in alice.dm.files] == [("list.csv", b"a,b\n1,2\n")]
    assert alice.dm.last.text == "Your export"


def test_a_persons_file_is_downloaded_with_the_bots_token_alone(
    slack: Sandbox, alice: Person, client: WebClient
) -> None:
    view = {
        "type": "modal",
        "title": plain("Import"),
        "submit": plain("Go"),
        "blocks": [
            {
                "type": "input",
                "block_id": "file",
                "label": plain("Customers"),
                "element": {"type": "file_input", "action_id": "file", "filetypes": ["csv"], "max_files": 1},
            }
        ],
    }
    client.views_open(trigger_id=slack.workspace.issue_trigger(alice.user_id), view=view)
    modal = alice.modal()
    modal.attach("Customers", alice.upload_file("customers.csv", b"name\nAcme\n"))
    shown = modal.view["state"]["values"]["file"]["file"]["files"][0]
    url = client.files_info(file=shown["id"])["file"]["url_private_download"]
    assert url == shown["url_private_download"]
    with_token = urllib.request.Request(url, headers={"Authorization": f"Bearer {slack.bot_token}"})
    with urllib.request.urlopen(with_token) as response:
        assert response.read() == b"name\nAcme\n"
    with urllib.request.urlopen(url) as response:
        assert b"Sign in" in response.read()
