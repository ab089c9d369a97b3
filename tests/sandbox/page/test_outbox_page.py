"""The outbox's mails: reading what was caught, filtering it, and making mail go wrong."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, expect
from playwright.sync_api import Page as Tab

from sandbox import MailCatcher
from sandbox.page import Page
from sandbox.person import Person
from tests import browser as chromium

HOSTILE = "<script>parent.document.title = 'owned'</script><b>Dear Pat</b><img src=x onerror=\"alert(1)\">"


def send(
    mail: MailCatcher,
    to: str = "pat@bolt.example",
    subject: str = "Reminder",
    html: str = "<b>Pay</b>",
    message_id: str = "<1@example.com>",
) -> None:
    message = EmailMessage()
    message["Message-ID"] = message_id
    message["Subject"], message["From"], message["To"] = subject, "Alice Martin <alice@example.com>", to
    message.set_content("Please pay.")
    message.add_alternative(html, subtype="html")
    message.add_attachment(b"%PDF-1.7 made up", maintype="application", subtype="pdf", filename="statement.pdf")
    message.add_attachment("<script>", subtype="html", filename="evil.html")
    with smtplib.SMTP("127.0.0.1", mail.port, timeout=10) as smtp:
        smtp.send_message(message)


def test_mails_come_in_live_and_are_read(tab: Tab, site: Page, mail: MailCatcher) -> None:
    tab.goto(f"{site.url}outbox")
    expect(tab.get_by_text("No mail yet")).to_be_visible()
    send(mail)
    tab.get_by_role("link", name="pat@bolt.example").click()
    expect(tab.get_by_role("heading", name="Reminder")).to_be_visible()
    expect(tab.frame_locator("iframe").get_by_text("Pay")).to_be_visible()
    tab.get_by_role("link", name="Text", exact=True).click()
    expect(tab.get_by_text("Please pay.")).to_be_visible()
    tab.get_by_role("link", name="Headers").click()
    expect(tab.get_by_text("Envelope to")).to_be_visible()
    tab.get_by_role("link", name="Source").click()
    expect(tab.get_by_text("Content-Type: multipart/mixed")).to_be_visible()


def test_attachments_are_fetched(tab: Tab, site: Page, mail: MailCatcher) -> None:
    send(mail)
    tab.goto(f"{site.url}outbox/mail/1")
    link = tab.get_by_role("link", name="statement.pdf")
    answer = tab.request.get(f"{site.url.rstrip('/')}{link.get_attribute('href')}")
    assert answer.body() == b"%PDF-1.7 made up"
    assert answer.headers["content-type"] == "application/pdf"
    other = tab.request.get(f"{site.url}outbox/mail/1/parts/1")
    assert other.headers["content-type"] == "application/octet-stream"
    assert other.headers["content-disposition"] == 'attachment; filename="evil.html"'
    assert tab.request.get(f"{site.url}outbox/mail/1/parts/2").status == 404
    assert tab.request.get(f"{site.url}outbox/mail/2").status == 404


def test_the_filter_goes_by_subject_and_address(tab: Tab, site: Page, mail: MailCatcher) -> None:
    send(mail, "pat@bolt.example", "First reminder")
    send(mail, "kim@acme.example", "Second reminder")
    tab.goto(f"{site.url}outbox")
    tab.get_by_label("Words in address, subject or text").fill("second acme")
    tab.keyboard.press("Enter")
    expect(tab.get_by_text("1 of 2 mails")).to_be_visible()
    expect(tab.get_by_role("region", name="Mails").get_by_role("link")).to_have_count(1)
    send(mail, "lee@acme.example", "Second reminder")
    expect(tab.get_by_text("2 of 3 mails")).to_be_visible()


def test_a_hostile_mail_runs_nothing(browser: Browser, site: Page, mail: MailCatcher, alice: Person) -> None:
    send(mail, subject="<script>document.title='owned'</script>", html=HOSTILE)
    # what the frame refuses to run Chromium says on the console, which would fail a strict tab
    with chromium.tab(browser, strict=False) as tab:
        tab.goto(f"{site.url}outbox/mail/1")
        expect(tab.frame_locator("iframe").get_by_text("Dear Pat")).to_be_visible()
        expect(tab.get_by_role("heading", name="<script>")).to_be_visible()
        assert tab.title() == "Email · Sandbox"
        policy = tab.request.get(f"{site.url}outbox/mail/1/html").headers["content-security-policy"]
    assert policy.startswith("sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def refused(mail: MailCatcher) -> None:
    with pytest.raises(smtplib.SMTPRecipientsRefused, match=r"5\.1\.1 No such user here"):
        send(mail)


def refused_after_data(mail: MailCatcher) -> None:
    with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1 Message refused by policy"):
        send(mail)


def dropped(mail: MailCatcher) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mail)
    assert mail.messages == []


def lost(mail: MailCatcher) -> None:
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send(mail)
    assert len(mail.messages) == 1


@pytest.mark.parametrize(
    ("name", "happens"),
    [("bounce", refused), ("be refused", refused_after_data), ("lose the connection", dropped), ("answer lost", lost)],
)
def test_a_switch_strikes_the_next_mail_and_no_other(
    tab: Tab, site: Page, mail: MailCatcher, name: str, happens: Callable[[MailCatcher], None]
) -> None:
    tab.goto(f"{site.url}outbox")
    tab.get_by_label("Will").select_option(
        label=next(o for o in tab.get_by_label("Will").inner_text().split("\n") if name in o)
    )
    tab.get_by_role("button", name="Switch on").click()
    expect(tab.get_by_text("The next mail to anybody will")).to_be_visible()
    happens(mail)
    before = len(mail.messages)
    send(mail)
    assert len(mail.messages) == before + 1


def test_every_mail_to_one_address_is_slow_until_all_is_well(tab: Tab, site: Page, mail: MailCatcher) -> None:
    tab.goto(f"{site.url}outbox")
    tab.get_by_label("How many").select_option("Every mail")
    tab.get_by_label("To").fill("Pat@bolt.example")
    tab.get_by_label("Will").select_option("be slow")
    tab.get_by_role("button", name="Switch on").click()
    expect(tab.get_by_text("Every mail to pat@bolt.example will be slow (the answer takes 8 s)")).to_be_visible()
    assert [(one.kind, one.address, one.times, one.seconds) for one in mail.active] == [
        ("delay", "pat@bolt.example", None, 8.0)
    ]
    tab.get_by_role("button", name="All is well again").click()
    expect(tab.get_by_text("All mail goes through.")).to_be_visible()
    assert mail.active == []


def test_nothing_can_be_pressed_before_the_scripts_that_answer_it_are_there(
    tab: Tab, site: Page, mail: MailCatcher
) -> None:
    held = chromium.hold(tab, "**/static/page.js")
    with tab.expect_request("**/static/page.js"):
        tab.goto(f"{site.url}outbox", wait_until="commit")
    switch_on = tab.get_by_role("button", name="Switch on")
    assert switch_on.count() == 0
    held.pop().continue_()
    switch_on.click()
    expect(tab.get_by_text("The next mail to anybody will bounce")).to_be_visible()
