"""Addresses as channels freeze, read and show them."""

from __future__ import annotations

from typing import Any

import pytest

from bot.domain.channels import EMAIL, LETTER, SMS, ChannelKind
from bot.domain.postal import PostalAddress, Written

PLACE = PostalAddress(company="Acme", street="Main 1", city="Cork", country="IE")


@pytest.mark.parametrize(("kind", "address", "frozen", "line"), [
    (EMAIL, "pat@example.com", {"email": "pat@example.com"}, "pat@example.com"),
    (SMS, "+49301", {"phone": "+49301"}, "+49301"),
    (LETTER, PLACE, {"postal": {"company": "Acme", "street": "Main 1", "city": "Cork", "country": "IE"}},
     "Main 1, Cork, IE"),
])  # fmt: skip
def test_a_recipient_is_frozen_and_read_again(
    kind: ChannelKind, address: Written, frozen: dict[str, Any], line: str
) -> None:
    assert kind.recipient(7, "Pat", address) == {"contact_id": 7, "name": "Pat", **frozen}
    assert kind.written_of(frozen) == address
    assert kind.address_of(frozen) == line


@pytest.mark.parametrize(("kind", "nothing"), [(EMAIL, ""), (SMS, ""), (LETTER, PostalAddress())])
def test_where_there_is_no_address_it_is_empty(kind: ChannelKind, nothing: Written) -> None:
    for recipient in ({}, {kind.address.value: None}):
        assert kind.written_of(recipient) == nothing
        assert kind.address_of(recipient) == ""


@pytest.mark.parametrize(("kind", "folded", "shown"), [
    (EMAIL, "pat@example.com", "pat@example.com"), (SMS, "+49301", "+49301"),
    (LETTER, "1 high st sw1a 1aa london gb", "1 High St SW1A 1AA London GB"), (LETTER, "", ""),
])  # fmt: skip
def test_only_a_folded_postal_address_is_written_out_for_people(kind: ChannelKind, folded: str, shown: str) -> None:
    assert kind.shown(folded) == shown
