"""The catalogue of tags, and what a wrong one was probably meant to be."""

from __future__ import annotations

import pytest

from bot.domain.tags import NAMES, TAGS, nearest


def test_every_tag_can_be_picked() -> None:
    assert len(NAMES) == len(TAGS)
    for tag in TAGS:
        assert tag.code == "{{" + tag.name + "}}"
        assert tag.group
        assert tag.example
        assert len(tag.label) <= 75  # the text of an option: docs.slack.dev, composition objects


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("customer.nam", "customer.name"),
        ("custmer.name", "customer.name"),
        ("customer_name", "customer.name"),
        ("Customer Name", "customer.name"),
        ("company", "customer.name"),
        ("first_name", "contact.first_name"),
        ("FirstName", "contact.first_name"),
        ("amount_due", "amounts.overdue"),
        ("balance", "amounts.outstanding"),
        ("invoice.table", "invoices.table"),
        ("overdue_count", "invoices.overdue_count"),
        ("signature", "sender.signature"),
        ("organization.name", "organisation.name"),
        ("date", "today"),
        ("overdue amount", "amounts.overdue"),
        ("first name", "contact.first_name"),
        ("customer.nmae", "customer.name"),
        ("first-name", "contact.first_name"),
        ("full-name", "contact.name"),
        ("contact.last_name", "contact.name"),
        ("amounts_due", "amounts.due"),
        ("custmer_nmae", "customer.name"),
        ("amounts", "amounts.overdue"),
        ("contact.email", None),
        ("contact.email.work", None),
        ("contact.nickname", None),
        ("customer.country", None),
        ("zzzzzzzz", None),
        ("", None),
    ],
)
def test_nearest_tag(typed: str, meant: str | None) -> None:
    assert nearest(typed) == meant
