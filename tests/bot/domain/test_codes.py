"""Codes that prove an alias."""

from __future__ import annotations

import pytest

from bot.domain.codes import alias_code, same_code


@pytest.mark.parametrize(("alias_id", "nonce", "code"), [(1, "n1", "824294"), (2, "n1", "766972"), (6, "n1", "042537")])
def test_a_code_has_six_digits_and_stays_what_it_was(alias_id: int, nonce: str, code: str) -> None:
    assert alias_code("k" * 32, alias_id, nonce) == code


def test_a_code_is_another_one_under_another_key_or_nonce() -> None:
    assert len({alias_code(key, 1, nonce) for key in ("k" * 32, "l" * 32) for nonce in ("n1", "n2")}) == 4


@pytest.mark.parametrize(("given", "same"), [
    ("042537", True), (" 042 537 ", True), ("042-537", True),
    ("42537", False), ("042538", False), ("", False), ("０４２５３７", False), ("042.537", False),
])  # fmt: skip
def test_a_code_may_be_typed_with_spaces_and_dashes(given: str, same: bool) -> None:
    assert same_code("042537", given) is same
