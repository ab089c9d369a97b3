"""How long the freeze of a large campaign takes, and how much memory freezing and sending it take at most."""

from __future__ import annotations

import sys
from statistics import median

from sqlalchemy import delete, update

from bot.campaigns.tick import tick
from bot.domain.states import CampaignState, PauseReason
from storage.db import Database
from storage.models import Action, Campaign
from tests.bench.book import fill, launched
from tests.bench.processes import Process, Took, database, mail_server, wait_until_settled
from tests.builders import Builder

INVOICES = 5


def measure(server: str, *, large: int, rounds: int) -> list[str]:
    """Freeze campaigns to a tenth of the book and to all of it, and send them; return the table."""
    lines = [
        f"| campaign, {INVOICES} invoices a customer | freeze s | freeze peak MB | dispatch peak MB |",
        "| --- | ---: | ---: | ---: |",
    ]
    for kind in ("sqlite", "postgresql"):
        for customers in (large // 10, large):
            frozen, sent = _frozen_and_sent(kind, server, customers, rounds)
            seconds, peak = median(each["seconds"] for each in frozen), max(each["peak_mb"] for each in frozen)
            sending = f"{sent['peak_mb']:.0f}" if sent else ""
            lines.append(f"| {kind}, {customers:,} | {seconds:.1f} | {peak:.0f} | {sending} |")
    return lines


def _frozen_and_sent(kind: str, server: str, customers: int, rounds: int) -> tuple[list[Took], Took | None]:
    with database(kind, server) as url:
        db = Database(url)
        build = Builder(db)
        user = build.user()
        fill(db, user, customers, invoices=INVOICES)
        frozen = []
        for _ in range(rounds):
            campaign = launched(db, build, user)
            freezing = Process("freeze", database=url)
            freezing.tell()
            frozen.append(freezing.result())
            said = f"freeze of {customers} on {kind}: {frozen[-1]['seconds']:.1f} s\n"
            sys.stderr.write(said)
        sent = (
            _sent(db, url, campaign.id, customers) if kind == "sqlite" else None
        )  # what is held in memory is the same on both
        db.dispose()
    return frozen, sent


def _sent(db: Database, url: str, campaign_id: int, mails: int) -> Took:
    """Send one of the frozen campaigns, ten messages a handoff, so that it is soon done."""
    with db.write() as session:
        others = update(Campaign).where(Campaign.id != campaign_id)
        session.execute(others.values(state=CampaignState.PAUSED.value, pause_reason=PauseReason.BY_PERSON.value))
        session.execute(delete(Action).where(Action.campaign_id != campaign_id))
    tick(db)
    with mail_server(0.0) as port:
        sending = Process("ours", database=url, port=port, threads=4, group=10)
        sending.tell()
        wait_until_settled(db, mails)
        sending.tell()
        return sending.result()
