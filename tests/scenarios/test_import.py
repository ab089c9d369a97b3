"""`/campaign import`: files from a person's own hands, through the local Slack, into the book."""

from __future__ import annotations

import csv
import io
import re

import pytest
from sqlalchemy import func, select

from bot.domain.access import Role
from sandbox.modal import Modal
from sandbox.person import Person
from storage.models import Import, ImportFile, Invoice
from tests.bot.dispatch.conftest import wait_until
from tests.bot.imports import exports
from tests.bot.imports.test_hostile import hostile
from tests.scenarios.office import Office

HEAD = "Customer no;Customer name;Email;Invoice;Due date;Total;Currency\n"


def give(person: Person, *files: tuple[str, bytes]) -> Modal:
    """Type /campaign import, choose the files, and press Read files."""
    person.command("/campaign import")
    window = person.modal("Import", timeout=30)
    window.attach("Files", *(person.upload_file(name, content) for name, content in files))
    result = window.submit()
    assert result.updated, result
    return person.modal("Import")


def invoices(office: Office) -> dict[str, int]:
    with office.db.read() as session:
        return dict(session.execute(select(Invoice.number, Invoice.outstanding)).all())


def left_files(office: Office) -> int:
    with office.db.read() as session:
        return session.scalar(select(func.count()).select_from(ImportFile)) or 0


def let_in(office: Office, person: Person, role: Role = Role.ADMIN) -> None:
    office.alice.command("/campaign help")  # the owner comes first, and so is the first admin
    office.build.user(person.name, slack_user_id=person.user_id, role=role.value, email=None)


def rows(*lines: str) -> bytes:
    return (HEAD + "\n".join(lines)).encode()


def test_an_export_is_recognised_shown_and_imported(office: Office, alice: Person) -> None:
    window = give(alice, exports.sap_open_items())
    window.wait_for("First rows, as read", timeout=30)
    assert "4 rows in 1 list" in window.text
    assert "2 new customers, 2 new invoices" in window.text
    assert "after: EUR 13,219.12, CHF 987.65" in window.text
    assert "1800000012: Müller Maschinenbau GmbH, due 2026-02-14, EUR 12,345.67 of EUR 12,345.67" in window.text
    assert "dates with the day first, decimal sign ," in window.text
    assert "Nettofälligkeit" in window.text
    assert "1800000012" not in invoices(office)
    assert window.submit().closed
    told = alice.dm.wait_for("Imported:", timeout=30)
    assert "2 new customers, 2 new invoices" in told.text
    assert invoices(office)["1800000012"] == 1_234_567
    assert left_files(office) == 0
    again = give(alice, exports.sap_open_items()).wait_for("An import comes to no change", timeout=30)
    again.click("Discard")
    assert "Nothing was imported" in again.text
    assert left_files(office) == 0


@pytest.mark.road("socket")
def test_recognised_columns_are_changed_by_hand_and_remembered(office: Office, alice: Person) -> None:
    content = b"Who;Doc;When due;How much;Shop\nAcme;A-1;2026-03-31;10;North\n"
    window = give(alice, ("odd.csv", content)).wait_for("no header is recognised", timeout=30)
    assert window.submit_label is None
    window.click("Discard")
    window.close()
    plain = b"Customer;Invoice;Due date;Total;Other date;Sector\nAcme;A-1;2026-03-31;10;2026-04-30;Steel\n"
    window = give(alice, ("plain.csv", plain)).wait_for("First rows", timeout=30)
    assert window.value("import_column:0-4") == "A field of the customer's own"
    window.choose("import_column:0-4", "Promised for")
    window = alice.modal("Import", timeout=30).wait_for("First rows", timeout=30)
    assert window.value("import_column:0-4") == "Promised for"
    window.submit()
    alice.dm.wait_for("Imported:", timeout=30)
    with office.db.read() as session:
        promised = session.scalars(select(Invoice.promised_on).where(Invoice.number == "A-1")).one()
        assert promised is not None
        assert promised.isoformat() == "2026-04-30"
    window = give(alice, ("plain.csv", plain)).wait_for("First rows", timeout=30)
    assert window.value("import_column:0-4") == "Promised for"
    window.close()
    alice.command("/campaign")
    who = alice.modal("Who")
    who.click("More filters")
    more = alice.modals[-1]
    more.choose("who_custom_key", "Sector")
    more.type("who_custom_value", "Steel")
    more.submit()
    who.choose("who_all", "All 1 that match")
    assert "Sector = Steel" in who.text


@pytest.mark.road("http")
def test_what_can_be_read_both_ways_is_asked(office: Office, alice: Person) -> None:
    content = b"Customer;Invoice;Due date;Total\nAcme;A-1;03/04/2026;1,234\n"
    window = give(alice, ("both.csv", content)).wait_for("How are the dates written?", timeout=30)
    assert window.submit_label is None
    window.choose("import_order", "Day first: 31/12/2026")
    window = alice.modal("Import", timeout=30).wait_for("Which is the decimal sign?", timeout=30)
    window.choose("import_sign", "A point: 1,234.50")
    window = alice.modal("Import", timeout=30).wait_for("First rows", timeout=30)
    assert "due 2026-04-03, EUR 1,234.00" in window.text
    window.submit()
    alice.dm.wait_for("Imported:", timeout=30)
    assert invoices(office)["A-1"] == 123_400


