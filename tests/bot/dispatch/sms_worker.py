"""A worker for SMS in a process of its own, to be killed: `… DATABASE_URL API_URL ACCOUNT_SID AUTH_TOKEN FROM`."""

from __future__ import annotations

import sys
import threading

from bot.channels.sms import SmsChannel, TwilioAccount
from bot.dispatch.dispatcher import Dispatcher
from storage.db import Database


def main() -> None:
    database_url, api_url, account_sid, token, sender = sys.argv[1:]
    account = TwilioAccount(account_sid, account_sid, token, sender=sender, api_url=api_url, connections=3)
    Dispatcher(Database(database_url), {"sms": SmsChannel(account)}, name="doomed").start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
