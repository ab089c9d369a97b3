"""What the demo stands on: a local Slack with people in it, what catches its messages, the sample book, the real bot.

The bot talks Socket Mode to the sandbox, and SMTP, Twilio's API and PostGrid's to the catchers, and knows of none that
it isn't the real thing.
"""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bot.app import Bot, home_workspace
from bot.channels.postgrid import EVENTS_PATH
from bot.channels.sms import INBOUND_PATH
from bot.config import Settings
from bot.demo.people import add_people, let_in
from bot.demo.tour import TOUR
from bot.imports import import_files
from sandbox import LetterCatcher, LetterFolder, Mailbox, MailCatcher, Sandbox, SmsCatcher
from sandbox.book import write_book
from sandbox.keeping import restore, save
from sandbox.mail import free_port
from sandbox.page import Page
from storage import campaigns
from storage.migrate import upgrade

FOLDER = Path("demo-run")
_HERE = Path(__file__).resolve()
MANIFEST = next(path for path in (_HERE.parents[2] / "manifest.yml", _HERE.parent / "manifest.yml") if path.exists())
"""At the top of a checkout; beside this file in an installed package."""


class Stage:
    """Everything the demo needs, started on entering and stopped on leaving.

    `folder` keeps the database, the sample book and what was said and mailed; it is emptied first unless `keep`, which
    goes on where the last run ended. `page_port` None serves no page, 0 takes any free port; raises PortInUse before
    anything is emptied. `hold` is how many seconds Send waits. `by_post` has letters go to a local PostGrid, whose
    package must be there, else they are written into a folder for the printer.
    """

    def __init__(
        self,
        folder: Path = FOLDER,
        *,
        page_port: int | None = 0,
        keep: bool = False,
        hold: int = 1,
        by_post: bool = False,
    ) -> None:
        self.sandbox = Sandbox(manifest=str(MANIFEST), team_name="Sandbox workspace")
        self.bounces = Mailbox()
        self.mail = MailCatcher(bounces=self.bounces)
        self.sms = SmsCatcher(receipts=True)
        self.post = LetterCatcher() if by_post and importlib.util.find_spec("postgrid") else None
        self.letters = LetterFolder(folder / "letters")
        self.page = None if page_port is None else self._page(page_port)
        self.resumed = keep and (folder / "demo.db").is_file()
        self.imported = "the book of the last run"
        self._folder = folder
        self._hold = hold
        self._bot: Bot | None = None
        self._workspace_id: int | None = None

    @property
    def bot(self) -> Bot:
        """The bot; raises RuntimeError before it is started."""
        if self._bot is None:
            raise RuntimeError("the demo has not started")
        return self._bot

    def __enter__(self) -> Stage:
        try:
            return self._start()
        except BaseException:
            self._stop()
            raise

    def __exit__(self, *failure: object) -> None:
        self._stop()

    def save(self) -> None:
        """Write down what was said, mailed, texted and posted, for `keep`."""
        save(self._folder / "said-and-mailed.json", self.sandbox, self.mail, self.sms, self.post)

    def _page(self, port: int) -> Page:
        return Page(
            self.sandbox,
            self.mail,
            port=port,
            tour=TOUR,
            sms=self.sms,
            campaigns=self._campaigns_of,
            post=self.post,
            folder=self.letters,
        )

    def _campaigns_of(self, message_ids: Sequence[str]) -> Mapping[str, str]:
        """Return the names of the campaigns that messages in the outbox belong to."""
        if self._bot is None or self._workspace_id is None:
            return {}
        with self._bot.db.read() as session:
            return campaigns.names_of(session, self._workspace_id, message_ids)

    def _start(self) -> Stage:
        if self.page is not None:
            self.page.start()
        if not self.resumed:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir(parents=True, exist_ok=True)
        self.sandbox.start()
        self.bounces.start()
        self.mail.start()
        self.sms.start()
        self.letters.start()
        if self.post is not None:
            self.post.start()
        people = add_people(self.sandbox)
        settings = self._settings()
        upgrade(settings.database_url)
        self._bot = Bot(settings)
        self._workspace_id = home_workspace(settings, self._bot.db)
        if self.resumed:
            restore(self._folder / "said-and-mailed.json", self.sandbox, self.mail, self.sms, self.post)
        else:
            self._import(self._workspace_id)
            let_in(self._bot.db, settings, self.sandbox, people)
        self._bot.start()
        self.sandbox.wait_connected()
        return self

    def _stop(self) -> None:
        if self.page is not None:
            self.page.stop()
        if self._bot is not None:
            self._bot.stop()
            self.save()
        self.mail.stop()
        self.sms.stop()
        self.letters.stop()
        if self.post is not None:
            self.post.stop()
        self.bounces.stop()
        self.sandbox.stop()

    def _settings(self) -> Settings:
        values: dict[str, Any] = {
            "slack_bot_token": self.sandbox.bot_token,
            "slack_app_token": self.sandbox.app_token,
            "slack_api_url": self.sandbox.api_url,
            "database_url": f"sqlite:///{self._folder / 'demo.db'}",
            "smtp_url": f"{self.mail.url}?connections=4",
            "bounce_imap_url": f"{self.bounces.url}?every=1&done=Understood",
            "bounce_address": "bounces@northwind.example",
            "send_hold_seconds": self._hold,
            "secret_key": "only for the demo, on this machine alone",
            "organisation_name": "Northwind Trading",
        }
        return Settings(**values, **_over_http(self.sms, self.post), **_letters(self.letters, self.post))

    def _import(self, workspace_id: int) -> None:
        files = write_book(self._folder / "book", datetime.now(UTC).date())
        done = import_files(self.bot.db, workspace_id, files).result
        self.imported = f"{done.customers_new} customers, {done.invoices_new} invoices"


def _letters(folder: LetterFolder, post: LetterCatcher | None) -> dict[str, Any]:
    """Return the settings of letters."""
    if post is None:
        return {"letter_folder": str(folder.folder)}
    return {
        "letter_delivery": "postgrid",
        "postgrid_api_key": post.api_key,
        "postgrid_api_url": post.url,
        "postgrid_webhook_secret": post.webhook_secret,
    }


def _over_http(sms: SmsCatcher, post: LetterCatcher | None) -> dict[str, Any]:
    """Return the settings of SMS, and let answers, receipts and what the post says come to the bot."""
    port = free_port()
    public_url = f"http://127.0.0.1:{port}"
    sms.webhook_url = f"{public_url}{INBOUND_PATH}"
    if post is not None:
        post.webhook_url = f"{public_url}{EVENTS_PATH}"
    return {
        "twilio_account_sid": sms.account_sid,
        "twilio_auth_token": sms.auth_token,
        "twilio_from": sms.number,
        "twilio_api_url": sms.url,
        "twilio_connections": 4,
        "http_port": port,
        "public_url": public_url,
    }
