"""The outbox's SMS: bubbles on customers' phones, an answer from one, and the filter by campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pytest
from playwright.sync_api import Browser, expect

from sandbox import MailCatcher, Sandbox, Sms, SmsCatcher
from sandbox.page import Page
from sandbox.person import Person
from tests import browser as chromium
from tests.sandbox.page.conftest import Webhook
from tests.sandbox.page.test_outbox_page import send as send_mail
from tests.sandbox.page.test_switches import PAT, send

KIM = "+4915112345678"
HOSTILE = "<script>document.title = 'owned'</script> & <b>pay</b>"


@pytest.fixture
def sms(webhook: Webhook) -> Iterator[SmsCatcher]:
    with SmsCatcher() as catcher:
        catcher.webhook_url = webhook.url
        yield catcher


def campaigns(message_ids: Sequence[str]) -> Mapping[str, str]:
    return {one: "Spring" for one in message_ids if one in ("SM1", "<spring@example.com>")}


@pytest.fixture
def site(slack: Sandbox, alice: Person, mail: MailCatcher, sms: SmsCatcher) -> Iterator[Page]:
    with Page(slack, mail, port=0, sms=sms, campaigns=campaigns) as page:
        yield page


def test_sms_are_bubbles_with_their_segments_and_are_answered(
    browser: Browser, site: Page, sms: SmsCatcher, webhook: Webhook
) -> None:
    webhook.statuses = [200, 403]
    with chromium.tab(browser) as tab:
        tab.goto(f"{site.url}outbox/sms")
        expect(tab.get_by_text("No SMS yet")).to_be_visible()
        send(sms, KIM, HOSTILE)
        send(sms, PAT, "a" * 170)
        tab.get_by_role("link", name=PAT).click()
        log = tab.get_by_role("log", name=f"SMS on {PAT}")
        expect(log.locator(".segment")).to_have_text(["a" * 153, "a" * 17])
        expect(log.get_by_text("2 segments · GSM-7, 170 of 306 · queued")).to_be_visible()
        sms.receipt(sms.messages[1], "undelivered", 30005)
        expect(log.get_by_text("undelivered, error 30005")).to_be_visible()
        answer = tab.get_by_role("textbox", name=f"Answer from {PAT}")
        answer.fill("STOP")
        tab.keyboard.press("Enter")
        expect(log.locator(".answer .bubble")).to_have_text("STOP")
        expect(answer).to_have_value("")
        (got,) = webhook.forms
        assert (got["From"], got["To"], got["Body"]) == (PAT, sms.number, "STOP")
        answer.fill("Hello?")
        tab.get_by_role("button", name="Reply").click()
        expect(tab.get_by_text("The bot did not take it: it answered HTTP 403.")).to_be_visible()
        expect(answer).to_have_value("Hello?")
        tab.get_by_role("link", name=KIM).click()
        expect(tab.get_by_role("log").get_by_text(HOSTILE)).to_be_visible()
        assert tab.title() == "SMS · Sandbox"


def test_messages_are_filtered_by_campaign(browser: Browser, site: Page, mail: MailCatcher, sms: SmsCatcher) -> None:
    send_mail(mail, "pat@bolt.example", message_id="<spring@example.com>")
    send_mail(mail, "kim@acme.example")
    sms.restore([Sms("SM1", PAT, sms.number, "Pay"), Sms("SM2", KIM, sms.number, "A test")], [])
    with chromium.tab(browser) as tab:
        for kind, listed in (("mail", "Mails"), ("sms", "Phones")):
            tab.goto(f"{site.url}outbox/{kind}")
            links = tab.get_by_role("region", name=listed).get_by_role("link")
            expect(links).to_have_count(2)
            for campaign, found in (("Spring", ("pat@bolt", PAT)), ("-", ("kim@acme", KIM))):
                tab.get_by_label("Campaign").select_option(campaign)
                tab.get_by_role("button", name="Filter").click()
                expect(links).to_have_count(1)
                expect(links).to_contain_text(found[kind == "sms"])
            tab.get_by_role("link", name="Show all").click()
            expect(links).to_have_count(2)
        tab.get_by_role("link", name="Email").click()
        tab.get_by_role("link", name="pat@bolt.example").click()
        expect(tab.get_by_role("definition").filter(has_text="Spring")).to_be_visible()
