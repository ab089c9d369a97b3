"""Letter campaigns as a person goes through them: the check, the folder or PostGrid, what the post returns, mending."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from pypdf import PdfReader
from sqlalchemy import select

from sandbox.person import Person
from storage.models import Action, Contact
from tests.bot.dispatch.conftest import wait_until
from tests.scenarios.office import Office

pytestmark = pytest.mark.road("socket")

BERLIN = {"street": "Hauptstr. 5", "postcode": "10115", "city": "Berlin"}
TEXT = "Dear {{customer.name}},\n\nplease pay.\n\n{{invoices.table}}"


@pytest.fixture
def desk(closed_office: Office) -> Office:
    closed_office.book_places(
        ("Acme Post", BERLIN, 12_345),
        ("Bolt Post", {"street": "Ring 1", "postcode": "101", "city": "Berlin"}, 70_000),
        ("株式会社", {"street": "Ring 2", "postcode": "20095", "city": "Hamburg"}, 5_000),
    )
    return closed_office


@pytest.fixture
def office(desk: Office) -> Office:
    """Wait with the start: each test says how letters leave."""
    return desk


def state_of(office: Office, street: str) -> tuple[str, str] | None:
    with office.db.read() as session:
        rows = session.scalars(select(Action).order_by(Action.id))
        return next(((row.state, row.reason) for row in rows if street in str(row.recipients)), None)


@pytest.mark.database("sqlite")
def test_into_the_printers_folder(desk: Office, alice: Person, tmp_path: Path) -> None:
    folder = tmp_path / "letters"
    office = desk.with_letters(folder).start()
    check = office.write(alice, channel="letter", body=TEXT)
    assert "1 letter will be sent" in check.text
    assert "1: the postal address is not valid\n" in check.text
    assert "Bolt Post: Ring 1, 101 Berlin, DE: 101 is no postcode of DE, like 26133" in check.text
    assert "1: the name or address has letters that our fonts have not\n" in check.text
    assert "株式会社: 株式会社: our fonts have no 株 式 会 社" in check.text
    check.click("Next")
    assert "Acme Post\nPat Payer\nHauptstr. 5\n10115 BERLIN\nGERMANY" in check.text
    assert "this very letter as PDF" in check.text
    assert "1 page in all; the longest letter has 1." in check.text
    assert "Estimated cost: 1.07 EUR." in check.text
    check.submit()
    office.said(alice, "Partially successful: 1 sent, 5 not sent. 5 actions need you.")
    wait_until(lambda: any(folder.glob("*/letters.csv")))
    [listed] = folder.glob("*/letters.csv")
    [line] = csv.DictReader(io.StringIO(listed.read_text(encoding="utf-8-sig")))
    assert (line["customer"], line["pages"], line["country"]) == ("Acme Post", "1", "DE")
    assert line["address"] == "Acme Post / Pat Payer / Hauptstr. 5 / 10115 BERLIN / GERMANY"
    words = PdfReader(listed.with_name("all-letters.pdf")).pages[0].extract_text()
    assert "Dear Acme Post," in words
    assert "IE29 AIBK" in words

    alice.dm.last.click("Fix contact", nth=2)
    fix = alice.modal("Fix contact")
    assert "*Bolt Post*" in fix.text
    fix.type("fix_postcode", "10119")
    fix.choose("fix_country", "Austria", query="aus")
    assert "10119 is no postcode of AT" in str(fix.submit().errors)
    fix.choose("fix_country", "Germany", query="ger")
    assert not fix.submit().errors
    office.said(alice, "Partially successful: 2 sent, 4 not sent. 4 actions need you.")
    assert len(list(folder.glob("*/letters/*.pdf"))) == 2
    alice.dm.last.click("Ignore")
    office.said(alice, "3 actions need you.").click("Undo ignore")
    office.said(alice, "4 actions need you.")


def test_by_postgrid_returned_and_mended(desk: Office, alice: Person) -> None:
    office = desk.with_letters().start()
    check = office.write(alice, channel="letter", body=TEXT)
    assert "nothing is really printed or posted" in check.text
    check.submit()
    office.said(alice, "Partially successful: 1 sent")
    [letter] = office.post.letters
    assert (letter.to["companyName"], letter.to["addressLine1"], letter.postcode) == (
        "Acme Post",
        "Hauptstr. 5",
        "10115",
    )
    assert (letter.sender["companyName"], letter.size) == ("Northwind Ltd", "a4")
    assert office.post.tell(letter, secret="forged") == 403
    assert office.post.becomes(letter, "completed") == 200
    wait_until(lambda: state_of(office, "Hauptstr. 5") == ("delivered", "delivered"))
    assert office.post.becomes(letter, "completed", "returned_to_sender") == 200
    office.said(alice, "the post returned it")

    alice.dm.last.click("All ")
    todo = alice.modal("Actions to do")
    todo.click("Fix contact", nth=todo.text.split("Acme Post")[0].count("Fix contact"))
    fix = alice.modal("Fix contact")
    fix.type("fix_postcode", "1011")
    assert "1011 is no postcode of DE" in str(fix.submit().errors)
    fix.type("fix_postcode", "10117")
    fix.choose("fix_keep", "Save to the customer, for next time too")
    assert not fix.submit().errors
    assert [one.postcode for one in office.post.wait_for(2)] == ["10115", "10117"]
    with office.db.read() as session:
        assert "10117" in set(session.scalars(select(Contact.postcode)))

    for letter in office.post.letters:
        office.post.becomes(letter, "completed", "returned_to_sender")
    office.said(alice, "the post returned it").click("All ")
    todo = alice.modal("Actions to do")
    todo.click("Ignore all 1")
    assert "Ignored: 1." in todo.text
