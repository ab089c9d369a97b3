"""The inspector and the tour."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from sandbox import MailCatcher, Sandbox
from sandbox.page import Page, Step
from sandbox.person import Person
from tests import browser as chromium
from tests.sandbox.page.conftest import Mirror
from tests.sandbox.tiny_app import plain, section


def test_traffic_is_shown_live_with_its_payloads(tab: Tab, site: Page, mirror: Mirror, alice: Person) -> None:
    tab.goto(f"{site.url}inspector")
    expect(tab.get_by_text("The validator has nothing to say")).to_be_visible()
    mirror.show(section("a <b>bold</b> word"))
    alice.command("/tiny")
    lines = tab.locator("details.line")
    opened = lines.filter(has_text="views.open")
    expect(lines.filter(has_text="in.slash")).to_contain_text("alice.martin · /tiny")
    opened.click()
    expect(opened.get_by_text("a <b>bold</b> word").first).to_be_visible()
    expect(opened.get_by_text('"ok": true')).to_be_visible()
    mirror.client.auth_test()
    expect(lines.last).to_contain_text("auth.test")
    expect(opened.get_by_text('"ok": true')).to_be_visible()


def test_what_the_validator_finds_is_said(tab: Tab, site: Page, mirror: Mirror, alice: Person) -> None:
    tab.goto(f"{site.url}inspector")
    mirror.show(section("x"), title=plain("t" * 25))
    alice.command("/tiny")
    line = tab.locator("details.line").filter(has_text="views.open")
    expect(line).to_contain_text("invalid_arguments")
    expect(line).to_contain_text("1 finding")
    expect(tab.get_by_text("1 that Slack would refuse")).to_be_visible()
    line.click()
    expect(line.locator(".findings code")).to_have_text("/view/title/text")


@pytest.fixture
def guided(slack: Sandbox, mail: MailCatcher, alice: Person) -> Iterator[Page]:
    steps = tuple(Step(f"Step {number}", "Type `/tiny` & *look*") for number in range(1, 7))
    with Page(slack, mail, port=0, tour=steps) as page:
        yield page


def test_the_tour_is_shown_until_it_is_closed(browser: Browser, guided: Page) -> None:
    with chromium.tab(browser) as tab:
        tab.goto(guided.url)
        tour = tab.get_by_role("complementary", name="Tour")
        expect(tour.get_by_role("listitem")).to_have_count(6)
        expect(tour.get_by_text("/tiny").first).to_be_visible()
        tour.get_by_role("button", name="I know my way").click()
        expect(tour).to_have_count(0)
        tab.goto(guided.url)
        expect(tab.get_by_label("Message", exact=True)).to_be_visible()
        expect(tour).to_have_count(0)
        tab.get_by_role("link", name="Tour").click()
        expect(tour).to_be_visible()
