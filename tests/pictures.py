"""Takes the pictures of the README: one campaign in the demo, from picking to the mail a customer received.

`make pictures` writes docs/pictures/*.png anew; it needs Debian's Chromium.
"""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from bot.demo.stage import Stage
from tests import browser as chromium
from tests.docs import ROOT

expect.set_options(timeout=chromium.WAIT_MS)
FOLDER = ROOT / "docs" / "pictures"
WIDTH, HEIGHT, SCALE = 880, 780, 1.5
"""Small enough that two of them side by side can be read, sharp enough to be looked at alone."""
CONTENT = """Dear {{contact.first_name | default("customer")}},

our records show {{invoices.overdue_count}} overdue {{invoices.overdue_count | plural("invoice", "invoices")}}:

{{invoices.table}}

Please pay by bank transfer, or [tell us](mailto:{{sender.email}}) what holds you up.

Kind regards
{{sender.name}}"""


def take(folder: Path = FOLDER) -> None:
    """Play a campaign with one refused mail, and take a picture of each step."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as run, Stage(Path(run) / "run") as stage, chromium.running() as browser:
        assert stage.page is not None
        stage.mail.refuse(None, 550, "5.1.1 No such user here", times=1)
        with chromium.tab(browser, width=WIDTH, height=HEIGHT, scale=SCALE) as tab:
            tab.goto(stage.page.url)
            if tab.get_by_role("complementary", name="Tour").count():
                tab.get_by_role("button", name="I know my way").click()
            _write(tab, folder)
            _decide(tab, folder)
            _read(tab, folder, stage.page.url)


def _write(tab: Page, folder: Path) -> None:
    tab.get_by_label("Message", exact=True).fill("/campaign")
    tab.keyboard.press("Enter")
    _modal(tab, "Campaigns").get_by_role("button", name="New email campaign").click()
    who = _modal(tab, "Who")
    who.get_by_label("Days past due").fill("60")
    tab.keyboard.press("Enter")
    who.get_by_role("checkbox", name=re.compile(r"All 1\d\d that match")).check()
    expect(who.get_by_text(re.compile("customers selected"))).to_be_visible()
    _shoot(tab, folder / "pick.png")
    who.get_by_role("button", name="Next: write").click()
    what = _modal(tab, "What")
    what.get_by_role("textbox", name="Subject").fill("Your account with {{organisation.name}}")
    content = what.get_by_role("textbox", name="Content")
    content.fill(CONTENT)
    expect(what.get_by_text("Preview for")).to_be_attached()
    content.evaluate("one => { one.scrollTop = 0; one.scrollIntoView({block: 'center'}) }")
    _shoot(tab, folder / "write.png")
    what.get_by_role("button", name="Next: check").click()
    check = _modal(tab, "Check and send")
    _shoot(tab, folder / "check.png")
    check.get_by_role("button", name=re.compile(r"Send to \d+")).click()
    _modal(tab, "On its way")
    tab.keyboard.press("Escape")


def _decide(tab: Page, folder: Path) -> None:
    message = tab.get_by_role("article").last
    expect(message).to_contain_text("Partially successful", timeout=60_000)
    _shoot(tab, folder / "summary.png")
    message.get_by_role("button", name=re.compile(r"All \d+")).click()
    todo = _modal(tab, "Actions to do")
    refused = todo.get_by_role("button", name="Send", exact=True)
    refused.scroll_into_view_if_needed()
    refused.locator("xpath=../..").get_by_role("button", name="Fix contact").click()
    fix = _modal(tab, "Fix contact")
    fix.get_by_role("textbox", name="Address").fill("right.person@example.com")
    _shoot(tab, folder / "manual-action.png")
    tab.keyboard.press("Enter")
    expect(fix).to_have_count(0)


def _read(tab: Page, folder: Path, address: str) -> None:
    tab.goto(f"{address}outbox/mail?q=right.person")
    tab.get_by_role("link", name="right.person@example.com").click(timeout=30_000)
    expect(tab.frame_locator("iframe").get_by_text("our records show")).to_be_visible()
    _shoot(tab, folder / "received-mail.png")


def _modal(tab: Page, title: str) -> Locator:
    found = tab.get_by_role("dialog", name=title, exact=True)
    expect(found).to_be_visible()
    return found


def _shoot(tab: Page, path: Path) -> None:
    tab.evaluate("() => document.activeElement?.blur()")
    tab.screenshot(path=path)


if __name__ == "__main__":
    take()
