"""A worker for letters in a process of its own, to be killed: `… DATABASE_URL FOLDER`, or `… URL API_URL KEY`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from bot.channels.base import Channel
from bot.channels.letter import SpoolChannel
from bot.channels.postgrid import PostGridAccount, PostGridChannel
from bot.dispatch.dispatcher import Dispatcher
from storage.db import Database


def main() -> None:
    database_url, where, *key = sys.argv[1:]
    post = PostGridChannel(PostGridAccount(key[0], where, connections=3)) if key else None
    channel: Channel = post or SpoolChannel(Path(where), connections=3)
    Dispatcher(Database(database_url), {"letter": channel}, name="doomed").start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
