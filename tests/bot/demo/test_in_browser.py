"""A newcomer uses the bot in the browser, by mouse and keyboard alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from bot.demo.stage import Stage
from tests import browser as chromium

expect.set_options(timeout=chromium.WAIT_MS)
BODY = """Dear {{contact.first_name | default("customer")}},

you owe us {{amounts.overdue}}:

{{invoices.table}}"""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    chromium.chromium_path()
    with Stage(tmp_path_factory.mktemp("demo") / "run") as stage:
        yield stage
        assert stage.sandbox.violations == []


@pytest.fixture
def tab(browser: Browser, stage: Stage) -> Iterator[Page]:
    assert stage.page is not None
    for person in stage.sandbox.people.values():
        while person.has_modal:
            person.modal().close()
    with chromium.tab(browser) as tab:
        tab.goto(stage.page.url)
        yield tab


def sit_down_as(tab: Page, name: str) -> None:
    with tab.expect_navigation():
        tab.get_by_role("navigation", name="You are").get_by_role("link", name=name).click()
    expect(tab).to_have_title(f"{name} · Sandbox workspace")


def modal(tab: Page, title: str) -> Locator:
    found = tab.get_by_role("dialog", name=title, exact=True)
    expect(found).to_be_visible()
    return found


def escape(tab: Page) -> None:
    tab.keyboard.press("Escape")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def start(tab: Page) -> Locator:
    """Type /campaign, choose email and come to the first screen, past any drafts."""
    tab.get_by_label("Message", exact=True).press_sequentially("/cam")
    expect(tab.get_by_role("option", name="/campaign")).to_be_visible()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Enter")
    modal(tab, "Campaigns").get_by_role("button", name="New email campaign").click()
    return modal(tab, "Who")


def tab_to(tab: Page, wanted: Locator) -> None:
    """Press Tab until this has the focus."""
    for _ in range(40):
        if wanted.evaluate("one => one === document.activeElement"):
            return
        tab.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {wanted}")


def press(tab: Page, wanted: Locator, key: str = "Enter") -> None:
    """Go to this by Tab, and press a key on it."""
    expect(wanted).to_be_visible()
    tab_to(tab, wanted)
    tab.keyboard.press(key)


def pick(tab: Page, who: Locator, name: str) -> None:
    """Choose the customers with this in their name, and go on."""
    who.get_by_label("Name or group").fill(name)
    tab.keyboard.press("Enter")
    every = who.get_by_role("checkbox", name=re.compile(r"All \d+ that match"))
    expect(who.get_by_role("checkbox", name=re.compile(r"All \d\d? that match"))).to_be_visible()
    every.check()
    expect(who.get_by_text("customers selected").or_(who.get_by_text("customer selected"))).to_be_visible()
    who.get_by_role("button", name="Next: write").click()


def write(tab: Page, subject: str = "Your account") -> None:
    what = modal(tab, "What")
    what.get_by_role("textbox", name="Subject").fill(subject)
    what.get_by_role("textbox", name="Content").fill(BODY)
    what.get_by_role("button", name="Next: check").click()


def test_a_whole_campaign_with_partial_success_is_fixed_sent_ignored_and_undone(tab: Page, stage: Stage) -> None:
    tab.get_by_role("link", name="Outbox").click()
    tab.get_by_label("How many").select_option("The next 3 mails")
    tab.get_by_label("Will").select_option("bounce")
    tab.get_by_role("button", name="Switch on").click()
    expect(tab.get_by_text("The next 3 mails to anybody will bounce")).to_be_visible()
    tab.get_by_role("link", name="Workspace").click()
    pick(tab, start(tab), "Holding")
    write(tab)
    check = modal(tab, "Check and send")
    check.get_by_role("button", name=re.compile(r"Send to \d+")).click()
    modal(tab, "On its way")
    escape(tab)
    message = tab.get_by_role("article").last
    expect(message).to_contain_text("Partially successful", timeout=60_000)
    expect(message).to_contain_text("550 5.1.1 No such user here")
    needing = int(re.findall(r"(\d+) actions? need", message.inner_text())[0])
    arrived = len(stage.mail.messages)

    message.get_by_role("button", name=re.compile(r"All \d+")).click()
    todo = modal(tab, "Actions to do")
    refused = todo.get_by_role("button", name="Send", exact=True).first
    expect(refused).to_be_visible()
    todo.get_by_role("button", name="Fix contact").first.click()
    fix = modal(tab, "Fix contact")
    fix.get_by_role("textbox", name="Address").fill("no address")
    fix.get_by_role("button", name="Send").click()
    expect(fix.locator(".error")).to_have_text("Enter a valid email address")
    fix.get_by_role("textbox", name="Address").fill("right.person@example.com")
    tab.keyboard.press("Enter")
    expect(fix).to_have_count(0)
    expect(refused).to_be_visible()
    refused.click()
    expect(todo.get_by_role("button", name="Send", exact=True)).to_have_count(1)
    escape(tab)
    expect(message).to_contain_text(f"{needing - 2} action", timeout=30_000)

    message.get_by_role("button", name="Ignore").first.click()
    expect(message).to_contain_text("Ignored by")
    message.get_by_role("button", name="Undo ignore").first.click()
    expect(message).not_to_contain_text("Ignored by")
    tab.get_by_role("link", name="Outbox").click()
    tab.get_by_label("Words in address, subject or text").fill("right.person")
    tab.keyboard.press("Enter")
    tab.get_by_role("link", name="right.person@example.com").click()
    expect(tab.get_by_role("heading", name="Your account")).to_be_visible()
    expect(tab.get_by_role("definition").filter(has_text="Overdue reminder")).to_be_visible()
    frame = tab.frame_locator("iframe")
    expect(frame.get_by_text("you owe us")).to_be_visible()
    assert stage.mail.to("right.person@example.com")
    # both that were sent again are there before the next mail may go wrong
    expect(tab.get_by_role("link", name=f"Email {arrived + 2}", exact=True)).to_be_visible()


def test_a_mail_that_was_taken_comes_back_later(tab: Page, stage: Stage) -> None:
    tab.get_by_role("link", name="Outbox").click()
    tab.get_by_label("Will").select_option("be taken, then come back")
    tab.get_by_role("button", name="Switch on").click()
    expect(tab.get_by_text("The next mail to anybody will be taken, then come back")).to_be_visible()
    tab.get_by_role("link", name="Workspace").click()
    pick(tab, start(tab), "Optics")
    write(tab)
    modal(tab, "Check and send").get_by_role("button", name=re.compile(r"Send to \d+")).click()
    modal(tab, "On its way")
    escape(tab)
    message = tab.get_by_role("article").last
    expect(message).to_contain_text("came back", timeout=60_000)
    expect(message).to_contain_text("550 5.1.1 User unknown")
    assert [one.seen for one in stage.bounces.mails("Understood")] == [True]


def test_an_sms_campaign_goes_out_by_keyboard_alone_and_a_phone_answers_stop(tab: Page, stage: Stage) -> None:
    expect(tab.get_by_label("Message", exact=True)).to_be_focused()
    tab.keyboard.type("/campaign")
    tab.keyboard.press("Enter")
    press(tab, modal(tab, "Campaigns").get_by_role("button", name="New SMS campaign"))
    who = modal(tab, "Who")
    expect(who.get_by_label("Name or group")).to_be_focused()
    tab.keyboard.type("Flowers")
    tab.keyboard.press("Enter")
    every = who.get_by_role("checkbox", name=re.compile(r"All \d\d? that match"))
    press(tab, every, "Space")
    expect(who.get_by_text("customers selected")).to_be_visible()
    tab.keyboard.press("Control+Enter")
    what = modal(tab, "What")
    expect(what.get_by_role("textbox", name="Campaign name")).to_be_focused()
    tab.keyboard.press("Control+A")
    tab.keyboard.type("By SMS")
    tab_to(tab, what.get_by_role("textbox", name="Content"))
    tab.keyboard.type("Please pay {{amounts.overdue}}.")
    tab.keyboard.press("Control+Enter")
    check = modal(tab, "Check and send")
    expect(check).to_contain_text("SMS will be sent")
    tab.keyboard.press("Control+Enter")
    modal(tab, "On its way")
    escape(tab)
    message = tab.get_by_role("article").last
    expect(message).to_contain_text("By SMS")
    expect(message).to_contain_text("uccessful:", timeout=60_000)

    press(tab, tab.get_by_role("link", name="Outbox"))
    press(tab, tab.get_by_role("link", name="SMS"))
    phone = tab.get_by_role("region", name="Phones").get_by_role("link").first
    number = stage.sms.messages[-1].to
    expect(phone).to_contain_text(number)
    press(tab, phone)
    expect(tab.locator(".bubble")).to_contain_text("Please pay ")
    expect(tab.get_by_text("1 segment ·")).to_be_visible()
    tab_to(tab, tab.get_by_role("textbox", name=f"Answer from {number}"))
    tab.keyboard.type("STOP")
    tab.keyboard.press("Enter")
    expect(tab.locator(".answer .bubble")).to_have_text("STOP")
    tab.get_by_role("link", name="Workspace").click()
    expect(tab.get_by_label("Message", exact=True)).to_be_focused()
    tab.keyboard.type("/campaign suppressions")
    tab.keyboard.press("Enter")
    expect(modal(tab, "Suppressions")).to_contain_text(number)


def test_a_tag_is_put_in_and_what_was_typed_stays(tab: Page) -> None:
    sit_down_as(tab, "Felix Weber")
    pick(tab, start(tab), "Bakery")
    what = modal(tab, "What")
    what.get_by_role("textbox", name="Campaign name").fill("My campaign")
    what.get_by_role("textbox", name="Subject").fill("About {{nothing.here}}")
    content = what.get_by_role("textbox", name="Content")
    content.press_sequentially("Dear ")
    picker = what.get_by_label("Insert a tag into the content")
    picker.select_option(index=1)
    expect(content).to_have_value(re.compile(r"^Dear \{\{.+\}\}"))
    expect(what.get_by_role("textbox", name="Campaign name")).to_have_value("My campaign")
    what.get_by_role("button", name="Next: check").click()
    expect(what.locator(".error").first).to_contain_text("nothing.here")


def test_a_customer_with_a_hostile_name_is_shown_as_it_is(tab: Page) -> None:
    sit_down_as(tab, "Felix Weber")
    who = start(tab)
    who.get_by_placeholder("Type a name").first.press_sequentially("bits")
    tab.get_by_role("option", name='Bits & *Bytes* <!channel> "Söhne"').click()
    expect(who.locator(".chip")).to_contain_text('Bits & *Bytes* <!channel> "Söhne"')
    expect(who.get_by_text("1 customer selected")).to_be_visible()
    escape(tab)


def test_a_draft_is_resumed_after_escape(tab: Page) -> None:
    sit_down_as(tab, "Felix Weber")
    pick(tab, start(tab), "Garden")
    what = modal(tab, "What")
    what.get_by_role("textbox", name="Campaign name").fill("Spring garden")
    what.get_by_role("textbox", name="Content").press_sequentially("Half a letter")
    expect(what.get_by_text("Half a letter").first).to_be_attached()
    escape(tab)
    tab.get_by_label("Message", exact=True).fill("/campaign")
    tab.keyboard.press("Enter")
    drafts = modal(tab, "Campaigns")
    drafts.get_by_role("button", name="Resume draft").first.click()
    modal(tab, "Who").get_by_role("button", name="Next: write").click()
    expect(modal(tab, "What").get_by_role("textbox", name="Content")).to_have_value("Half a letter")


def test_an_account_manager_sees_fewer_and_somebody_without_access_nothing(tab: Page) -> None:
    shown = {}
    for name in ("Alice Martin", "Camille Roux"):
        sit_down_as(tab, name)
        who = start(tab)
        label = who.get_by_role("checkbox", name=re.compile(r"All \d+ that match"))
        expect(label).to_be_visible()
        shown[name] = int(re.findall(r"All (\d+)", who.inner_text())[0])
        escape(tab)
    assert 0 < shown["Camille Roux"] < shown["Alice Martin"]
    sit_down_as(tab, "Noor Haddad")
    tab.get_by_label("Message", exact=True).fill("/campaign")
    tab.keyboard.press("Enter")
    expect(tab.get_by_role("article").last).to_contain_text("@Alice Martin")
    expect(tab.get_by_role("dialog")).to_have_count(0)


def test_send_is_undone_from_the_message(browser: Browser, tmp_path: Path) -> None:
    with Stage(tmp_path / "run", hold=600) as waiting, chromium.tab(browser) as tab:
        assert waiting.page is not None
        tab.goto(waiting.page.url)
        pick(tab, start(tab), "Wines")
        write(tab)
        modal(tab, "Check and send").get_by_role("button", name=re.compile(r"Send to \d+")).click()
        modal(tab, "On its way")
        escape(tab)
        message = tab.get_by_role("article").last
        message.get_by_role("button", name="Undo").click()
        expect(tab.get_by_role("log")).to_contain_text("Undone: nothing was sent.")
        expect(message.get_by_role("button", name="Undo")).to_have_count(0)
        assert waiting.mail.messages == []
        assert waiting.sandbox.violations == []
