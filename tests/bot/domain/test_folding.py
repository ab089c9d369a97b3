"""One form of a text, whatever its case, accents or spacing."""

from __future__ import annotations

import pytest

from bot.domain.folding import fold, fold_address, fold_place


@pytest.mark.parametrize(("text", "folded"), [
    ("  ACME \t Ltd\n", "acme ltd"), ("  Müller \t GmbH ", "muller gmbh"), ("Große STRASSE", "grosse strasse"),
    ("ﬁn\u00a0Å", "fin a"), ("Łódź", "łodz"), ("ΕΛΛΆΣ", "ελλασ"), ("한국", "한국"), ("", ""), ("é_-1", "e_-1"),
])  # fmt: skip
def test_a_name_is_found_whatever_its_case_accents_and_spaces(text: str, folded: str) -> None:
    assert fold(text) == folded
    assert fold(folded) == folded


@pytest.mark.parametrize(("address", "folded"), [
    (" Pat.O'Neil+x@Acme.Example ", "pat.o'neil+x@acme.example"),
    ("José_1@acme.example", "josé_1@acme.example"),  # another mailbox than jose_1
    (" Rue de l’Église 5,  75001_Paris, FR", "rue de l eglise 5 75001 paris fr"),
])  # fmt: skip
def test_only_postal_addresses_lose_accents_and_punctuation(address: str, folded: str) -> None:
    assert fold_address(address) == folded
    assert fold_address(folded) == folded


def test_a_place_is_the_same_however_it_is_punctuated() -> None:
    assert fold_place(" Sankt-Gallen_(1). ") == "sankt gallen 1"