@pytest.mark.road("socket")
def test_bad_rows_come_back_as_a_file(office: Office, alice: Person) -> None:
    content = rows("1;Acme;;A-1;2026-03-31;10,50;EUR", "2;Bolt;;A-2;someday;20,00;EUR")
    window = give(alice, ("list.csv", content)).wait_for("1 bad row", timeout=30)
    assert "row 3, Due date 'someday': is no date such as 2026-03-31" in window.text
    assert window.submit_label is None
    window.choose("import_skip", "Import the other rows; send me these as a file")
    window = alice.modal("Import", timeout=30).wait_for("First rows", timeout=30)
    window.submit()
    alice.dm.wait_for("1 row could not be read", timeout=30)
    alice.dm.wait_for("The rows that could not be read", timeout=30)
    (bad,) = alice.dm.files
    assert bad.name == "list.bad.csv"
    assert (
        bad.content.decode("utf-8-sig").splitlines()[1].startswith("2;Bolt;;A-2;someday;20,00;EUR;Due date is no date")
    )
    assert {"A-1": 1_050}.items() <= invoices(office).items()
    wait_until(lambda: left_files(office) == 0, 30)


@pytest.mark.road("socket")
def test_what_is_not_listed_is_closed_when_asked(office: Office, alice: Person) -> None:
    before = sum(owed > 0 for owed in invoices(office).values())
    window = give(alice, ("list.csv", rows("1;Acme;;A-1;2026-03-31;10,50;EUR"))).wait_for("First rows", timeout=30)
    label = f"Close {before} open invoices that the files do not list"
    window.choose("import_full", label)
    window = alice.modal("Import", timeout=30).wait_for(f"{before} closed invoices", timeout=30)
    window.submit()
    alice.dm.wait_for("Imported:", timeout=30)
    assert {number for number, owed in invoices(office).items() if owed} == {"A-1"}


@pytest.mark.road("socket")
@pytest.mark.database("sqlite")
def test_hostile_files_are_refused_in_plain_words(office: Office, alice: Person) -> None:
    files = hostile()
    window = give(alice, *((name, content) for name, content, _ in files)).wait_for("To mend first", timeout=100)
    for name, _, said in files:
        assert name in window.text, name
        assert re.search(said, window.text), (name, window.text)
    assert window.submit_label is None
    window.click("Discard")
    assert left_files(office) == 0
    large = give(alice, ("large.csv", HEAD.encode() + b"1;A;;A-1;2026-03-31;1;EUR\n" * 2_000_000))
    large.close()
    alice.dm.wait_for("A file has more than 50 MB", timeout=60)
    assert left_files(office) == 0
    assert alice.troubles == []


@pytest.mark.road("socket")
def test_twenty_thousand_rows_and_a_second_import_that_waits(office: Office, alice: Person) -> None:
    bob = office.slack.add_person("Bob Braun", "bob@example.com")
    let_in(office, bob)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";")
    for n in range(20_000):
        writer.writerow(
            [n % 4000, f"Customer {n % 4000}", f"p{n % 4000}@c.example", f"N-{n}", "2026-03-31", "12,50", "EUR"]
        )
    first = give(alice, ("large.csv", rows(out.getvalue())))
    first.wait_for("4,000 new customers, 4,000 new contacts, 20,000 new invoices", timeout=100)
    second = give(bob, ("small.csv", rows("1;Customer 1;;B-1;2026-03-31;10,00;EUR"))).wait_for("First rows", timeout=60)
    first.submit()
    second.submit()
    # whichever takes the book first, the other one waits, and finds what was written
    assert "20,000 new invoices" in alice.dm.wait_for("Imported:", timeout=100).text
    assert "1 new invoice" in bob.dm.wait_for("Imported:", timeout=100).text
    assert office.count("invoices", "number LIKE 'N-%' OR number = 'B-1'") == 20_001
    assert office.count("customers", "name LIKE 'Customer %'") == 4_000
    with office.db.read() as session:
        finished = session.execute(select(Import.requested_by, Import.finished_at).order_by(Import.finished_at)).all()
        assert len(finished) == 2


@pytest.mark.road("socket")
def test_a_closed_window_is_told_in_the_dm_and_opened_again(office: Office, alice: Person) -> None:
    give(alice, ("list.csv", rows("1;Acme;;A-1;2026-03-31;10,50;EUR"))).close()
    message = alice.dm.wait_for("Your files are ready to import: 1 row in 1 list.", timeout=30)
    message.click("Check and import")
    window = alice.modal("Import", timeout=30)
    assert "First rows, as read" in window.text
    window.close()
    alice.command("/campaign import")
    assert "First rows, as read" in alice.modal("Import", timeout=30).text
    alice.modal("Import", timeout=30).submit()
    alice.dm.wait_for("Imported:", timeout=30)
    message.click("Check and import")
    assert alice.troubles == []


@pytest.mark.road("socket")
def test_only_admins_import(office: Office, alice: Person) -> None:
    bob = office.slack.add_person("Bob Braun", "bob@example.com")
    let_in(office, bob, Role.MEMBER)
    reply = bob.command("/campaign import")
    assert "Only an admin can do this" in reply.text
    assert not bob.has_modal


@pytest.mark.road("socket")
def test_a_restart_in_between_loses_nothing(office: Office, alice: Person) -> None:
    window = give(alice, ("list.csv", rows("1;Acme;;A-1;2026-03-31;10,50;EUR"))).wait_for("First rows", timeout=30)
    window.submit()
    office.stop()
    office.start()
    alice.dm.wait_for("Imported:", timeout=30)
    assert invoices(office)["A-1"] == 1_050
