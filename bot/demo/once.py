"""The demo played by itself: a made-up person runs a campaign on every channel, and each step is printed."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

from bot.demo.post import play_letters
from bot.demo.stage import FOLDER, Stage
from bot.demo.texts import play_sms, say
from sandbox import MailCatcher, SmsCatcher

CONTENT = """Dear {{contact.first_name | default("customer")}},

our records show {{invoices.overdue_count}} overdue {{invoices.overdue_count | plural("invoice", "invoices")}} for \
*{{customer.name}}*, {{amounts.overdue}} in all:

{{invoices.table}}

Please pay by bank transfer, or [tell us](mailto:{{sender.email}}) what holds you up.

{{sender.signature}}"""


def play_once(folder: Path = FOLDER) -> None:
    """Play the campaigns, print each step, and write down what was sent."""
    with Stage(folder, page_port=None) as stage:
        say(
            "Local Slack, mail catcher, Twilio, a folder for the printer and a database are up",
            "nothing leaves this machine",
        )
        say("Sample book imported", stage.imported)
        alice = next(one for one in stage.sandbox.people.values() if one.profile.owner)
        _campaign(alice, stage.mail)
        page = _write_mails(stage.mail, folder)
        say(f"{len(stage.mail.messages)} mails are in", str(page))
        play_sms(alice, stage.sms)
        say(f"{len(stage.sms.messages)} SMS are in", str(_write_sms(stage.sms, folder)))
        play_letters(alice, stage.letters.folder)


def _campaign(alice: Any, mail: MailCatcher) -> None:
    alice.command("/campaign")
    alice.modal("Campaigns").click("New email campaign")
    who = alice.modal("Who")
    who.type("who_days_past_due", "60", enter=True)
    who.choose("who_all", next(text for text in who.options("who_all") if text.startswith("All ")))
    say("Alice picks customers over 60 days late", who.text.splitlines()[1].replace("*", ""))
    who.submit()
    what = alice.modal("What")
    what.type("what_subject", "Your account with {{organisation.name}}")
    what.type("what_body", CONTENT)
    say("She writes one message with tags", "subject, invoice table, plural, fallback")
    what.submit()
    check = alice.modal("Check and send")
    say("She checks", " ".join(line for line in check.text.splitlines() if "will be sent" in line).replace("*", ""))
    refused = _first_address(check.text)
    mail.refuse(refused, code=550, text="5.1.1 No such user here")
    check.submit()
    say("She presses Send", "a short hold, with Undo in her DM")
    done = alice.dm.wait_for("successful:", timeout=60)
    say("The summary", done.text)
    _decide(alice, mail, refused)


def _decide(alice: Any, mail: MailCatcher, refused: str) -> None:
    """Fix the refused address and send; ignore what has no contact."""
    mail.heal()
    alice.dm.last.click("All ")
    todo = alice.modal("Actions to do")
    todo.click("Fix contact", nth=todo.text.split(refused)[0].count("Fix contact"))
    fix = alice.modal("Fix contact")
    fix.type("fix_email", "right.person@example.com")
    fix.submit()
    say("She corrects the refused address and sends", "right.person@example.com")
    mail.wait_for(lambda caught: any("right.person@example.com" in c.envelope_to for c in caught), timeout=30)
    alice.modal("Actions to do").close()
    alice.dm.wait_for("116 sent", timeout=30).click("Ignore")
    alice.dm.wait_for("Ignored by", timeout=30)
    say("She ignores one, and could undo it", alice.dm.last.text)


def _first_address(text: str) -> str:
    line = next(line for line in text.splitlines() if line.startswith("To ") or ("To " in line and "@" in line))
    return next(word.strip("<>,()") for word in line.split() if "@" in word)


def _write_mails(mail: MailCatcher, folder: Path) -> Path:
    folder = folder / "mails"
    folder.mkdir()
    rows = []
    for number, caught in enumerate(mail.messages, 1):
        name = f"{number:03}.eml"
        (folder / name).write_bytes(caught.raw)
        page = caught.message.get_body(("html",))
        (folder / f"{number:03}.html").write_text(page.get_content() if page else "", encoding="utf-8")
        subject, to = html.escape(str(caught.message["Subject"])), html.escape(str(caught.message["To"]))
        rows.append(f'<li><a href="{number:03}.html">{subject}</a> to {to} (<a href="{name}">source</a>)</li>')
    index = folder / "index.html"
    index.write_text(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>Mails</title><h1>{len(rows)} mails</h1>'
        f"<ol>{''.join(rows)}</ol></html>",
        encoding="utf-8",
    )
    return index


def _write_sms(sms: SmsCatcher, folder: Path) -> Path:
    path = folder / "sms.txt"
    path.write_text("".join(f"To {one.to}\n{one.body}\n\n" for one in sms.messages), encoding="utf-8")
    return path
