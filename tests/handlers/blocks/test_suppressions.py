"""The views of suppressions keep Slack's limits, whatever the names and notes, and show them as they are."""

from __future__ import annotations

from bot.people.suppressions import Detail, Event, HistoryPage, Page, Row
from handlers.blocks import suppressions as blocks
from storage.models import SuppressionEvent
from tests.builders import NOW
from tests.handlers.blocks.test_screens import shown

HOSTILE = "*x*<!channel>"
ROW = Row(1, "email", f"{'a' * 300}@b.example", "unheard_of", HOSTILE * 40, NOW)
EVENT = Event("sms", "+4915123456789", SuppressionEvent.LIFTED, "opt_out", HOSTILE * 40, HOSTILE, NOW)


def test_every_view_fits_and_names_stay_names() -> None:
    first = shown(blocks.list_view(Page((ROW,), 1, 3, 21), searched=True, note=HOSTILE))
    assert "unheard of" in first
    assert "21 addresses, page 2 of 3" in first
    one = shown(blocks.detail_view(Detail(ROW, (HOSTILE,) * 20, (EVENT,) * 20)))
    assert "They asked for it themselves" not in one
    history = shown(blocks.history_view(HistoryPage((EVENT,) * 10, 0, 2)))
    assert "Lifted <!date^1773133200^" in history
    assert "(asked not to be contacted)" in history
    for text in (first, one, history):
        assert "<!channel>" not in text
        assert "*x*" not in text


def test_empty_lists_say_so() -> None:
    nobody = Page((), 0, 1, 0)
    assert "Everybody may be contacted." in shown(blocks.list_view(nobody, searched=False))
    assert "No suppressed address holds this." in shown(blocks.list_view(nobody, searched=True))
    assert "Nothing was suppressed yet." in shown(blocks.history_view(HistoryPage((), 0, 1)))
    assert "One a line" in shown(blocks.add_view())
