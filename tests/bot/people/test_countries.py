"""Countries are found by the words of their names and by their codes."""

from __future__ import annotations

from bot.people.countries import name_of, search


def test_a_country_is_found_by_name_accents_and_code() -> None:
    assert search("united") == [
        ("AE", "United Arab Emirates"),
        ("GB", "United Kingdom"),
        ("US", "United States"),
    ]
    assert search("cote d") == [("CI", "Côte d’Ivoire")]
    assert search("UK")[0] == ("GB", "United Kingdom")
    assert search("de")[0] == ("DE", "Germany")
    assert search("Atlantis") == []
    assert len(search("")) == 100
    assert name_of("GR") == "Greece"
