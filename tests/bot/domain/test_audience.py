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


STORED = {
    "text": "acme",
    "account_manager": 7,
    "countries": ["DE", "FR"],
    "languages": ["de"],
    "currencies": ["EUR", "JPY"],
    "overdue_min": "10.50",
    "overdue_max": "1000",
    "days_past_due_min": 30,
    "outstanding_min": "0.001",
    "no_contact": True,
    "not_contacted_days": 14,
    "custom": [["region", "north"], ["tier", "A"]],
}


def test_every_part_of_a_filter_survives_json() -> None:
    assert FULL.to_json() == STORED
    assert AudienceFilter.from_json(STORED) == FULL
    assert not FULL.is_empty


def test_what_is_not_set_is_not_stored() -> None:
    assert AudienceFilter(text="acme").to_json() == {"text": "acme"}
    assert AudienceFilter(text="").to_json() == {}
    assert AudienceFilter().is_empty


def test_amounts_are_stored_in_digits_alone() -> None:
    assert AudienceFilter(overdue_min=Decimal("1E+3")).to_json() == {"overdue_min": "1000"}


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


@pytest.mark.parametrize(("stored", "read"), [
    ({"text": " a\x00cme "}, AudienceFilter(text="acme")),  # PostgreSQL keeps no NUL
    ({"text": " \x00 "}, AudienceFilter()),
    ({"account_manager": "me"}, AudienceFilter(account_manager="me")),
    ({"account_manager": "nobody"}, AudienceFilter(account_manager="nobody")),
    ({"account_manager": "somebody"}, AudienceFilter()),
    ({"countries": ("D\x00E", 5, None, "FR")}, AudienceFilter(countries=("DE", "FR"))),
    ({"days_past_due_min": 0, "not_contacted_days": 2**63 - 1},
     AudienceFilter(days_past_due_min=0, not_contacted_days=2**63 - 1)),
    ({"days_past_due_min": True, "not_contacted_days": 2**63}, AudienceFilter()),
    ({"overdue_min": 5, "overdue_max": True, "outstanding_min": 1.5}, AudienceFilter(overdue_min=Decimal(5))),
    ({"overdue_min": "Infinity", "overdue_max": "-1.50"}, AudienceFilter(overdue_max=Decimal("-1.50"))),
    ({"custom": ["ab", 5, ["k", "v", "w"], ["k", 1, "v"], ("k", "v\x00")]}, AudienceFilter(custom=(("k", "v"),))),
    ({"custom": (["k", "v"],)}, AudienceFilter(custom=(("k", "v"),))),
])  # fmt: skip
def test_what_can_be_read_of_a_filter_is(stored: object, read: AudienceFilter) -> None:
    assert AudienceFilter.from_json(stored) == read


def test_an_audience_survives_json() -> None:
    audience = Audience(FULL, True, (3, 1), (2,))
    stored = {"filter": STORED, "all_matching": True, "added": [3, 1], "left_out": [2]}
    assert audience.to_json() == stored
    assert Audience.from_json(stored) == audience
    assert Audience.from_json({**stored, "all_matching": 1}) == Audience(FULL, False, (3, 1), (2,))
    assert Audience.from_json([stored]) == Audience()


def test_ids_that_are_none_are_dropped() -> None:
    assert Audience.from_json({"added": [1, "2", True, -3, 1, 2**70], "left_out": {"4": 4}}) == Audience(added=(1,))
    assert Audience.from_json({"added": (2, 0), "left_out": 7}) == Audience(added=(2, 0))


def test_adding_takes_a_customer_back_from_the_left_out() -> None:
    assert Audience(FULL, True, (5,), (1, 2)).add([2, 3, 2]) == Audience(FULL, True, (5, 2, 3), (1,))


def test_leaving_out_takes_a_customer_from_the_added() -> None:
    assert Audience(FULL, True, (1, 2), (3,)).leave_out([2, 3]) == Audience(FULL, True, (1,), (3, 2))


def test_restoring_forgets_both() -> None:
    assert Audience(FULL, True, (1, 2), (3, 4)).restore([1, 3]) == Audience(FULL, True, (2,), (4,))


def test_a_new_filter_keeps_what_was_picked_by_hand() -> None:
    changed = Audience(added=(1,), left_out=(2,)).with_filter(FULL).with_all_matching(True)
    assert changed == Audience(FULL, True, (1,), (2,))


def test_only_all_of_an_empty_filter_with_nobody_left_out_is_everybody() -> None:
    everybody = Audience(all_matching=True)
    assert everybody.holds_everybody
    assert everybody.add([7]).holds_everybody
    assert not everybody.leave_out([7]).holds_everybody
    assert not everybody.with_filter(AudienceFilter(no_contact=True)).holds_everybody
    assert not Audience(added=(7,)).holds_everybody
