"""axe finds no serious violation on any page of the demo, light and dark, wide and narrow."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from slack_sdk import WebClient

from bot.demo.stage import Stage
from sandbox import Sms
from tests import browser as chromium


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    chromium.chromium_path()
    with Stage(tmp_path_factory.mktemp("demo") / "run") as stage:
        client = WebClient(token=stage.sandbox.bot_token, base_url=stage.sandbox.api_url)
        alice = stage.sandbox.people["U0ALICE001"]
        client.chat_postMessage(channel=alice.user_id, text="*Hello* <@U0ALICE001>, <https://bolt.example|a link>")
        client.chat_postEphemeral(channel=alice.dm.channel_id, user=alice.user_id, text="For you alone")
        with smtplib.SMTP("127.0.0.1", stage.mail.port, timeout=10) as smtp:
            smtp.sendmail("a@example.com", ["b@example.com"], b"Subject: Hello\r\nTo: b@example.com\r\n\r\nText\r\n")
        stage.sms.restore([Sms("SM1", "+33612345678", stage.sms.number, "Please pay.", status="delivered")], [])
        stage.sms.inbound("+33612345678", "STOP")
        yield stage


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious(browser: Browser, stage: Stage, scheme: str, width: int) -> None:
    assert stage.page is not None
    found = {}
    with chromium.tab(browser, width=width, scheme=scheme) as tab:
        chromium.bring_axe(tab)
        for path in ("", "outbox/mail", "outbox/mail/1", "outbox/sms", "outbox/sms/%2B33612345678", "inspector"):
            tab.goto(f"{stage.page.url}{path}")
            expect(tab.get_by_role("navigation", name="Pages")).to_be_visible()
            found[path] = chromium.violations(tab)
        tab.goto(stage.page.url)
        tab.get_by_label("Message", exact=True).fill("/campaign")
        tab.keyboard.press("Enter")
        expect(tab.get_by_role("dialog")).to_be_visible()
        found["modal"] = chromium.violations(tab)
        tab.keyboard.press("Escape")
        expect(tab.get_by_role("dialog")).to_have_count(0)
    assert len(found) == 7
    assert [line for lines in found.values() for line in lines] == []
