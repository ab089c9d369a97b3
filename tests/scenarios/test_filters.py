"""Who's filters as people type them: amounts in every notation, faults beside their field, nothing typed is lost."""

from __future__ import annotations

import pytest

from sandbox.person import Person
from tests.scenarios.office import Office

pytestmark = [pytest.mark.road("socket"), pytest.mark.database("sqlite")]


def test_filters_count_as_they_are_typed_and_a_wrong_one_is_told_beside_it(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    assert who.submit().errors == {
        "Who is selected": "Nobody is selected yet: tick “All that match”, or add customers by name."
    }
    assert "Press Enter to count." in who.text
    who.choose("who_all", "All 4 that match")
    for typed, found in (("50", 3), ("100,00", 2), ("1,500", 0), ("1.500,00", 0), ("0", 4), ("123.45", 2)):
        who.type("who_overdue_min", typed, enter=True)
        assert (f"*{found} customer" if found else "*Nobody selected yet.*") in who.text, typed
    who.type("who_overdue_min", "EUR lots", enter=True)
    assert alice.modal().title == "Who"
    assert "Type an amount such as 1500 or 1,500.50, without a currency." in who.text
    assert who.value("who_overdue_min") == "EUR lots"
    who.type("who_overdue_min", "1.000", enter=True)
    assert "Type an amount" not in who.text
    who.type("who_overdue_min", "")
    who.type("who_days_past_due", "36000", enter=True)
    assert "*Nobody selected yet.*" in who.text


def test_picking_by_hand_counts_what_was_typed_without_enter(office: Office, alice: Person) -> None:
    alice.command("/campaign")
    who = alice.modal("Who")
    who.choose("who_all", "All 4 that match")
    who.type("who_overdue_min", "100")
    who.choose("who_add", "Cargo Ltd", query="car")
    assert "*3 customers selected*, EUR 873.45 overdue" in who.text
