"""What sets the channels apart, as far as rules and screens go; each has its sending half in bot.channels.

Everything else is the same for all of them: a new channel is a row here, a `Channel` in bot.channels that passes the
conformance suite, and an address check in bot.channels.addresses.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bot.domain.postal import PostalAddress, Written


class AddressKind(StrEnum):
    """What a message is addressed to; the key in frozen recipients, and but for postal ones the contact's column."""

    EMAIL = "email"
    PHONE = "phone"
    POSTAL = "postal"


@dataclass(frozen=True, slots=True)
class ChannelKind:
    """One channel: `one` and `many` name its messages, `provider` who takes them, `setting` where that is set up.

    `most_recipients` is how many people one action can go to at once; None sets no limit. `has_format` says whether
    bold, lists and links with a text of their own can be written; `can_look_up` whether the provider can be asked what
    became of a message after a crash; `is_repeatable` whether a message that is handed over twice is taken once, so
    that an attempt without an answer is simply tried again.
    """

    name: str
    one: str
    many: str
    address: AddressKind
    address_word: str
    provider: str
    setting: str
    has_subject: bool = False
    has_cc: bool = False
    has_statement: bool = False
    has_table: bool = False
    has_format: bool = False
    most_recipients: int | None = 1
    can_look_up: bool = False
    is_repeatable: bool = False

    def address_of(self, recipient: Mapping[str, Any]) -> str:
        """Return the address of a frozen recipient as text, empty where there is none."""
        return str(self.written_of(recipient))

    def written_of(self, recipient: Mapping[str, Any]) -> Written:
        """Return the address of a frozen recipient as it was written, of a postal one its parts."""
        frozen = recipient.get(self.address.value)
        if self.address is AddressKind.POSTAL:
            return PostalAddress.from_json(frozen if isinstance(frozen, Mapping) else {})
        return str(frozen or "")

    def shown(self, folded: str) -> str:
        """Return an address in the form that suppressions keep as people read it; only a postal one looks otherwise."""
        if self.address is not AddressKind.POSTAL:
            return folded
        words = folded.split()
        coded = {n for n, word in enumerate(words) if n == len(words) - 1 or any(c.isdigit() for c in word)}
        return " ".join(word.upper() if n in coded else word.capitalize() for n, word in enumerate(words))

    def recipient(self, contact_id: int | None, name: str, address: Written) -> dict[str, object]:
        """Return a recipient as it is frozen into an action."""
        frozen = address.to_json() if isinstance(address, PostalAddress) else address
        return {"contact_id": contact_id, "name": name, self.address.value: frozen}


EMAIL = ChannelKind(
    name="email",
    one="email",
    many="emails",
    address=AddressKind.EMAIL,
    address_word="address",
    provider="the mail server",
    setting="SMTP_URL",
    has_subject=True,
    has_cc=True,
    has_statement=True,
    has_table=True,
    has_format=True,
    most_recipients=None,
)
SMS = ChannelKind(
    name="sms",
    one="SMS",
    many="SMS",
    address=AddressKind.PHONE,
    address_word="phone number",
    provider="Twilio",
    setting="the TWILIO_ settings",
    can_look_up=True,
)
LETTER = ChannelKind(
    name="letter",
    one="letter",
    many="letters",
    address=AddressKind.POSTAL,
    address_word="postal address",
    provider="the print shop",
    setting="the LETTER_ settings",
    has_table=True,
    has_format=True,
    is_repeatable=True,
)

CHANNELS: dict[str, ChannelKind] = {kind.name: kind for kind in (EMAIL, SMS, LETTER)}
