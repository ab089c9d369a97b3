"""The SMS half of the demo that plays by itself: a short campaign, its receipts, and one phone that answers STOP."""

from __future__ import annotations

from typing import Any

from sandbox import SmsCatcher

NAME = "Reminder by SMS"
CONTENT = "{{organisation.name}}: {{amounts.overdue}} is overdue. Please pay, or call us."


def write(alice: Any, button: str, *, days_past_due: int, name: str, content: str) -> None:
    """Begin a campaign, select all who are so late, and write; what comes up then is the check."""
    alice.command("/campaign")
    alice.modal("Campaigns").click(button)
    who = alice.modal("Who")
    who.type("who_days_past_due", str(days_past_due), enter=True)
    who.choose("who_all", next(text for text in who.options("who_all") if text.startswith("All ")))
    who.submit()
    what = alice.modal("What")
    what.type("what_name", name)
    what.type("what_body", content)
    what.submit()


def play_sms(alice: Any, sms: SmsCatcher) -> None:
    """Send a short SMS campaign to whoever was not mailed, and let one of them answer STOP."""
    write(alice, "New SMS campaign", days_past_due=30, name=NAME, content=CONTENT)
    check = alice.modal("Check and send")
    lines = [line for line in check.text.splitlines() if "will be sent" in line or "Estimated cost" in line]
    say("Alice writes an SMS to those over 30 days late", " ".join(lines).replace("*", ""))
    check.submit()
    done = alice.dm.wait_for(lambda one: NAME in one.rendered and "successful:" in one.text, timeout=60)
    say("The summary", done.text)
    number = sms.messages[0].to
    sms.inbound(number, "STOP")
    alice.command("/campaign suppressions")
    why = next(line for line in alice.modal("Suppressions").text.splitlines() if "STOP" in line)
    say("One of them answers STOP", f"{number} gets no more: {why}")
    alice.modal("Suppressions").close()


def say(step: str, result: str) -> None:
    """Print one step and what came of it."""
    print(f"• {step}\n    {result}", flush=True)
