"""What is the same on all letters of a workspace, as its admins wrote it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bot.domain.postal import PostalAddress


class PaperLayout(StrEnum):
    """Which sheet and window: by our own country, or one of those that bot.rendering.letter sets."""

    AUTO = "auto"
    DIN_A = "din5008a"
    DIN_B = "din5008b"
    US_10 = "us10"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Our postal address (where letters come back to), how to reach us and how to pay us (a line each), and prices.

    `prices` are written as bot.domain.letter_prices reads them; empty where nobody wrote them down.
    """

    address: PostalAddress = field(default_factory=PostalAddress)
    contact: str = ""
    payment: str = ""
    prices: str = ""
    layout: PaperLayout = PaperLayout.AUTO

    def to_json(self) -> dict[str, Any]:
        """Return the form in which it is stored."""
        texts = {"contact": self.contact, "payment": self.payment, "prices": self.prices, "layout": self.layout.value}
        return {"address": self.address.to_json(), **texts}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Letterhead:
        """Return what `to_json` wrote; what is missing is empty."""
        layout = str(stored.get("layout"))
        return cls(
            address=PostalAddress.from_json(stored.get("address") or {}),
            contact=str(stored.get("contact", "")),
            payment=str(stored.get("payment", "")),
            prices=str(stored.get("prices", "")),
            layout=PaperLayout(layout) if layout in set(PaperLayout) else PaperLayout.AUTO,
        )
