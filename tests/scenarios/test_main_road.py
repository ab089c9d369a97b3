"""The main road as a person goes it: /campaign, pick, write, check, Send, the mails, the DM, the decisions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from slack_bolt import App

from bot.app import Worker, make_bolt
from bot.config import Settings
from storage.db import Database, utcnow
from tests.bot.channels.mail_server import MailServer, mail_server
from tests.builders import Builder
from tests.scenarios.slack_stub import TEAM, Person, SlackStub, text_of, wait_for


@pytest.fixture
def stub() -> Iterator[SlackStub]:
    stub = SlackStub()
    yield stub
    stub.stop()


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
def settings(stub: SlackStub, server: MailServer, database_url: str) -> Settings:
    return Settings(
        slack_bot_token="xoxb-test",
        slack_app_token="xapp-test",
        slack_api_url=f"{stub.url}/api/",
        database_url=database_url,
        smtp_url=f"smtp://127.0.0.1:{server.port}?connections=2",
        send_hold_seconds=0,
        secret_key="k" * 32,
        organisation_name="Northwind Ltd",
    )


@pytest.fixture
def book(db: Database, build: Builder) -> Builder:
    build.workspace(team_id=TEAM)
    today = utcnow().date()
    for name, email, owed in (
        ("Acme GmbH", "pat@acme.example", 12_345),
        ("Bolt & Co", "gone@bolt.example", 70_000),
        ("Cargo Ltd", None, 5_000),
        ("Paid up SA", "fine@paid.example", 0),
    ):
        customer = build.customer(name, overdue=None, email=email)
        if owed:
            build.invoice(customer, today=today, outstanding=owed)
    return build


@pytest.fixture
def app(settings: Settings, db: Database, book: Builder) -> App:
    return make_bolt(settings, db, None)


@pytest.fixture
def alice(stub: SlackStub, app: App) -> Person:
    stub.person("U0ALICE01", "Alice Martin", email="alice@example.com", is_owner=True)
    return Person(stub, app, "U0ALICE01")


@pytest.fixture
def worker(settings: Settings, db: Database) -> Iterator[Worker]:
    worker = Worker(settings, db, "worker-1")
    worker.start()
    yield worker
    worker.stop()


def top(stub: SlackStub) -> str:
    return text_of(stub.views[-1])


def write(alice: Person, stub: SlackStub) -> None:
    alice.command()
    alice.choose("who_all", "all", several=True)
    alice.act("who_all")
    assert "*4 customers selected*, EUR 873.45 overdue" in top(stub)
    alice.submit()
    alice.type("what_subject", "Reminder for {{customer.name}}")
    alice.type("what_body", "Dear {{contact.first_name}},\n\n{{invoices.table}}")
    assert alice.submit()["response_action"] == "update"
    assert "2 emails will be sent" in top(stub)


def living(stub: SlackStub, said: str) -> dict[str, object]:
    return wait_for(lambda: next((m for m in list(stub.messages.values()) if said in text_of(m)), None))


def test_from_the_command_to_the_last_decision(
    alice: Person, stub: SlackStub, server: MailServer, worker: Worker
) -> None:
    server.answers["gone"] = "550 5.1.1 No such user"
    write(alice, stub)
    alice.submit()
    assert "On its way" in top(stub)
    done = living(stub, "Partially successful: 1 sent, 2 not sent. 2 actions need you.")
    assert [m.recipients for m in server.received] == [("pat@acme.example",)]
    assert server.received[0].message["Subject"] == "Reminder for Acme GmbH"
    assert "550 5.1.1 No such user" in text_of(done)
    del server.answers["gone"]
    alice.click(done, "Send")
    done = living(stub, "Partially successful: 2 sent, 1 not sent. 1 action needs you.")
    alice.click(done, "Send") if "Send" in text_of(done).split("\n") else None
    alice.click(done, "Fix contact")
    alice.type("fix_email", "new@cargo.example")
    alice.submit()
    assert "On its way: Cargo Ltd." in top(stub)
    living(stub, "Fully successful: 3 sent, 0 not sent.")
    assert sorted(r for m in server.received for r in m.recipients) == [
        "gone@bolt.example",
        "new@cargo.example",
        "pat@acme.example",
    ]
    assert len(stub.messages) == 1


def test_ignore_and_its_undo_and_a_second_click(alice: Person, stub: SlackStub, worker: Worker) -> None:
    write(alice, stub)
    alice.submit()
    done = living(stub, "2 sent, 1 not sent. 1 action needs you.")
    old = dict(done)
    alice.click(done, "Ignore")
    ignored = living(stub, "Undo ignore")
    alice.click(old, "Ignore")
    assert stub.ephemerals[-1].startswith("This was decided already by <@U0ALICE01>")
    alice.click(ignored, "Undo ignore")
    living(stub, "1 action needs you.")


def test_send_pressed_twice_makes_one_campaign(
    alice: Person, stub: SlackStub, server: MailServer, worker: Worker
) -> None:
    write(alice, stub)
    shown = dict(stub.views[-1])
    alice.submit()
    stub.views = [shown]
    alice.submit()
    assert "It was sent already, so nothing was sent twice" in top(stub)
    living(stub, "2 sent")
    assert len(server.received) == 2
    assert len(stub.messages) == 1


def test_undo_in_the_hold_keeps_a_draft(settings: Settings, stub: SlackStub, db: Database, book: Builder) -> None:
    slow = settings.model_copy(update={"send_hold_seconds": 600})
    worker = Worker(slow, db, "worker-1")
    stub.person("U0ALICE01", "Alice Martin", email="alice@example.com", is_owner=True)
    alice = Person(stub, make_bolt(slow, db, worker), "U0ALICE01")
    worker.start()
    try:
        write(alice, stub)
        alice.submit()
        alice.click(living(stub, "On its way"), "Undo")
        living(stub, "Cancelled: nothing was sent.")
    finally:
        worker.stop()
    alice.command()
    assert "Resume draft" in top(stub)
    alice.act("start_resume")
    assert "*4 customers selected*" in top(stub)


def test_inserting_a_tag_keeps_what_was_typed(alice: Person, stub: SlackStub) -> None:
    alice.command()
    alice.choose("who_all", "all", several=True)
    alice.submit()
    alice.type("what_subject", "Hello")
    alice.type("what_body", "Dear")
    alice.choose("what_tag_body", "customer.name")
    alice.act("what_tag_body")
    body = next(b for b in stub.views[-1]["blocks"] if b.get("block_id") == "what_body:1")
    assert body["element"]["initial_value"] == "Dear {{customer.name}}"
    assert any(b.get("block_id") == "what_subject:0" for b in stub.views[-1]["blocks"])


def test_faults_stand_at_their_inputs(alice: Person, stub: SlackStub) -> None:
    alice.command()
    answer = alice.submit()
    assert "Nobody is selected yet" in next(iter(answer["errors"].values()))
    alice.choose("who_all", "all", several=True)
    alice.submit()
    alice.type("what_subject", "")
    alice.type("what_body", "Dear {{customer.nam}}")
    errors = alice.submit()["errors"]
    assert errors["what_subject:0"] == "Write a subject."
    assert "Did you mean {{customer.name}}?" in errors["what_body:0"]


def test_help_and_unknown_words_show_usage(alice: Person) -> None:
    assert "This is what I can do" in alice.command("help")["text"]
    assert alice.command("dance")["text"].startswith("I do not know “dance”.")


def test_strangers_are_told_whom_to_ask(alice: Person, stub: SlackStub, app: App) -> None:
    alice.command("help")
    stub.person("U0EVE0001", "Eve", email="eve@example.com")
    eve = Person(stub, app, "U0EVE0001")
    assert "Ask <@U0ALICE01> to let you in" in eve.command()["text"]
    assert stub.views == []


def test_an_account_manager_sees_assigned_customers_only(
    alice: Person, stub: SlackStub, app: App, book: Builder, db: Database
) -> None:
    alice.command("help")
    manager = book.user("Cam Roux", slack_user_id="U0CAM0001", position="account_manager", refreshed_at=utcnow())
    book.customer("Mine Ltd", account_managers=(manager,))
    cam = Person(stub, app, "U0CAM0001")
    cam.command()
    assert "All 1 that match" in top(stub)
    assert "Account manager" not in top(stub)
    assert cam.suggest("who_add", "a") == []
    assert cam.suggest("who_add", "mine") == ["Mine Ltd"]
    cam.act("who_open_list")
    assert "Mine Ltd" in top(stub)
    assert "Acme" not in top(stub)


def test_an_alias_is_verified_by_the_code_in_the_mail(
    alice: Person, stub: SlackStub, server: MailServer, worker: Worker
) -> None:
    alice.command("settings")
    alice.act("settings_open_aliases")
    alice.act("aliases_add")
    alice.type("alias_email", "billing@example.com")
    alice.type("alias_name", "Billing")
    alice.submit()
    mail = wait_for(lambda: next((m for m in server.received if m.recipients == ("billing@example.com",)), None))
    text = mail.message.get_body(("plain",)).get_content()
    code = next(word for word in text.replace(".", " ").split() if word.isdigit() and len(word) == 6)
    alice.type("code_digits", code)
    alice.submit()
    assert "billing@example.com is verified and can be a sender." in top(stub)


def test_a_test_mail_goes_to_the_creator_alone(
    alice: Person, stub: SlackStub, server: MailServer, worker: Worker
) -> None:
    write(alice, stub)
    alice.act("check_test")
    assert "A test of this message is on its way to alice@example.com." in top(stub)
    mail = wait_for(lambda: server.received[0] if server.received else None)
    assert mail.recipients == ("alice@example.com",)
