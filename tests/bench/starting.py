"""How long it takes from the end of the hold until the first mail is out, and from the start until the bot is ready."""

from __future__ import annotations

import subprocess
import sys
import time
from statistics import median

from pydantic import SecretStr

from bot import log
from bot.app import Worker
from bot.config import Settings
from storage.db import Database
from tests.bench import acks
from tests.bench.book import launched
from tests.bench.processes import database
from tests.builders import Builder
from tests.storm.sink import sink


def first_mail(server: str, *, rounds: int) -> list[str]:
    """Time a whole worker from the end of the hold until the mail server has the first mail."""
    lines = ["| from the end of the hold to the first mail | ms |", "| --- | ---: |"]
    for kind in ("sqlite", "postgresql"):
        with database(kind, server) as url, sink() as mails:
            db = Database(url)
            build = Builder(db)
            user = build.user()
            worker = Worker(_settings(url, mails.port), db, "bench")
            log.configure(json=True)
            worker.start()
            took = []
            for n in range(1, rounds + 1):
                build.customer(f"New {n}", email=f"new{n}@acme.example")  # the others were just written to
                starts_at = launched(db, build, user, hold=1.5).starts_at
                assert starts_at is not None
                while mails.total < n:
                    time.sleep(0.001)
                took.append((db.now() - starts_at).total_seconds() * 1000)
            worker.stop()
            db.dispose()
        lines.append(f"| {kind}, a worker that was idle | {median(took):.0f} |")
    return lines


def _settings(url: str, port: int) -> Settings:
    return Settings(
        slack_bot_token=SecretStr("xoxb-bench"),
        slack_signing_secret=SecretStr("none"),
        slack_api_url="http://127.0.0.1:9/api/",
        database_url=url,
        smtp_url=SecretStr(f"smtp://127.0.0.1:{port}"),
        secret_key=SecretStr("k" * 32),
    )


FLOOR = (
    "import slack_bolt, slack_bolt.adapter.socket_mode, sqlalchemy.orm, alembic.command, uvicorn, starlette.routing, "
    "jinja2, pydantic_settings, structlog, typer, apscheduler.schedulers.background, prometheus_client, nh3, "
    "css_inline, babel"
)
"""What no bot on these libraries starts without."""


def ready(rounds: int) -> list[str]:
    """Time `campaign-bot run` until it is healthy, beside importing the libraries that it stands on."""
    took: dict[str, list[float]] = {"importing the libraries alone": [], "campaign-bot run, until it is healthy": []}
    floor, whole = took.values()
    with database("sqlite", "") as url, sink() as mails, acks.stub() as api:
        Database(url).dispose()
        for _ in range(rounds):
            begun = time.perf_counter()
            subprocess.run([sys.executable, "-c", FLOOR], check=True)
            floor.append(time.perf_counter() - begun)
            begun = time.perf_counter()
            with acks.bot(url, mails.port, api):
                whole.append(time.perf_counter() - begun)
    ratio = median(w / f for w, f in zip(whole, floor, strict=True))
    lines = ["| start | s | of the imports |", "| --- | ---: | ---: |"]
    shares = (1.0, ratio)
    return lines + [
        f"| {name} | {median(t):.2f} | {r:.2f} |" for (name, t), r in zip(took.items(), shares, strict=True)
    ]
