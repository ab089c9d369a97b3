"""The six steps a newcomer is shown."""

from __future__ import annotations

from sandbox.page import Step

TOUR = (
    Step(
        "Start a campaign",
        "Type `/campaign` below, press Enter, choose email. What you see is from the real bot.",
    ),
    Step("Pick", "Put `60` into _Days past due_, press Enter, tick _All that match_. Count and amounts follow."),
    Step("Write", "Give it a subject and a text. Insert a tag or two, and look at the preview for real customers."),
    Step(
        "Let something go wrong",
        "Before you press Send, let the next mail bounce in the *Outbox*. Your draft waits: type `/campaign` again.",
    ),
    Step("Send and decide", "The message changes as mail goes out. Undo it while you can; then fix, send or ignore."),
    Step(
        "Look around",
        "Read mails, SMS and letters in the *Outbox*; answer an SMS, return a letter. "
        "Be *Camille*, who sees only her customers, or "
        "*Noor*, whom nobody let in. The *Inspector* has every payload.",
    ),
)
