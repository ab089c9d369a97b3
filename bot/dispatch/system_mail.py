"""Mails to our own people: a test of a campaign to its creator, and the code that verifies an alias.

They are few and harmless, so one connection sends them one by one. A crash in the call ends as failed: the person
presses the button again.
"""

from __future__ import annotations

import html
import uuid
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.addresses import CHECKS
from bot.channels.base import Attachment, Channel, Connection, Message, SendError
from bot.dispatch import retry
from bot.dispatch.compose import compiled, statement
from bot.domain.access import Scope
from bot.domain.channels import CHANNELS, EMAIL, AddressKind
from bot.domain.codes import alias_code
from bot.domain.merge import MergeFacts
from bot.domain.postal import PostalAddress
from bot.domain.recipients import settle
from bot.errors import UserError
from bot.letters import printing_of, set_letter
from bot.log import get_logger
from bot.rendering import Content
from storage import aliases, audiences, campaigns, merge_facts, outbox, system_mails, users, workspaces
from storage.customer_filter import among
from storage.db import Database
from storage.models import Campaign, SystemMailKind, SystemMailState
from storage.system_mails import DueMail

_log = get_logger(__name__)
LEASE = timedelta(minutes=10)
BATCH = 10
LAST_ATTEMPT = 3
"""A test or a code that comes an hour late helps nobody."""


class Pointless(Exception):
    """The mail has nothing to say any more: its campaign, customer, alias or sender is gone."""


def deliver_due(db: Database, channel: Channel, secret_key: str, *, now: datetime | None = None) -> int:
    """Send what is due, at most 10 mails; return how many were sent. Safe in several workers at once."""
    moment = now or db.now()
    with db.read() as session:
        if not system_mails.is_anything_to_do(session, now=moment):
            return 0
    with db.write() as session:
        system_mails.fail_expired(session, now=moment)
        due = system_mails.claim(session, now=moment, limit=BATCH, lease=LEASE)
    if not due:
        return 0
    post = _Post(db, channel, secret_key, moment)
    try:
        return sum(post.deliver(mail) for mail in due)
    finally:
        post.close()


class _Post:
    """One round of mails over one connection."""

    def __init__(self, db: Database, channel: Channel, secret_key: str, now: datetime) -> None:
        self._db, self._channel, self._secret_key, self._now = db, channel, secret_key, now
        self._connection: Connection | None = None

    def deliver(self, mail: DueMail) -> bool:
        """Send one mail and write down how that went; say whether it was sent."""
        try:
            with self._db.read() as session:
                message = self._written(session, mail)
            self._connection = self._connection or self._channel.open()
            self._connection.send(message)
        except SendError as error:
            self._settle_failed(mail, error)
            return False
        except Pointless as error:
            self._settle(mail, SystemMailState.FAILED, str(error))
            return False
        except Exception as error:
            reference = uuid.uuid4().hex[:8]
            _log.error("system_mail_failed", reference=reference, mail_id=mail.id, error=type(error).__name__)
            self._settle(mail, SystemMailState.FAILED, f"Reference {reference}")
            return False
        self._settle(mail, SystemMailState.SENT)
        return True

    def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.close()

    def _written(self, session: Session, mail: DueMail) -> Message:
        if mail.kind is SystemMailKind.TEST:
            return _test(session, mail, self._now)
        return _code(session, mail, self._secret_key)

    def _settle_failed(self, mail: DueMail, error: SendError) -> None:
        step = retry.after(error, mail.attempts)
        if isinstance(step, retry.Manual) or mail.attempts >= LAST_ATTEMPT:
            self._settle(mail, SystemMailState.FAILED, error.detail)
            return
        with self._db.write() as session:
            system_mails.retry(session, mail, due_at=self._now + step.delay, detail=error.detail)

    def _settle(self, mail: DueMail, state: SystemMailState, detail: str | None = None) -> None:
        with self._db.write() as session:
            system_mails.settle(session, mail, state, detail=detail)


