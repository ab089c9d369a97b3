"""A worker killed while letters leave: whatever it held is tried again, and every action has exactly one letter."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from pypdf import PdfReader
from sqlalchemy import select, update

from bot.channels.base import Channel
from bot.channels.letter import SpoolChannel, assemble, letters_of
from bot.channels.postgrid import PostGridAccount, PostGridChannel
from bot.dispatch.dispatcher import LEASE, Dispatcher
from bot.dispatch.rescue import rescue
from bot.domain.letterhead import Letterhead
from bot.domain.postal import PostalAddress
from bot.domain.states import CampaignState
from sandbox import LetterCatcher
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, Setting
from tests.bot.dispatch.conftest import wait_until
from tests.builders import Builder

MANY = 40
TAKEN, LOST = "10115", "10117"


def rows(db: Database) -> list[Action]:
    with db.read() as session:
        return list(session.scalars(select(Action).order_by(Action.id)))


def fill(build: Builder, postcodes: list[str]) -> None:
    ours = PostalAddress("Northwind Ltd", "", "1 Quay Street", "D02 XY45", "Dublin", "", "IE")
    build.save(Setting(workspace_id=build.workspace_id, key="letters", value=Letterhead(ours).to_json()))
    campaign = build.campaign(
        build.user(),
        state=CampaignState.SENDING,
        channel="letter",
        name="=March!",
        body="{{customer.name}}: please pay.",
    )
    start = utcnow() - timedelta(hours=1)
    for n, postcode in enumerate(postcodes):
        customer = build.customer(f"+Customer {n}", overdue=None, email=None)
        build.invoice(customer, today=utcnow().date())
        to = PostalAddress(customer.name, "", f"Hauptstr. {n}", postcode, "Berlin", "", "DE")
        recipients = [{"contact_id": None, "name": "", "postal": to.to_json()}]
        build.action(campaign, customer, recipients=recipients, due_at=start + timedelta(seconds=n))


@contextmanager
def doomed(*arguments: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.bot.dispatch.letter_worker", *arguments]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as worker:
        try:
            yield
        finally:
            worker.kill()


def finish(db: Database, channel: Channel) -> int:
    """Rescue what the dead worker held, and send all; return how many of those were handed over when it died."""
    rescue(db, name="rescue", now=utcnow() + LEASE + timedelta(minutes=1))
    unanswered = [row for row in rows(db) if row.unanswered]
    assert {(row.state, row.reason) for row in unanswered} <= {("queued", "unanswered")}
    with db.write() as session:
        session.execute(update(Action).where(Action.state == "queued").values(due_at=utcnow()))
    dispatcher = Dispatcher(db, {"letter": channel}, name="next", connections=2)
    dispatcher.start()
    try:
        wait_until(lambda: {row.state for row in rows(db)} == {"sent"}, 60)
    finally:
        dispatcher.stop()
    return len(unanswered)


def test_into_a_folder(build: Builder, db: Database, database_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    fill(build, ["10115"] * MANY)
    with doomed(database_url, str(folder)):
        wait_until(lambda: sum(1 for _ in folder.glob("*/letters/*.pdf")) >= 8, 60)
    assemble(folder, now=utcnow().timestamp() + 60)  # the printer's files, made in the middle of it
    finish(db, SpoolChannel(folder))

    (campaign,) = folder.iterdir()
    assert campaign.name.endswith("-march")
    assert [path.stem for path in letters_of(campaign)] == [str(row.id) for row in rows(db)]
    a_while_ago = utcnow().timestamp() - 5  # a letter of this very moment is looked for once more
    os.utime(campaign / "letters", (a_while_ago, a_while_ago))
    (campaign / "letters.csv").unlink()
    assert assemble(folder, now=utcnow().timestamp() + 60) == 1
    assert assemble(folder, now=utcnow().timestamp() + 60) == 0
    listed = list(csv.DictReader((campaign / "letters.csv").open(encoding="utf-8-sig")))
    assert [line["file"] for line in listed] == [f"letters/{row.id}.pdf" for row in rows(db)]
    assert [line["first page"] for line in listed] == [str(n) for n in range(1, MANY + 1)]
    assert (listed[3]["customer"], listed[3]["campaign"]) == ("'+Customer 3", "'=March!")
    merged = PdfReader(campaign / "all-letters.pdf")
    assert len(merged.pages) == MANY
    assert "+Customer 3: please pay." in merged.pages[3].extract_text()


def test_by_postgrid(build: Builder, db: Database, database_url: str) -> None:
    others = [f"20{n:03}" for n in range(MANY)]
    fill(build, [*others[:6], TAKEN, LOST, *others[6:]])
    with LetterCatcher() as post:
        post.hang(TAKEN, taken=True)
        post.hang(LOST, taken=False)
        with doomed(database_url, post.url, post.api_key):
            wait_until(lambda: post.held == 2 and len(post.letters) >= 10, 60)
        post.heal()
        unanswered = finish(db, PostGridChannel(PostGridAccount(post.api_key, post.url)))
        assert 2 <= unanswered <= 3  # one a connection
        assert Counter(one.postcode for one in post.letters) == Counter([*others, TAKEN, LOST])
        assert {row.provider_id for row in rows(db)} == {one.id for one in post.letters}
    with db.read() as session:
        lost = set(session.scalars(select(ActionHistory.reason).where(ActionHistory.event == "retry")))
    assert lost == {"unanswered"}
