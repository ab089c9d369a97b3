"""Killed at the worst moment, with messages taken by the mail server but not answered for; and over signed HTTP."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from bot.campaigns import tick
from tests.scenarios.office import Office
from tests.scenarios.running import running


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.txt"


@pytest.mark.timeout(300)
@pytest.mark.road("http")
def test_what_was_in_flight_is_unknown_and_the_rest_goes_out_once(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.book_more(20)
    office.mail.delay("pay@more7.example", 600, times=1)
    office.mail.delay("pay@more11.example", 600, times=1)
    with running(office, log, "run") as (bot,):
        office.write(office.alice).submit()
        office.mail.wait_for(lambda _: all(office.mail.to(f"pay@more{n}.example") for n in (7, 11)), timeout=60)
        bot.kill()
        bot.wait()
    taken = [str(office.mail.to(f"pay@more{n}.example")[0].message["Message-ID"]) for n in (7, 11)]
    office.mail.heal()
    office.let_leases_run_out()
    with running(office, log, "run"):
        done = office.said(office.alice, "Partially successful: 20 sent, 1 not sent, 2 may have been sent.", timeout=60)
        assert all(f"Look for Message-ID {one}" in done.rendered for one in taken)
        assert len(office.mail.messages) == 22
        assert max(office.mail.message_ids.values()) == 1
        assert office.count("actions", "state = 'manual' AND reason = 'uncertain'") == 2
        assert len(office.alice.dm.messages) == 1


@pytest.mark.road("http")
@pytest.mark.database("postgresql")
def test_a_worker_killed_beside_a_web_half_that_lives(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.book_more(20)
    office.mail.delay("pay@more7.example", 600, times=1)
    office.mail.delay("pay@more11.example", 600, times=1)
    with running(office, log, "web", "worker") as (_, worker):
        office.write(office.alice).submit()
        office.mail.wait_for(lambda _: all(office.mail.to(f"pay@more{n}.example") for n in (7, 11)), timeout=60)
        worker.kill()
        worker.wait()
        assert "This is what I can do" in office.alice.command("/campaign help").text
        office.mail.heal()
        office.let_leases_run_out()
        with running(office, log, "worker"):
            office.said(office.alice, "20 sent, 1 not sent, 2 may have been sent.", timeout=60)
    assert office.count("actions", "state = 'sent'") == 20
    assert max(office.mail.message_ids.values()) == 1


@pytest.mark.road("http")
@pytest.mark.database("postgresql")
def test_the_web_half_alone_tells_that_nothing_goes_out_until_a_worker_runs(closed_office: Office, log: Path) -> None:
    office = closed_office
    with running(office, log, "web"):
        office.send(office.alice)
        office.said(office.alice, "Preparing the messages: they start")
        office.let_time_pass(minutes=11)
        tick.tell_delays(office.db)
        late = "is over ten minutes late: its messages are due, and not tried yet."
        office.said(office.alice, lambda one: any(late in reply.text for reply in one.replies))
        with running(office, log, "worker"):
            office.said(office.alice, "2 sent, 1 not sent", timeout=60)


@pytest.mark.road("http")
@pytest.mark.database("postgresql")
def test_the_two_halves_over_http_log_ids_only_and_leave_in_time(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.mail.refuse("pat@acme.example", code=550, text="5.1.1 secret words of the server")
    with running(office, log, "web", "worker") as halves:
        office.send(office.alice, subject="Confidential {{customer.name}}", body="Private words")
        office.said(office.alice, "1 sent, 2 not sent")
        office.alice.forge_block_suggestion("who_add", "Acme \ud800\x00")
        office.alice.forge_view_submission("what", "no metadata", {"what_body": {"what_body": {"value": "Private"}}})
        for half in halves:
            half.send_signal(signal.SIGTERM)
        assert [half.wait(timeout=10) for half in halves] == [0, 0]
    logged = log.read_text()
    assert "started" in logged
    for secret in (
        "Acme", "Bolt", "Cargo", "acme.example", "alice@", "Alice", "Confidential", "Private", "secret words",
        "123.45", "12345", office.slack.bot_token, office.slack.signing_secret, "k" * 32,
    ):  # fmt: skip
        assert secret not in logged