def _test(session: Session, mail: DueMail, now: datetime) -> Message:
    campaign = outbox.campaign(session, mail.workspace_id, mail.subject_id)
    sender = campaigns.sender_of(session, campaign)
    if outbox.suppressed(session, mail.workspace_id, EMAIL.name, [mail.to_address]):
        raise Pointless("The address must not be contacted.")
    customer_id = int(mail.payload["customer_id"])
    if sender is None:
        raise Pointless("The sender's address is not verified.")
    facts = merge_facts.load(session, mail.workspace_id, [customer_id], sender=sender.facts, now=now).get(customer_id)
    if facts is None:
        raise Pointless("The customer is no longer in the book.")
    kind = CHANNELS[campaign.channel]
    content = compiled(campaign.subject, campaign.body, kind.name)
    rendered = content.render(facts)
    attachments: tuple[Attachment, ...] = (
        (statement(facts),) if campaign.attach_statement and kind.has_statement else ()
    )
    if kind.address is AddressKind.POSTAL:
        attachments = _printed(session, campaign, content, facts)
    return Message(
        action_id=0,
        message_id=_message_id(sender.facts.email),
        sender=(sender.facts.name, sender.facts.email),
        to=(("", mail.to_address),),
        subject=f"[Test] {rendered.subject or f'{kind.one} to {facts.customer.name}'}",
        text=rendered.text,
        html=rendered.html,
        attachments=attachments,
    )


def _printed(session: Session, campaign: Campaign, content: Content, facts: MergeFacts) -> tuple[Attachment, ...]:
    """Return the letter as it would be printed; nothing where it can't be, which the check tells of."""
    scope, kind = Scope(campaign.workspace_id), CHANNELS[campaign.channel].address
    contacts = audiences.contacts(session, scope, among(scope, [facts.customer.id]), kind)
    reached = settle(contacts.get(facts.customer.id, ()), campaign.to_positions, suppressed={}, check=CHECKS[kind])
    to = reached.usable[0].address if reached.usable else None
    if not isinstance(to, PostalAddress):
        return ()
    try:
        made = set_letter(content, facts, printing_of(session, campaign.workspace_id), to)
    except UserError:
        return ()
    return (("letter.pdf", "application/pdf", made.pdf),)


def _code(session: Session, mail: DueMail, secret_key: str) -> Message:
    alias = aliases.by_id(session, mail.workspace_id, mail.subject_id)
    asked_by = users.by_id(session, mail.workspace_id, mail.requested_by)
    if alias is None or asked_by is None or alias.code_nonce is None or alias.code_expires_at is None:
        raise Pointless("The alias is gone, or verified already.")
    organisation = workspaces.get(session, mail.workspace_id).organisation_name
    code = alias_code(secret_key, alias.id, alias.code_nonce)
    text = (
        f"{asked_by.name} wants to send messages to customers of {organisation} from {alias.email}.\n\n"
        f"The code is {code}. Whoever may use this address types it into campaign-bot in Slack. "
        f"It holds until {alias.code_expires_at:%H:%M} UTC.\n\n"
        "If nobody should, there is nothing to do: without the code the address can't be used.\n"
    )
    # from the person who asked, where Slack vouches for the address: mail servers refuse senders they don't know
    sender = asked_by.email if asked_by.email and asked_by.email_verified else alias.email
    paragraphs = "".join(f"<p>{html.escape(part.strip())}</p>" for part in text.split("\n\n"))
    return Message(
        action_id=0,
        message_id=_message_id(sender),
        sender=("campaign-bot", sender),
        to=(("", mail.to_address),),
        subject=f"{code} is the code for {alias.email}",
        text=text,
        html=f"<!doctype html><html><body>{paragraphs}</body></html>",
    )


def _message_id(sender: str) -> str:
    return f"<{uuid.uuid4().hex}@{sender.rpartition('@')[2].encode('idna').decode('ascii')}>"
