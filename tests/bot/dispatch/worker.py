"""A worker in a process of its own, to be killed: `python -m tests.bot.dispatch.worker DATABASE_URL SMTP_URL`."""

from __future__ import annotations

import sys
import threading

from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget
from bot.dispatch.dispatcher import Dispatcher
from storage.db import Database


def main() -> None:
    database_url, smtp_url = sys.argv[1:]
    Dispatcher(Database(database_url), {"email": EmailChannel(SmtpTarget.parse(smtp_url))}, name="doomed").start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
