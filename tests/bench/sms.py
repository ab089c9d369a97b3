"""SMS a second through the whole engine, beside Twilio's own client with as many threads and nothing around it.

Both talk to the local Twilio, a process of its own, and take turns: a busy machine slows both. `make bench-sms`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import statistics
import tempfile
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from sqlalchemy import func, insert, select
from twilio.rest import Client

from bot import log
from bot.channels.sms import SmsChannel, TwilioAccount
from bot.channels.twilio_http import KeptHttpClient
from bot.dispatch.dispatcher import Dispatcher
from bot.domain.states import CampaignState
from sandbox import SmsCatcher
from storage.db import Database, utcnow
from storage.migrate import upgrade
from storage.models import Action, Customer, Invoice, Setting
from tests.builders import Builder

TEXT = "{{customer.name}}: {{amounts.overdue}} is overdue."


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=1)
    given = parser.parse_args()
    log.configure(json=True)
    print("\n".join(measure(given.messages, given.threads, given.rounds)))


def measure(messages: int, threads: int, rounds: int) -> list[str]:
    """Return the measured rates as a table: the medians of all rounds."""
    bare, ours = [], []
    with local_twilio(threads) as account:
        for _ in range(rounds):
            bare.append(messages / bare_client(account, messages))
            with tempfile.TemporaryDirectory() as folder:
                ours.append(messages / whole_engine(account, messages, Path(folder)))
    one, other = statistics.median(ours), statistics.median(bare)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return [
        "| SMS | messages | threads | a second | of the bare client |",
        "| --- | ---: | ---: | ---: | ---: |",
        f"| Twilio's client alone | {messages:,} | {threads} | {other:,.0f} | 1.00 |",
        f"| campaign-bot, SQLite | {messages:,} | {threads} | {one:,.0f} | {one / other:.2f} |",
        "",
        f"Peak memory of the process: {memory} MB.",
    ]


@contextmanager
def local_twilio(threads: int) -> Iterator[TwilioAccount]:
    """Run the local Twilio in a process of its own."""
    context = multiprocessing.get_context("spawn")
    near, far = context.Pipe()
    process = context.Process(target=_serve, args=(far,), daemon=True)
    process.start()
    sid, token, number, url = near.recv()
    try:
        yield TwilioAccount(sid, sid, token, sender=number, api_url=url, connections=threads)
    finally:
        near.send("stop")
        process.join()


def _serve(told: Connection) -> None:
    with SmsCatcher() as sms:
        told.send((sms.account_sid, sms.auth_token, sms.number, sms.url))
        told.recv()


def bare_client(account: TwilioAccount, messages: int) -> float:
    """Send everything with a client a thread; return the seconds."""
    share = messages // account.connections

    def send(first: int) -> None:
        http = KeptHttpClient(account.api_url, (10, 30))
        client = Client(account.username, account.password, account.account_sid, http_client=http)
        for n in range(first, first + share):
            client.messages.create(to=number_of(n), from_=account.sender, body=f"Customer {n}: €10.00 is overdue.")
        http.close()

    begun = time.monotonic()
    with ThreadPoolExecutor(account.connections) as pool:
        list(pool.map(send, range(0, share * account.connections, share)))
    return (time.monotonic() - begun) * messages / (share * account.connections)


def whole_engine(account: TwilioAccount, messages: int, folder: Path) -> float:
    """Send a campaign that is frozen and due; return the seconds until its last message is settled."""
    url = f"sqlite:///{folder / 'bench.db'}"
    upgrade(url)
    db = Database(url)
    fill(db, messages)
    dispatcher = Dispatcher(db, {"sms": SmsChannel(account)}, name="bench", connections=account.connections)
    begun = time.monotonic()
    dispatcher.start()
    try:
        while _open(db):
            time.sleep(0.25)
        return time.monotonic() - begun
    finally:
        dispatcher.stop()
        db.dispose()


def fill(db: Database, messages: int) -> None:
    """Make customers who owe EUR 10.00, and a due SMS to each."""
    build, now = Builder(db), utcnow()
    build.save(Setting(workspace_id=build.workspace_id, key="sending_hours", value={"sms": ""}))
    campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel="sms", body=TEXT)
    own = {"workspace_id": build.workspace_id}
    day = now.date().replace(day=1).replace(year=now.year - 1)
    kinds: tuple[tuple[type, list[dict[str, object]]], ...] = (
        (Customer, [_customer(n) | own for n in range(1, messages + 1)]),
        (Invoice, [_invoice(n, day) | own for n in range(1, messages + 1)]),
        (Action, [_action(n, campaign.id, campaign.creator_id, now) | own for n in range(1, messages + 1)]),
    )
    with db.write() as session:
        for table, rows in kinds:
            session.execute(insert(table), rows)


def number_of(n: int) -> str:
    """Return a German mobile number."""
    return f"+4915{100_000_000 + n}"


def _customer(n: int) -> dict[str, object]:
    name = f"Customer {n}"
    return {
        "id": n,
        "external_id": f"C-{n}",
        "name": name,
        "name_folded": name.casefold(),
        "language": "en",
        "currency": "EUR",
        "country": "DE",
        "custom": {},
    }


def _invoice(n: int, day: object) -> dict[str, object]:
    dates = {"issue_date": day, "due_date": day}
    amounts = {"total": 1000, "outstanding": 1000, "currency": "EUR", "status": "open"}
    return {"customer_id": n, "number": f"INV-{n}", **dates, **amounts}


def _action(n: int, campaign_id: int, owner_id: int, now: object) -> dict[str, object]:
    return {
        "campaign_id": campaign_id,
        "customer_id": n,
        "owner_id": owner_id,
        "channel": "sms",
        "state": "queued",
        "reason": "frozen",
        "recipients": [{"contact_id": None, "name": "Pat Payer", "phone": number_of(n)}],
        "cc": [],
        "message_id": f"<{uuid.uuid4().hex}@example.com>",
        "due_at": now,
        "created_at": now,
        "updated_at": now,
    }


def _open(db: Database) -> int:
    with db.read() as session:
        return session.scalar(select(func.count()).select_from(Action).where(Action.state != "sent")) or 0


if __name__ == "__main__":
    main()
