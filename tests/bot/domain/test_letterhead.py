"""What is the same on all letters: stored, and read again."""

from __future__ import annotations

from bot.domain.letterhead import Letterhead, PaperLayout
from bot.domain.postal import PostalAddress

HEAD = Letterhead(
    PostalAddress(company="Northwind", city="Berlin"), "Tel 1", "IBAN 2", "EUR letter 0.95", PaperLayout.US_10
)
STORED = {
    "address": {"company": "Northwind", "city": "Berlin"},
    "contact": "Tel 1",
    "payment": "IBAN 2",
    "prices": "EUR letter 0.95",
    "layout": "us10",
}


def test_it_is_stored_in_plain_words_and_read_again() -> None:
    assert HEAD.to_json() == STORED
    assert Letterhead.from_json(STORED) == HEAD


def test_what_is_missing_is_empty_and_a_layout_that_is_none_is_chosen_by_our_country() -> None:
    nothing = Letterhead(PostalAddress(), "", "", "", PaperLayout.AUTO)
    assert Letterhead.from_json({}) == Letterhead.from_json({"address": None, "layout": "a4"}) == nothing
