"""States: final ones are left by nothing, every reason has its words on each channel, and how a campaign went."""

from __future__ import annotations

import pytest

from bot.domain.channels import CHANNELS, EMAIL, LETTER, SMS, ChannelKind
from bot.domain.states import (
    ACTION_TRANSITIONS,
    CAMPAIGN_TRANSITIONS,
    ActionState,
    CampaignState,
    Outcome,
    Reason,
    outcome,
    reason_text,
)


def test_what_is_over_stays_over() -> None:
    left = {state for state, _ in ACTION_TRANSITIONS}
    assert set(ActionState) - left == {ActionState.SKIPPED, ActionState.CANCELLED}
    assert set(CampaignState) - {state for state, _ in CAMPAIGN_TRANSITIONS} == {
        CampaignState.CANCELLED,
        CampaignState.DISCARDED,
    }


@pytest.mark.parametrize(("reason", "kind", "words"), [
    (Reason.SUPPRESSED, EMAIL, "the address must not be contacted"),
    (Reason.SUPPRESSED, SMS, "the phone number must not be contacted"),
    (Reason.INVALID_ADDRESS, LETTER, "the postal address is not valid"),
    (Reason.ACCEPTED, EMAIL, "accepted by the mail server"),
    (Reason.REJECTED, SMS, "refused by Twilio"),
    (Reason.UNANSWERED, LETTER,
     "waiting to try again: the print shop gave no answer, and takes the same letter only once"),
    (Reason.UNANSWERED, SMS, "waiting to try again: Twilio gave no answer, and takes the same SMS only once"),
])  # fmt: skip
def test_a_reason_speaks_of_the_channel(reason: Reason, kind: ChannelKind, words: str) -> None:
    assert reason_text(reason, kind) == words


def test_every_reason_has_words_on_every_channel() -> None:
    for kind in CHANNELS.values():
        texts = [reason_text(reason, kind) for reason in Reason]
        assert all(texts)
        assert not [text for text in texts if "{" in text or "None" in text]
    assert reason_text(Reason.ACCEPTED) == reason_text(Reason.ACCEPTED, EMAIL)


@pytest.mark.parametrize(("sent", "not_sent", "expected"), [
    (3, 0, Outcome.FULLY), (3, 1, Outcome.PARTIALLY), (0, 1, Outcome.FAILED), (0, 0, Outcome.FAILED),
])  # fmt: skip
def test_how_a_campaign_went(sent: int, not_sent: int, expected: Outcome) -> None:
    assert outcome(sent, not_sent) is expected
