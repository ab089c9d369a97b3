"""What an audience remembers, and how it survives being stored."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.domain.audience import Audience, AudienceFilter

FULL = AudienceFilter(
    text="acme",
    account_manager=7,
    countries=("DE", "FR"),
    languages=("de",),
    currencies=("EUR", "JPY"),
    overdue_min=Decimal("10.50"),
    overdue_max=Decimal(1000),
    days_past_due_min=30,
    outstanding_min=Decimal("0.001"),
    no_contact=True,
    not_contacted_days=14,
    custom=(("region", "north"), ("tier", "A")),
)


def test_every_part_of_a_filter_survives_json() -> None:
    assert AudienceFilter.from_json(FULL.to_json()) == FULL


def test_what_is_not_set_is_not_stored() -> None:
    assert AudienceFilter(text="acme").to_json() == {"text": "acme"}
    assert AudienceFilter().is_empty


def test_zero_is_a_bound_and_is_stored() -> None:
    assert AudienceFilter(not_contacted_days=0).to_json() == {"not_contacted_days": 0}


@pytest.mark.parametrize(
    "stored",
    [
        None,
        [],
        "x",
        {"unknown": 1},
        {"text": 5, "countries": "DE", "overdue_min": "lots", "days_past_due_min": -1, "custom": [["one"]]},
        {"account_manager": True, "no_contact": "yes", "not_contacted_days": 1.5, "outstanding_min": "NaN"},
    ],
)
def test_what_is_out_of_shape_asks_for_nothing(stored: object) -> None:
    assert AudienceFilter.from_json(stored) == AudienceFilter()


def test_an_audience_survives_json() -> None:
    audience = Audience(FULL, True, (3, 1), (2,))
    assert Audience.from_json(audience.to_json()) == audience


def test_ids_that_are_none_are_dropped() -> None:
    assert Audience.from_json({"added": [1, "2", True, -3, 1, 2**70], "left_out": {"4": 4}}) == Audience(added=(1,))


def test_adding_takes_a_customer_back_from_the_left_out() -> None:
    assert Audience(left_out=(1, 2)).add([2, 3, 2]) == Audience(added=(2, 3), left_out=(1,))


def test_leaving_out_takes_a_customer_from_the_added() -> None:
    assert Audience(added=(1, 2)).leave_out([2]) == Audience(added=(1,), left_out=(2,))


def test_restoring_forgets_both() -> None:
    assert Audience(added=(1, 2), left_out=(3,)).restore([1, 3]) == Audience(added=(2,))


def test_a_new_filter_keeps_what_was_picked_by_hand() -> None:
    changed = Audience(added=(1,), left_out=(2,)).with_filter(FULL).with_all_matching(True)
    assert changed == Audience(FULL, True, (1,), (2,))
