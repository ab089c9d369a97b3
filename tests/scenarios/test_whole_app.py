"""The app as an operator runs it, in processes of its own: killed, stopped, in two halves; and what it writes down."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.scenarios.office import Office
from tests.scenarios.running import running

pytestmark = pytest.mark.road("socket")
LEAVE_SECONDS = 10
"""How long the bot may take to leave: the promise of the README."""


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "log.txt"


@pytest.mark.timeout(300)
def test_killed_while_sending_and_started_again(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.book_more(200)
    with running(office, log, "run") as (bot,):
        check = office.write(office.alice)
        office.mail.delay("pay@more100.example", 60)
        check.submit()
        office.mail.wait_for(20, timeout=60)
        bot.kill()
        bot.wait()
    assert office.count("actions", "state IN ('queued', 'sending')") > 0, "it was killed in the middle"
    office.mail.heal()
    office.let_leases_run_out()
    with running(office, log, "run"):
        done = office.said(office.alice, "Partially successful: ", timeout=60)
        office.slack.quiet()
        unknown = office.count("actions", "state = 'manual' AND reason = 'uncertain'")
        sent = office.count("actions", "state = 'sent'")
        assert sent + unknown == 202
        assert unknown <= 2, "at most one a connection"
        assert max(office.mail.message_ids.values()) == 1
        assert f"{sent} sent" in done.text
        if unknown:
            assert f"{unknown} may have been sent" in done.text
            assert "Look for Message-ID <" in done.rendered
        assert len(office.alice.dm.messages) == 1


@pytest.mark.database("sqlite")
@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGINT])
def test_leaves_in_time_and_goes_on_later(closed_office: Office, log: Path, by: signal.Signals) -> None:
    office = closed_office
    office.book_more(60)
    with running(office, log, "run") as (bot,):
        check = office.write(office.alice)
        check.submit()
        office.mail.wait_for(5, timeout=60)
        bot.send_signal(by)
        assert bot.wait(timeout=LEAVE_SECONDS) == 0
    assert office.count("actions", "state = 'sending'") == 0, "what was in flight settled, what was claimed is free"
    with running(office, log, "run"):
        office.said(office.alice, "62 sent, 1 not sent", timeout=60)
        assert max(office.mail.message_ids.values()) == 1
        assert office.count("actions", "state = 'manual' AND reason = 'uncertain'") == 0


@pytest.mark.database("postgresql")
def test_the_two_halves_and_a_second_worker(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.book_more(60)
    with running(office, log, "web", "worker", "worker"):
        office.write(office.alice).submit()
        office.said(office.alice, "62 sent, 1 not sent", timeout=60)
        assert max(office.mail.message_ids.values()) == 1
        assert len(office.mail.messages) == 62
        assert len(office.alice.dm.messages) == 1


@pytest.mark.database("sqlite")
def test_nothing_of_customers_nor_any_secret_is_logged(closed_office: Office, log: Path) -> None:
    office = closed_office
    office.mail.refuse("pat@acme.example", code=550, text="5.1.1 secret words of the server")
    with running(office, log, "run") as (bot,):
        check = office.write(office.alice, subject="Confidential {{customer.name}}", body="Private words")
        check.click("Send me a test")
        check.submit()
        office.said(office.alice, "1 sent, 2 not sent")
        office.alice.forge_block_actions("action_fix", "not a number")
        bot.send_signal(signal.SIGTERM)
        bot.wait(timeout=LEAVE_SECONDS)
    logged = log.read_text()
    assert "started" in logged
    for secret in (
        "Acme", "Bolt & Co", "Cargo", "acme.example", "alice@", "Alice", "Confidential", "Private", "secret words",
        "123.45", office.slack.bot_token, office.slack.app_token, "k" * 32,
    ):  # fmt: skip
        assert secret not in logged
