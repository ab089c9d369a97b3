"""Letters before they leave: our own address, what is frozen, what a person mends."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from bot.campaigns import check, decide, freeze, preview
from bot.domain.letterhead import Letterhead, PaperLayout
from bot.domain.postal import PostalAddress
from bot.domain.states import ActionState, CampaignState
from bot.errors import FieldErrors, UserError
from bot.people import sending_settings
from bot.people.sending_settings import SendingSettings
from storage.db import Database
from storage.models import Action, Contact
from tests.builders import NOW, Builder

OURS = PostalAddress("", "", "1 Quay Street", "D02 XY45", "Dublin", "", "IE")
PLACE = {"street": "Hauptstr. 5", "postcode": "10115", "city": "Berlin"}

pytestmark = pytest.mark.database("sqlite")


@pytest.fixture
def letterhead(db: Database, build: Builder) -> None:
    head = Letterhead(OURS, payment="IBAN: IE29", prices="EUR letter 1, page 0.10")
    sending_settings.change(db, build.caller(role="admin"), SendingSettings({}, None, head))


def test_without_an_address_of_ours_no_letter_leaves(db: Database, build: Builder) -> None:
    user = build.user()
    build.contact(build.customer("Acme", email=None), is_main=True, **PLACE)
    draft = build.campaign(user, channel="letter", body="Please pay.")
    found = check.run(db, build.caller(user), draft.id, now=NOW)
    assert found.problems == (
        "Letters need our own postal address. An admin writes it down: /campaign settings, Sending.",
    )


def test_addresses_are_frozen_in_their_parts_and_the_customers_country_fills_in(
    db: Database, build: Builder, letterhead: None
) -> None:
    user = build.user()
    contact = build.contact(build.customer("Acme", email=None), is_main=True, **PLACE)
    build.contact(build.customer("Long", email=None), is_main=True, **(PLACE | {"street": "\n".join("ABCDEFGH")}))
    build.customer("Nowhere", email="only@example.com")
    draft = build.campaign(user, channel="letter", body="Please pay {{amounts.overdue}}.")
    found = check.run(db, build.caller(user), draft.id, now=NOW)
    assert (found.to_send, found.problems) == (1, ())
    assert {(each.reason, each.count) for each in found.manual} == {("invalid_address", 1), ("no_contact", 1)}
    assert found.notes == ("1 page in all; the longest letter has 1.", "Estimated cost: 1.10 EUR.")
    shown = preview.show(db, build.caller(user), draft.id, index=0, now=NOW)
    assert shown.to == ("Pat Payer <Hauptstr. 5, 10115 Berlin, DE>",)
    assert shown.notes == ("1 page. This letter costs 1.10 EUR.",)

    build.campaign(user, channel="letter", body="x", state=CampaignState.SCHEDULED, frozen_at=None)
    freeze.freeze_due(db, NOW)
    with db.read() as session:
        rows = {row.reason: row for row in session.scalars(select(Action))}
    assert rows["frozen"].recipients == [
        {
            "contact_id": contact.id,
            "name": "Pat Payer",
            "postal": {"company": "Acme", "name": "Pat Payer", **PLACE, "country": "DE"},
        }
    ]
    assert "lines, and the window shows" in (rows["invalid_address"].detail or "")


def test_a_person_mends_the_address_and_keeps_it(db: Database, build: Builder, letterhead: None) -> None:
    user = build.user()
    customer = build.customer("Acme", email=None)
    contact = build.contact(customer, is_main=True, **(PLACE | {"postcode": "1"}))
    campaign = build.campaign(user, channel="letter", state=CampaignState.SENDING)
    action = build.action(
        campaign, customer, state=ActionState.MANUAL, reason="invalid_address", recipients=[], detail="Hauptstr. 5"
    )
    form = decide.fixing(db, build.caller(user), action.id)
    assert form.written == PostalAddress("Acme", "Pat Payer", "Hauptstr. 5", "1", "Berlin")
    with pytest.raises(UserError, match="1 is no postcode of DE, like 26133"):
        decide.fix_contact(db, build.caller(user), action.id, address=form.written)
    typed = PostalAddress(street="Hauptstr. 5", postcode="10117", city="Berlin")
    decide.fix_contact(db, build.caller(user), action.id, address=typed, save_to_customer=True)
    with db.read() as session:
        row, kept = session.get_one(Action, action.id), session.get_one(Contact, contact.id)
    assert (row.state, row.recipients[0]["contact_id"]) == ("queued", contact.id)
    assert row.recipients[0]["postal"]["name"] == "Pat Payer"
    assert (kept.street, kept.postcode, kept.country) == ("Hauptstr. 5", "10117", "DE")


def test_our_letterhead_is_kept_in_its_normal_form_and_faults_are_named(db: Database, build: Builder) -> None:
    admin = build.caller(role="admin")
    wrong = Letterhead(PostalAddress(street="1 Quay", country="ie", postcode="12"), "", "日本", "0.95")
    with pytest.raises(FieldErrors) as refused:
        sending_settings.change(db, admin, SendingSettings({}, None, wrong))
    assert refused.value.fields == {
        "letter_address": "1 Quay, 12, IE: no city; 12 is no postcode of IE, like A65 F4E2.",
        "letter_payment": "Our fonts for letters have no 日 本.",
        "letter_prices": "Begin with the currency: EUR letter 0.95, page 0.12.",
    }
    good = Letterhead(OURS, "call us", "IBAN: IE29", "", PaperLayout.DIN_A)
    sending_settings.change(db, admin, SendingSettings({}, None, good))
    assert sending_settings.read(db, admin).letters == good
