"""The outbox's letters: pages as pictures, the post's switches and buttons, and the printer's folder."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest
import typst
from playwright.sync_api import Browser, expect

from sandbox import LetterCatcher, LetterFolder, MailCatcher, Sandbox
from sandbox.letters import FOLDER
from sandbox.page import Page
from sandbox.pdf_pictures import page_texts, picture
from sandbox.person import Person
from tests import browser as chromium
from tests.sandbox.page.conftest import Webhook

HOSTILE = "<script>document.title = 'owned'</script>"


@pytest.fixture(scope="module")
def pdf() -> bytes:
    made = typst.compile(b"Please pay.\n#pagebreak()\nThe second page.")
    assert isinstance(made, bytes)
    return made


@pytest.fixture
def post(webhook: Webhook) -> Iterator[LetterCatcher]:
    with LetterCatcher() as catcher:
        catcher.webhook_url = webhook.url
        yield catcher


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[LetterFolder]:
    with LetterFolder(tmp_path / "letters") as watched:
        yield watched


def campaigns(ids: Sequence[str]) -> Mapping[str, str]:
    return dict.fromkeys(ids, "Spring")


@pytest.fixture
def site(slack: Sandbox, alice: Person, mail: MailCatcher, post: LetterCatcher, folder: LetterFolder) -> Iterator[Page]:
    with Page(slack, mail, port=0, post=post, folder=folder, campaigns=campaigns) as page:
        yield page


def send(post: LetterCatcher, pdf: bytes, name: str, postcode: str = "10115") -> int:
    fields = {
        "to[companyName]": name,
        "to[addressLine1]": "Hauptstr. 5",
        "to[postalOrZip]": postcode,
        "to[city]": "Berlin",
        "to[countryCode]": "DE",
        "metadata[message]": "<1@example.com>",
    }
    key = {"x-api-key": post.api_key}
    return httpx.post(post.url + FOLDER, data=fields, files={"pdf": ("1.pdf", pdf)}, headers=key).status_code


def spool(folder: Path, pdf: bytes) -> None:
    (folder / "000007-autumn" / "letters").mkdir(parents=True)
    (folder / "000007-autumn" / "letters" / "12.pdf").write_bytes(pdf)
    with (folder / "000007-autumn" / "letters.csv").open("w", newline="", encoding="utf-8-sig") as listed:
        rows = csv.DictWriter(listed, ("file", "campaign", "customer", "address"))
        rows.writeheader()
        address = "Bolt AG / Ring 1 / 20095 Hamburg"
        rows.writerow({"file": "letters/12.pdf", "campaign": "Autumn", "customer": "Bolt AG", "address": address})


def test_letters_are_looked_at_page_by_page_and_filtered(
    browser: Browser, site: Page, post: LetterCatcher, folder: LetterFolder, pdf: bytes
) -> None:
    with chromium.tab(browser) as tab:
        tab.goto(f"{site.url}outbox/letters")
        expect(tab.get_by_text("No letter yet")).to_be_visible()
        assert send(post, pdf, HOSTILE) == 201
        spool(folder.folder, pdf)
        links = tab.get_by_role("region", name="Letters").get_by_role("link")
        expect(links).to_have_count(2)
        tab.get_by_role("link", name="Bolt AG").click()
        sheet = tab.get_by_role("article", name="Letter to Bolt AG")
        expect(sheet.get_by_text("Ring 1, 20095 Hamburg")).to_be_visible()
        expect(sheet.get_by_text("In the printer's folder")).to_be_visible()
        expect(sheet.get_by_role("button")).to_have_count(0)
        tab.get_by_role("link", name=HOSTILE[:20]).click()
        shown = tab.get_by_role("article", name=f"Letter to {HOSTILE}")
        expect(shown.get_by_text("Page 1 of 2")).to_be_visible()
        assert shown.get_by_role("img").evaluate("one => one.decode().then(() => one.naturalWidth)") == 953
        shown.get_by_role("link", name="Next").click()
        expect(shown.get_by_text("Page 2 of 2")).to_be_visible()
        shown.get_by_text("This page as text").click()
        expect(shown.get_by_text("The second page.")).to_be_visible()
        pdf_page = tab.request.get(
            site.url.rstrip("/") + str(shown.get_by_role("link", name="Open").get_attribute("href"))
        )
        assert (pdf_page.headers["content-type"], pdf_page.body()) == ("application/pdf", pdf)
        tab.get_by_label("Campaign").select_option("Autumn")
        tab.get_by_role("button", name="Filter").click()
        expect(links).to_have_count(1)
        expect(links).to_contain_text("Bolt AG")
        assert tab.title() == "Letters · Sandbox"


def test_one_may_be_the_post_and_make_letters_go_wrong(
    browser: Browser, site: Page, post: LetterCatcher, webhook: Webhook, pdf: bytes
) -> None:
    send(post, pdf, "Acme GmbH")
    with chromium.tab(browser) as tab:
        tab.goto(f"{site.url}outbox/letters/{post.letters[0].id}")
        sheet = tab.get_by_role("article", name="Letter to Acme GmbH")
        expect(sheet.get_by_text("At PostGrid, to be printed")).to_be_visible()
        sheet.get_by_role("button", name="Deliver it").click()
        expect(sheet.get_by_text("Delivered", exact=True)).to_be_visible()
        webhook.statuses = [403]
        sheet.get_by_role("button", name="Return it to the sender").click()
        expect(tab.get_by_text("The bot did not take it: it answered HTTP 403.")).to_be_visible()
        expect(sheet.get_by_text("The post returned it")).to_be_visible()
        tab.get_by_label("Will").select_option("be refused: no such address")
        tab.get_by_label("To postcode").fill("20095")
        tab.get_by_role("button", name="Switch on").click()
        expect(tab.get_by_text("The next letter to 20095 will be refused: no such address")).to_be_visible()
        assert (send(post, pdf, "Bolt AG", "20095"), send(post, pdf, "Bolt AG", "20095")) == (400, 201)
        expect(tab.get_by_text("All letters go through.")).to_be_visible()
        tab.get_by_label("Will").select_option("be taken, then come back")
        tab.get_by_label("To postcode").fill("")
        tab.get_by_role("button", name="Switch on").click()
        expect(tab.get_by_text("The next letter to anybody will be taken, then come back")).to_be_visible()
        assert send(post, pdf, "Cargo Ltd") == 201
        expect(tab.get_by_role("link", name="Cargo Ltd")).to_contain_text("The post returned it")


def test_pages_of_what_is_no_pdf(pdf: bytes) -> None:
    assert page_texts(b"no PDF") == ()
    assert [text.strip() for text in page_texts(pdf)] == ["Please pay.", "The second page."]
    assert picture(pdf, 1).startswith(b"\x89PNG")
    for page in (0, 3):
        with pytest.raises(LookupError):
            picture(pdf, page)
