"""Only the page itself may change anything, and only under its own address."""

from __future__ import annotations

import http.client
from urllib.parse import urlsplit

import pytest

from sandbox import Sandbox
from sandbox.errors import PortInUse
from sandbox.page import Page
from sandbox.person import Person


def ask(site: Page, method: str, path: str, **headers: str) -> tuple[int, str]:
    port = urlsplit(site.url).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    named = {name.replace("_", "-"): value.format(port=port) for name, value in headers.items()}
    connection.request(method, path, body="line=%2Ftiny" if method == "POST" else None, headers={
        "Content-Type": "application/x-www-form-urlencoded", **named
    })  # fmt: skip
    answer = connection.getresponse()
    policy = answer.headers.get("Content-Security-Policy") or ""
    connection.close()
    return answer.status, policy


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://127.0.0.1:{port}"}, 204),
        ({"Origin": "http://localhost:{port}", "Host": "localhost:{port}"}, 204),
        ({"Sec_Fetch_Site": "same-origin"}, 204),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1:1"}, 403),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Origin": "http://127.0.0.1:{port}", "Host": "evil.example"}, 403),
    ],
)
def test_posts_come_from_the_page_alone(
    slack: Sandbox, site: Page, alice: Person, headers: dict[str, str], status: int
) -> None:
    slack.ack_seconds = 0.05  # no bot is connected
    answered, _ = ask(site, "POST", f"/as/{alice.user_id}/say/C0GENERAL1", **headers)
    assert answered == status
    assert len(alice.ephemerals) == (1 if status == 204 else 0)


def test_a_strange_host_reads_nothing(site: Page, alice: Person) -> None:
    assert ask(site, "GET", f"/as/{alice.user_id}/C0GENERAL1", Host="evil.example")[0] == 403


def test_the_policy_allows_no_inline_script(site: Page, alice: Person) -> None:
    status, policy = ask(site, "GET", f"/as/{alice.user_id}/C0GENERAL1")
    assert status == 200
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy


def test_nobody_sits_in_a_place_of_somebody_else(site: Page, alice: Person, bob: Person) -> None:
    direct = bob.dm.channel_id
    assert ask(site, "GET", f"/as/{alice.user_id}/{direct}")[0] == 404
    assert ask(site, "GET", "/as/U0NOBODY/")[0] == 404


def test_a_port_in_use_is_said(slack: Sandbox, site: Page) -> None:
    port = urlsplit(site.url).port
    assert port is not None
    with pytest.raises(PortInUse, match=f"port {port} is in use"):
        Page(slack, port=port).start()
