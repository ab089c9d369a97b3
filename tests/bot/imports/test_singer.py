"""Singer streams: Stripe's and Xero's by their mappings, any other one by its properties; the STATE comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from bot.__main__ import app
from bot.domain.access import Role
from bot.errors import UserError
from bot.imports import ImportFaults, Source, import_files, sync
from bot.imports.faults import FileFault
from bot.imports.singer import mappings, read_singer
from sandbox import Sandbox
from storage.db import Database, utcnow
from storage.models import Contact, Customer, Import, Invoice
from tests.bot.imports.test_exports import lines
from tests.builders import Builder

# Names of properties, after the taps' published schemas:
# https://github.com/singer-io/tap-stripe/blob/027930d1eb5093caedd896d30445655034fc34ac/tap_stripe/schemas/customers.json
# https://github.com/singer-io/tap-stripe/blob/12ee10d6116d22577c55900d6cc37aacb2cf7a61/tap_stripe/schemas/invoices.json
# https://github.com/singer-io/tap-xero/blob/2f9809d45180e028fd8f2664380943e47ea45f81/tap_xero/schemas/contacts.json
# https://github.com/singer-io/tap-xero/blob/1cabc1d17737b3f6e01c1a7ed339756cda812548/tap_xero/schemas/invoices.json
PUBLISHED = {
    "stripe": {
        "customers": "metadata shipping sources delinquent description livemode default_source cards email default_card "
        "subscriptions discount account_balance currency id invoice_prefix object created updated",
        "invoices": "date next_payment_attempt customer_name created status_transitions customer_address customer_phone "
        "customer_email collection_method amount_paid due_date id amount_remaining paid number period_end customer "
        "subtotal amount_due currency total status updated",
    },
    "xero": {
        "contacts": "ContactID ContactNumber AccountNumber ContactStatus Name FirstName LastName EmailAddress Addresses "
        "Phones IsSupplier IsCustomer DefaultCurrency UpdatedDateUTC ContactPersons PaymentTerms ContactGroups",
        "invoices": "Type Contact Date DueDate Status LineItems SubTotal TotalTax Total UpdatedDateUTC CurrencyCode "
        "InvoiceID InvoiceNumber Reference ExpectedPaymentDate ExpectedPaymentDateString AmountDue AmountPaid "
        "FullyPaidOnDate AmountCredited DueDateString DateString",
    },
}


def schema(tap: str, stream: str, key: str) -> dict[str, Any]:
    properties = {name: {} for name in PUBLISHED[tap][stream].split()}
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": properties}, "key_properties": [key]}


def record(stream: str, **values: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": stream, "record": values}


def state(value: object) -> dict[str, Any]:
    return {"type": "STATE", "value": value}


def stream(*messages: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(message).encode() + b"\n" for message in messages)


STRIPE = stream(
    schema("stripe", "customers", "id"),
    record("customers", id="cus_A", description="Alpha SAS", email="ap@alpha.example", currency="eur", shipping=None),
    schema("stripe", "invoices", "id"),
    record("invoices", id="in_1", customer="cus_A", customer_name="Alpha SAS", number="F-1", created=1_769_904_000,
           due_date="2026-03-03T00:00:00.000000Z", total=12_050, amount_remaining=12_050, currency="eur", status="open"),
    record("invoices", id="in_1", customer="cus_A", customer_name="Alpha SAS", number="F-1", created=1_769_904_000,
           due_date="2026-03-03T00:00:00.000000Z", total=12_050, amount_remaining=2_050, currency="eur", status="open"),
    record("invoices", id="in_2", customer="cus_B", customer_name="Beta KK", number="F-2", created=1_769_904_000,
           due_date=None, total=9_000, amount_remaining=9_000, currency="jpy", status="open"),
    record("invoices", id="in_3", customer="cus_B", customer_name="Beta KK", number=None, created=1_769_904_000,
           due_date=None, total=100, amount_remaining=100, currency="eur", status="draft"),
    state({"bookmarks": {"invoices": 7}}),
)  # fmt: skip
XERO = stream(
    schema("xero", "contacts", "ContactID"),
    record("contacts", ContactID="c-1", Name="Ridgeway University", FirstName="Pat", LastName="Payer", IsCustomer=True,
           EmailAddress="pat@ridgeway.example", DefaultCurrency="GBP", Phones=[{"PhoneType": "DEFAULT", "PhoneNumber": "1"}],
           Addresses=[{"AddressType": "STREET", "City": "Wrong"}, {"AddressType": "POBOX", "AddressLine1": "1 College Way",
                      "City": "Oaktown", "PostalCode": "OK12 3TN", "Country": "United Kingdom"}]),
    record("contacts", ContactID="c-2", Name="Supplies Ltd", IsCustomer=False),
    schema("xero", "invoices", "InvoiceID"),
    record("invoices", InvoiceID="i-1", InvoiceNumber="INV-1", Type="ACCREC", Contact={"ContactID": "c-1",
           "Name": "Ridgeway University"}, Date="2026-02-03T00:00:00.000000Z", DueDate="2026-03-05T00:00:00.000000Z",
           Total=6187.5, AmountDue=187.5, CurrencyCode="GBP", Status="AUTHORISED"),
    record("invoices", InvoiceID="i-2", InvoiceNumber="BILL-1", Type="ACCPAY", Contact={"ContactID": "c-2",
           "Name": "Supplies Ltd"}, Date="2026-02-03T00:00:00.000000Z", DueDate="2026-03-05T00:00:00.000000Z",
           Total=5, AmountDue=5, CurrencyCode="GBP", Status="AUTHORISED"),
    state({"currently_syncing": None}),
)  # fmt: skip


def take(db: Database, workspace_id: int, content: bytes) -> Any:
    singer = read_singer(content.splitlines(keepends=True))
    return import_files(db, workspace_id, [Source(Path("-"), "Singer", singer.sheets())]).result


@pytest.mark.parametrize(("number", "tap"), [(0, "stripe"), (1, "xero")])
def test_every_mapped_field_is_in_the_published_schema(number: int, tap: str) -> None:
    mapping = mappings()[number]
    for name, wanted in mapping["streams"].items():
        there = set(PUBLISHED[tap][name].split())
        roots = {
            field: {path.partition(".")[0].partition("[")[0] for path in paths}
            for field, paths in wanted["fields"].items()
        }
        assert [field for field, found in roots.items() if not found & there] == []
        assert set(wanted.get("leave_out", {})) <= there


def test_stripes_stream_feeds_the_book(db: Database, build: Builder) -> None:
    result = take(db, build.workspace_id, STRIPE)
    assert (result.customers_new, result.contacts_new, result.invoices_new) == (2, 1, 2)
    assert lines(db) == [
        ("F-1", "Alpha SAS", "2026-02-01", "2026-03-03", 12_050, 2_050, "open"),
        ("F-2", "Beta KK", "2026-02-01", "2026-02-01", 9_000, 9_000, "open"),
    ]
    assert not take(db, build.workspace_id, STRIPE).changes_anything


def test_xeros_stream_feeds_the_book(db: Database, build: Builder) -> None:
    take(db, build.workspace_id, XERO)
    assert lines(db) == [("INV-1", "Ridgeway University", "2026-02-03", "2026-03-05", 618_750, 18_750, "open")]
    with db.read() as session:
        contact = session.scalars(select(Contact)).one()
        assert (contact.first_name, contact.city, contact.country, contact.phone) == ("Pat", "Oaktown", "GB", "1")
        assert session.scalars(select(Customer.name)).all() == ["Ridgeway University"]


def test_any_other_stream_is_recognised_by_its_properties(db: Database, build: Builder) -> None:
    names = ["customer_id", "customer_name", "invoice_number", "due_date", "total", "balance", "currency_code"]
    content = stream(
        {"type": "SCHEMA", "stream": "bills", "schema": {"properties": {name: {} for name in names}}, "key_properties": []},
        record("bills", customer_id=7, customer_name="Acme", invoice_number="A-1", due_date="2026-03-31", total=10.5,
               balance=0.5, currency_code="EUR"),
    )  # fmt: skip
    take(db, build.workspace_id, content)
    assert lines(db) == [("A-1", "Acme", "2026-03-31", "2026-03-31", 1_050, 50, "open")]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no SCHEMA came in"),
        (b"Customer,Invoice\n", "line 1 is no Singer message"),
        (b'{"type":"RECORD","stream":"x","record":{}}\n', "line 1 is no Singer message"),
        (b"[" * 100_000 + b"\n", "line 1 is no Singer message"),
        (b'{"type":"STATE","value":"' + b"x" * 10_000_001 + b'"}\n', "more than 10 MB"),
    ],
)
def test_what_is_no_stream_is_refused(content: bytes, said: str) -> None:
    with pytest.raises(FileFault, match=said):
        read_singer(content.splitlines(keepends=True))


def test_a_bad_record_is_named_by_stream_and_line(db: Database, build: Builder) -> None:
    broken = STRIPE.replace(b"2026-03-03T00:00:00.000000Z", b"soon")
    with pytest.raises(ImportFaults, match=r"Singer, sheet invoices, row 2, invoice.due_date 'soon'"):
        take(db, build.workspace_id, broken)
    assert lines(db) == []


@pytest.fixture
def typed(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[CliRunner]:
    with Sandbox() as slack:
        for name, value in {
            "SLACK_BOT_TOKEN": slack.bot_token,
            "SLACK_SIGNING_SECRET": slack.signing_secret,
            "SLACK_API_URL": slack.api_url,
            "DATABASE_URL": database_url,
            "SMTP_URL": "smtp://localhost",
            "SECRET_KEY": "k" * 32,
        }.items():
            monkeypatch.setenv(name, value)
        yield CliRunner()


def test_the_command_gives_the_state_back_on_standard_output(typed: CliRunner, db: Database) -> None:
    done = typed.invoke(app, ["import", "-"], input=STRIPE)
    assert done.exit_code == 0, done.output
    assert done.stdout == '{"bookmarks": {"invoices": 7}}\n'
    assert "invoices        2 new" in done.stderr
    assert len(lines(db)) == 2
    refused = typed.invoke(app, ["import", "-"], input=b"nonsense\n")
    assert isinstance(refused.exception, UserError)
    assert refused.stdout == ""


# -- the schedule


def tap(tmp_path: Path, content: bytes, code: int = 0) -> str:
    """Return a command that writes down the state it is given, and then a stream."""
    (tmp_path / "stream").write_bytes(content)
    script = tmp_path / "tap.sh"
    script.write_text(f'cat "$1" >> {tmp_path}/given\ncat {tmp_path}/stream\nexit {code}\n', encoding="utf-8")
    return f"sh {script} {{state}}"


def test_a_sync_runs_when_it_is_due_and_hands_the_state_on(db: Database, build: Builder, tmp_path: Path) -> None:
    wanted = sync.Sync(tap(tmp_path, STRIPE), timedelta(hours=1))
    start = utcnow()
    assert sync.run_due(db, build.workspace_id, wanted, now=start)
    assert len(lines(db)) == 2
    assert not sync.run_due(db, build.workspace_id, wanted, now=start + timedelta(minutes=59))
    assert sync.run_due(db, build.workspace_id, wanted, now=start + timedelta(minutes=60))
    assert (tmp_path / "given").read_text() == '{}{"bookmarks": {"invoices": 7}}'


def test_a_sync_never_overlaps_itself(db: Database, build: Builder, tmp_path: Path) -> None:
    (tmp_path / "gate").mkdir()
    script = tmp_path / "slow.sh"
    wait = f"while [ ! -e {tmp_path}/gate/open ]; do sleep 0.05; done"
    script.write_text(f"echo run >> {tmp_path}/runs\n{wait}\ncat {tmp_path}/stream\n", encoding="utf-8")
    (tmp_path / "stream").write_bytes(STRIPE)
    wanted = sync.Sync(f"sh {script}", timedelta(0))
    first = threading.Thread(target=sync.run_due, args=(db, build.workspace_id, wanted))
    first.start()
    while not (tmp_path / "runs").exists():
        assert first.is_alive()
    assert not sync.run_due(db, build.workspace_id, wanted)
    (tmp_path / "gate" / "open").touch()
    first.join(60)
    assert (tmp_path / "runs").read_text() == "run\n"
    assert len(lines(db)) == 2


@pytest.mark.parametrize(
    ("content", "code", "said"),
    [
        (STRIPE, 3, "ended with code 3"),
        (b"nonsense\n", 0, "line 1 is no Singer message"),
        (STRIPE.replace(b'"open"', b'"lost"'), 0, "is none of open, disputed, paid"),
    ],
)
def test_a_sync_that_fails_is_told_to_every_admin(
    db: Database, build: Builder, tmp_path: Path, content: bytes, code: int, said: str
) -> None:
    admins = [build.user(name, role=Role.ADMIN.value).id for name in ("Alice", "Bob")]
    build.user("Carol")
    sync.run_due(db, build.workspace_id, sync.Sync(tap(tmp_path, content, code), timedelta(hours=1)))
    with db.read() as session:
        told = session.scalars(select(Import).order_by(Import.requested_by)).all()
        assert [row.requested_by for row in told] == admins
        assert all(row.state == "failed" and said in row.detail for row in told)
        assert session.scalars(select(Invoice)).all() == []


def test_a_command_that_is_not_there_is_told(db: Database, build: Builder) -> None:
    build.user("Alice", role=Role.ADMIN.value)
    sync.run_due(db, build.workspace_id, sync.Sync("no-such-tap --config x", timedelta(hours=1)))
    with db.read() as session:
        assert "check SYNC_COMMAND" in session.scalars(select(Import.detail)).one()


def test_a_worker_that_leaves_ends_the_command_and_runs_it_anew_later(
    db: Database, build: Builder, tmp_path: Path
) -> None:
    leaving = threading.Event()
    leaving.set()
    wanted = sync.Sync("sleep 60", timedelta(hours=1))
    assert sync.run_due(db, build.workspace_id, wanted, leaving=leaving)
    assert sync.run_due(db, build.workspace_id, sync.Sync(tap(tmp_path, STRIPE), timedelta(hours=1)))
    assert len(lines(db)) == 2
