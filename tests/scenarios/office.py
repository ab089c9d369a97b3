"""The office of the scenarios: a local Slack, a mail server and the real bot between them, over real sockets."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select, text, update

from bot.app import Bot
from bot.config import Settings
from bot.domain.letterhead import Letterhead
from bot.domain.postal import PostalAddress
from sandbox import LetterCatcher, Mailbox, MailCatcher, NeverHappened, Sandbox, SmsCatcher
from sandbox.conversation import Message
from sandbox.mail import free_port
from sandbox.modal import Modal
from sandbox.person import Person
from storage.db import Database, utcnow
from storage.models import Action, Campaign, Contact, Customer, Notification, Setting
from tests.builders import Builder

TEAM = "T0SANDBOX1"
MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"
SUBJECT = "Reminder for {{customer.name}}"
BODY = 'Dear {{contact.first_name | default("customer")}},\n\n{{invoices.table}}'


class Office:
    """Everything one scenario needs. `road` is "socket" (Socket Mode) or "http" (signed requests)."""

    def __init__(self, database_url: str, db: Database, road: str = "socket") -> None:
        self.db = db
        self.build = Builder(db)
        self.road = road
        self.slack = Sandbox(manifest=MANIFEST, team_id=TEAM, record=_recording())
        # how fast answers are is for benchmarks to say: a busy machine must not change what a scenario sees
        self.slack.ack_seconds = self.slack.trigger_seconds = 30
        self.bounces = Mailbox()
        self.mail = MailCatcher(bounces=self.bounces)
        self.sms = SmsCatcher()
        self.post = LetterCatcher()
        self._database_url = database_url
        self._changed: dict[str, Any] = {}
        self.bot: Bot | None = None

    # -- starting and stopping

    def open(self) -> Office:
        """Start the local Slack and the mail server, and add the people; the bot is started by `start`."""
        self.slack.start()
        self.mail.start()
        self.alice = self.slack.add_person("Alice Martin", "alice@example.com", "U0ALICE01", owner=True)
        return self

    def close(self) -> None:
        """Stop everything."""
        self.stop()
        self.mail.stop()
        self.bounces.stop()
        self.sms.stop()
        self.post.stop()
        self.slack.stop()

    def with_sms(self, *, hours: str = "") -> Office:
        """Set SMS up before the bot starts; they may go out at any time unless `hours` says when."""
        self.sms.start()
        port = free_port()
        public_url = f"http://127.0.0.1:{port}"
        self.sms.webhook_url = f"{public_url}/twilio/inbound"
        self._changed |= {
            "twilio_account_sid": self.sms.account_sid,
            "twilio_auth_token": self.sms.auth_token,
            "twilio_from": self.sms.number,
            "twilio_api_url": self.sms.url,
            "twilio_connections": 2,
            "http_port": port,
            "public_url": public_url,
        }
        setting = Setting(workspace_id=self.build.workspace_id, key="sending_hours", value={"sms": hours})
        self.build.save(setting)
        return self

    def with_letters(self, folder: Path | None = None) -> Office:
        """Set letters up before the bot starts: into a folder, else by the local PostGrid."""
        port = free_port()
        if folder is not None:
            self._changed |= {"letter_delivery": "spool", "letter_folder": str(folder)}
        else:
            self.post.start()
            self.post.webhook_url = f"http://127.0.0.1:{port}/postgrid/events"
            self._changed |= {
                "letter_delivery": "postgrid",
                "postgrid_api_key": self.post.api_key,
                "postgrid_api_url": self.post.url,
                "postgrid_webhook_secret": self.post.webhook_secret,
                "http_port": port,
            }
        address = PostalAddress(street="1 Quay Street", postcode="D02 XY45", city="Dublin", country="IE")
        head = Letterhead(address, payment="IBAN: IE29 AIBK 9311 5212 3456 78", prices="EUR letter 0.95, page 0.12")
        self.build.save(Setting(workspace_id=self.build.workspace_id, key="letters", value=head.to_json()))
        return self

    def with_bounces(self) -> Office:
        """Have bounces read before the bot starts: messages leave with return paths that lead into a mailbox."""
        self.bounces.start()
        self._changed |= {"bounce_imap_url": f"{self.bounces.url}?every=1", "bounce_address": "bounces@example.com"}
        return self

    @property
    def settings(self) -> Settings:
        """The bot's settings."""
        return Settings(**self._values())

    @property
    def environment(self) -> dict[str, str]:
        """The same settings as a shell would give them to `campaign-bot`."""
        kept = {name: value for name, value in os.environ.items() if name.upper() not in Settings.model_fields}
        return kept | {name.upper(): str(value) for name, value in self._values().items()}

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {
            "slack_bot_token": self.slack.bot_token,
            "slack_api_url": self.slack.api_url,
            "database_url": self._database_url,
            "smtp_url": f"{self.mail.url}?connections=2",
            "http_port": 0,
            "send_hold_seconds": 0,
            "secret_key": "k" * 32,
            "organisation_name": "Northwind Ltd",
            "letter_delivery": "off",
        }
        if self.road == "socket":
            values["slack_app_token"] = self.slack.app_token
        else:
            values["slack_signing_secret"] = self.slack.signing_secret
        return values | self._changed

    def change(self, **changed: Any) -> None:
        """Change settings, from the next start on."""
        self._changed |= changed

    def start(self, *, worker: bool = True, **changed: Any) -> Office:
        """Start the bot and wait until Slack reaches it; `changed` settings stay changed over restarts."""
        self.change(**changed)
        self.bot = Bot(self.settings, worker=worker, name=f"worker-{uuid.uuid4().hex[:8]}")
        self.bot.start()
        if self.road == "socket":
            self.slack.wait_connected()
        else:
            self.slack.deliver_over_http(f"http://127.0.0.1:{self.bot.web.port}/slack/events")
        return self

    def stop(self) -> None:
        """Stop the bot, as on SIGTERM; a second call does nothing."""
        if self.bot is not None:
            self.bot.stop()
            self.bot = None

    def restart(self, *, worker: bool = True, **changed: Any) -> None:
        """Stop the bot and start a new one over the same database, as an upgrade does."""
        self.stop()
        self.start(worker=worker, **changed)

    # -- the book

    def book(self, *customers: tuple[str, str | None, int]) -> None:
        """Fill the book with (name, email of the main contact, overdue in cents of EUR); 0 owes nothing."""
        self.build.workspace(team_id=TEAM)
        today = utcnow().date()
        for name, email, owed in customers:
            customer = self.build.customer(name, overdue=None, email=email)
            if owed:
                self.build.invoice(customer, today=today, outstanding=owed)

    def book_phones(self, *customers: tuple[str, str | None, int]) -> None:
        """Add German customers with (name, phone of the main contact as written, overdue in cents of EUR)."""
        for name, phone, owed in customers:
            customer = self.build.customer(name, overdue=None, email=None, phone=phone)
            self.build.invoice(customer, today=utcnow().date(), outstanding=owed)

    def book_places(self, *customers: tuple[str, dict[str, str], int]) -> None:
        """Add German customers with (name, columns of the main contact's postal address, overdue in cents of EUR)."""
        for name, place, owed in customers:
            customer = self.build.customer(name, overdue=None, email=None)
            self.build.contact(customer, email=None, is_main=True, **place)
            self.build.invoice(customer, today=utcnow().date(), outstanding=owed)

    def book_more(self, customers: int) -> None:
        """Add customers who owe EUR 10.00 each and can be mailed."""
        today = utcnow().date()
        for n in range(customers):
            customer = self.build.customer(f"More {n} Ltd", overdue=None, email=f"pay@more{n}.example")
            self.build.invoice(customer, today=today, outstanding=1_000)

    def add_contact(self, customer: str, email: str) -> None:
        """Add a second contact, not the main one, to a customer of the book."""
        with self.db.read() as session:
            row = session.scalars(select(Customer).where(Customer.name == customer)).one()
        self.build.contact(row, email=email, first_name="Bo", last_name="Boss", is_main=False)

    def emails_of(self, customer: str) -> list[str | None]:
        """Return the addresses of a customer's contacts, as the book has them now."""
        with self.db.read() as session:
            rows = select(Contact.email).join(Customer, Customer.id == Contact.customer_id)
            return list(session.scalars(rows.where(Customer.name == customer).order_by(Contact.email)))

    def main_contact_of(self, customer: str) -> str | None:
        """Return the address of a customer's main contact."""
        with self.db.read() as session:
            rows = select(Contact.email).join(Customer, Customer.id == Contact.customer_id)
            return session.scalars(rows.where(Customer.name == customer, Contact.is_main)).one()

    def count(self, table: str, where: str = "1 = 1") -> int:
        """Count rows of the database."""
        with self.db.read() as session:
            found = session.scalar(text(f"SELECT count(*) FROM {table} WHERE {where}"))
            assert isinstance(found, int)
            return found

    def let_time_pass(self, **of: float) -> None:
        """Move the start of every scheduled campaign into the past, so that it is due now; `of` is a timedelta."""
        with self.db.write() as session:
            for campaign in session.scalars(select(Campaign).where(Campaign.state == "scheduled")):
                assert campaign.starts_at is not None
                campaign.starts_at -= timedelta(**of)
                for action in session.scalars(select(Action).where(Action.campaign_id == campaign.id)):
                    action.due_at = action.due_at and action.due_at - timedelta(**of)

    def let_leases_run_out(self) -> None:
        """Let every claim of a worker that is gone be over."""
        with self.db.write() as session:
            over = utcnow() - timedelta(seconds=1)
            session.execute(update(Action).where(Action.state == "sending").values(lease_until=over))
            session.execute(update(Notification).where(Notification.claim_token.is_not(None)).values(lease_until=over))

    def let_retries_fall_due(self) -> None:
        """Let everything that waits for its next try be due now."""
        with self.db.write() as session:
            session.execute(update(Action).where(Action.state == "queued").values(due_at=utcnow()))

    # -- what people do

    def write(
        self,
        person: Person,
        *,
        audience: str = "all",
        subject: str = SUBJECT,
        body: str = BODY,
        channel: str = "",
        **typed: str,
    ) -> Modal:
        """Go through the first two screens; return the third, Check and send. `channel` answers where one is asked."""
        person.command("/campaign")
        if channel:
            person.modal("Campaigns").click(f"New {channel} campaign")
        who = person.modal("Who")
        who.choose("who_all", next(one for one in who.options("who_all") if one.casefold().startswith(audience)))
        assert not who.submit().errors
        what = person.modal("What")
        if channel not in ("SMS", "letter"):
            what.type("what_subject", subject)
        what.type("what_body", body)
        for name, content in typed.items():
            what.type(name, content)
        assert not what.submit().errors
        return person.modal("Check and send")

    def send(self, person: Person, **how: Any) -> None:
        """Write a campaign to everybody and press Send."""
        result = self.write(person, **how).submit()
        assert not (result.errors or result.blocked or result.trouble), result

    def said(self, person: Person, wanted: str | Callable[[Message], bool], timeout: float = 60) -> Message:
        """Wait until the person's DM says `wanted`."""
        try:
            return person.dm.wait_for(wanted, timeout)
        except NeverHappened as error:
            shown = "\n---\n".join(f"{one.text}\n{one.rendered}" for one in person.dm.messages)
            raise NeverHappened(f"{error}; the DM shows:\n{shown}") from None


def _recording() -> Path | None:
    folder = os.environ.get("SANDBOX_RECORD_DIR")
    return Path(folder) / f"scenarios-{os.getpid()}.jsonl" if folder else None
