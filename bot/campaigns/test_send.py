"""A test of the message to oneself: the real message of one customer, mailed to the creator instead."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.campaigns.compose import faults_of
from bot.campaigns.drafts import draft_of
from bot.domain.access import Caller
from bot.domain.channels import EMAIL
from bot.domain.folding import fold_address
from bot.errors import FieldErrors, NotFound, UserError
from storage import customers, outbox, test_mails, users
from storage.db import Database

MOST_WAITING = 5
"""How many tests of one person may wait at once: a stuck mail server must not collect clicks."""
ONE_CLICK = timedelta(seconds=5)
"""The same test asked for again this soon is the same click: Slack delivers one twice when an answer is slow."""


def request(db: Database, caller: Caller, campaign_id: int, *, customer_id: int, now: datetime | None = None) -> str:
    """Queue a test of the caller's draft, as written for this customer; return the caller's address, where it goes.

    Each call queues one mail; the same one within five seconds is a double click and answers alike. Raises NotFound
    for a customer that the caller may not see, FieldErrors for a draft that can't be sent as written, UserError where
    the caller's own address is not verified.
    """
    now = now or db.now()
    with db.write() as session:
        draft = draft_of(session, caller, campaign_id, lock=True)
        if not customers.visible_ids(session, caller.scope, [customer_id]):
            raise NotFound("There is no such customer.")
        faults = faults_of(session, draft)
        if faults:
            raise FieldErrors(faults)
        user = users.by_id(session, caller.workspace_id, caller.user_id)
        if user is None or not user.email or not user.email_verified:
            raise UserError("Slack has no confirmed email of yours, so there is nowhere to send a test to.")
        address = fold_address(user.email)
        if outbox.suppressed(session, caller.workspace_id, EMAIL.name, [address]):
            raise UserError("Your own address must not be contacted. An admin can lift that: /campaign suppressions.")
        asked = max(now - ONE_CLICK, draft.updated_at)
        if test_mails.asked_since(session, caller.workspace_id, caller.user_id, draft.id, customer_id, since=asked):
            return address
        if test_mails.waiting(session, caller.workspace_id, caller.user_id) >= MOST_WAITING:
            raise UserError(f"{MOST_WAITING} tests to you are still waiting to be mailed. Try again in a minute.")
        test_mails.add(
            session, caller.workspace_id, caller.user_id, draft.id, customer_id=customer_id, address=address, now=now
        )
        return address
