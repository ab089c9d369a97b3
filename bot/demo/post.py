"""The letter half of the demo that plays by itself: a short campaign into the printer's folder."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Any

from bot.demo.texts import say, write

NAME = "Last reminder by letter"
CONTENT = """Dear {{customer.name}},

you have had our reminders. These invoices are still open:

{{invoices.table}}

Before we hand the matter over, please pay *{{amounts.overdue}}*, or tell us what holds you up.

{{sender.signature}}"""
LIST, MERGED = "letters.csv", "all-letters.pdf"
PATIENCE = 60.0


def play_letters(alice: Any, folder: Path) -> None:
    """Post letters to those who are very late, though they were written to before; show what lies ready to print."""
    write(alice, "New letter campaign", days_past_due=90, name=NAME, content=CONTENT)
    check = _when_counted(alice)
    check.click("Put back: contacted")
    check = _when_counted(alice, "(put back)")
    said = ("will be sent", "in all;", "Estimated cost", "is no", "no postcode", "no fonts", "our fonts")
    lines = [line.strip("•◦ ") for line in check.text.splitlines() if any(words in line for words in said)]
    say("Alice writes letters to those over 90 days late, and checks", "\n    ".join(lines).replace("*", ""))
    check.submit()
    done = alice.dm.wait_for(lambda one: NAME in one.rendered and "successful:" in one.text, timeout=PATIENCE)
    say("The summary", done.text)
    _show(_listed(folder))


def _when_counted(alice: Any, words: str = "will be sent") -> Any:
    """Return the check once it is worked out who is written to."""
    check = alice.modal("Check and send")
    _wait_until(lambda: words in check.text and "Looking through" not in check.text)
    return check


def _listed(folder: Path) -> Path:
    _wait_until(lambda: any(folder.glob(f"*/{LIST}")))
    return next(folder.glob(f"*/{LIST}"))


def _show(listed: Path) -> None:
    with listed.open(encoding="utf-8-sig", newline="") as rows:
        letters = list(csv.DictReader(rows))
    pages = sum(int(row["pages"]) for row in letters)
    say(f"{len(letters)} letters with {pages} pages are ready to print", str(listed.with_name(MERGED)))
    say("The printer's list", f"{listed}\n    the first: {letters[0]['address']}")


def _wait_until(true: Any) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError("the letters are not ready")
        time.sleep(0.1)
