"""States of actions and campaigns, and the only tables of how they change.

Each state says how it is entered, who moves it on, and what a crash leaves behind. The diagrams in docs/states.md are
made from these tables, and a test compares them. The storage layer has one named function a transition.
"""

from __future__ import annotations

from enum import StrEnum

from bot.domain.channels import EMAIL, ChannelKind


class ActionState(StrEnum):
    """Where one message to one customer stands."""

    QUEUED = "queued"
    """Entered by Send, by a retry, or by a person's Send. A worker claims it once due. A crash changes nothing."""
    SENDING = "sending"
    """Entered by a claim, held under a lease. A crash before handoff returns it to queued; after it, to manual, or to
    queued where the channel takes a message only once, however often it is handed over."""
    SENT = "sent"
    """The provider accepted it. A receipt may still move it on."""
    DELIVERED = "delivered"
    """The provider said that it arrived. Final, unless the post returns a letter after all."""
    MANUAL = "manual"
    """A person must decide: Send or Ignore. Stays until somebody does, or a late receipt settles it."""
    IGNORED = "ignored"
    """A person decided not to send. Can be undone."""
    SKIPPED = "skipped"
    """The recheck just before sending found that nothing should be sent any more. Final."""
    CANCELLED = "cancelled"
    """The campaign was undone or cancelled before this action went out. Final."""


class ActionEvent(StrEnum):
    """What moves an action."""

    CLAIM = "claim"
    RELEASE = "release"
    ACCEPT = "accept"
    RETRY = "retry"
    REJECT = "reject"
    EXHAUST = "exhaust"
    LOSE = "lose"
    SKIP = "skip"
    NO_RECIPIENT = "no_recipient"
    CANCEL = "cancel"
    DOUBT = "doubt"
    DELIVER = "deliver"
    BOUNCE = "bounce"
    BOUNCE_PARTLY = "bounce_partly"
    BOUNCE_LATE = "bounce_late"
    SEND = "send"
    IGNORE = "ignore"
    UNDO_IGNORE = "undo_ignore"
    SETTLE = "settle"


_A, _E = ActionState, ActionEvent

ACTION_TRANSITIONS: dict[tuple[ActionState, ActionEvent], ActionState] = {
    (_A.QUEUED, _E.CLAIM): _A.SENDING,
    (_A.QUEUED, _E.CANCEL): _A.CANCELLED,
    (_A.QUEUED, _E.DOUBT): _A.MANUAL,
    (_A.SENDING, _E.RELEASE): _A.QUEUED,
    (_A.SENDING, _E.SKIP): _A.SKIPPED,
    (_A.SENDING, _E.NO_RECIPIENT): _A.MANUAL,
    (_A.SENDING, _E.ACCEPT): _A.SENT,
    (_A.SENDING, _E.RETRY): _A.QUEUED,
    (_A.SENDING, _E.EXHAUST): _A.MANUAL,
    (_A.SENDING, _E.REJECT): _A.MANUAL,
    (_A.SENDING, _E.LOSE): _A.MANUAL,
    (_A.SENT, _E.DELIVER): _A.DELIVERED,
    (_A.SENT, _E.BOUNCE): _A.MANUAL,
    (_A.SENT, _E.BOUNCE_PARTLY): _A.SENT,
    (_A.DELIVERED, _E.BOUNCE_LATE): _A.MANUAL,
    (_A.MANUAL, _E.SEND): _A.QUEUED,
    (_A.MANUAL, _E.IGNORE): _A.IGNORED,
    (_A.MANUAL, _E.SETTLE): _A.SENT,
    (_A.IGNORED, _E.UNDO_IGNORE): _A.MANUAL,
}

OPEN_ACTION_STATES = (ActionState.QUEUED, ActionState.SENDING)
"""While any action is in one of these, its campaign is not completed."""


class Reason(StrEnum):
    """Why an action is where it is; shown to people through `reason_text`."""

    FROZEN = "frozen"
    CLAIMED = "claimed"
    LEASE_EXPIRED = "lease_expired"
    OUTSIDE_HOURS = "outside_hours"
    STOPPED = "stopped"
    NOT_TAKEN = "not_taken"
    ACCEPTED = "accepted"
    PARTLY_REFUSED = "partly_refused"
    TRANSIENT = "transient"
    RETRIES_EXHAUSTED = "retries_exhausted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    UNCERTAIN = "uncertain"
    NO_CONTACT = "no_contact"
    INVALID_ADDRESS = "invalid_address"
    NOT_MOBILE = "not_mobile"
    UNPRINTABLE = "unprintable"
    SUPPRESSED = "suppressed"
    SENDER_UNVERIFIED = "sender_unverified"
    RENDER_FAILED = "render_failed"
    EMPTY_VALUE = "empty_value"
    PAID = "paid"
    ALL_DISPUTED = "all_disputed"
    PROMISED = "promised"
    PAUSED = "paused"
    CUSTOMER_GONE = "customer_gone"
    CAMPAIGN_CANCELLED = "campaign_cancelled"
    DECIDED_SEND = "decided_send"
    DECIDED_IGNORE = "decided_ignore"
    IGNORE_UNDONE = "ignore_undone"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    LATE_RECEIPT = "late_receipt"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    UNANSWERED = "unanswered"


PUT_OFF = (Reason.TRANSIENT, Reason.UNANSWERED)
"""Why a queued action that was tried waits to be tried again."""


REASON_TEXTS: dict[Reason, str] = {
    Reason.FROZEN: "waiting to be sent",
    Reason.CLAIMED: "being sent",
    Reason.LEASE_EXPIRED: "waiting again: the worker that had it stopped before sending",
    Reason.OUTSIDE_HOURS: "waiting for the recipient's sending hours",
    Reason.NOT_TAKEN: "waiting again: {provider} says that it never got it",
    Reason.STOPPED: "waiting again: the worker was stopped before sending",
    Reason.ACCEPTED: "accepted by {provider}",
    Reason.PARTLY_REFUSED: "accepted for some recipients, refused for others",
    Reason.TRANSIENT: "waiting to try again: {provider} asked for patience",
    Reason.RETRIES_EXHAUSTED: "{provider} kept putting it off",
    Reason.REJECTED: "refused by {provider}",
    Reason.UNKNOWN: "refused by {provider} for a reason that we do not know",
    Reason.UNCERTAIN: "unknown outcome: it may have been sent",
    Reason.NO_CONTACT: "no contact to write to",
    Reason.INVALID_ADDRESS: "the {address} is not valid",
    Reason.NOT_MOBILE: "the number gets no SMS: it is a landline or another number that is not mobile",
    Reason.UNPRINTABLE: "the name or address has letters that our fonts have not",
    Reason.SUPPRESSED: "the {address} must not be contacted",
    Reason.SENDER_UNVERIFIED: "the sender's address is no longer verified",
    Reason.RENDER_FAILED: "the message could not be written",
    Reason.EMPTY_VALUE: "a tag has nothing to say for this customer",
    Reason.PAID: "nothing overdue any more",
    Reason.ALL_DISPUTED: "everything overdue is disputed",
    Reason.PROMISED: "payment is promised",
    Reason.PAUSED: "the customer is paused",
    Reason.CUSTOMER_GONE: "the customer is no longer in the book",
    Reason.CAMPAIGN_CANCELLED: "the campaign was cancelled",
    Reason.DECIDED_SEND: "a person pressed Send",
    Reason.DECIDED_IGNORE: "a person pressed Ignore",
    Reason.IGNORE_UNDONE: "Ignore was undone",
    Reason.DELIVERED: "delivered",
    Reason.BOUNCED: "came back",
    Reason.RETURNED: "the post returned it: it could not be delivered",
    Reason.WITHDRAWN: "{provider} cancelled it after taking it",
    Reason.UNANSWERED: "waiting to try again: {provider} gave no answer, and takes the same {one} only once",
    Reason.LATE_RECEIPT: "a late receipt says that it was accepted",
}


def reason_text(reason: Reason, kind: ChannelKind = EMAIL) -> str:
    """Return a reason in words, as people read it of an action on this channel."""
    return REASON_TEXTS[reason].format(provider=kind.provider, address=kind.address_word, one=kind.one)


class CampaignState(StrEnum):
    """Where a campaign stands."""

    DRAFT = "draft"
    """Being written by its creator; saved at every step."""
    SCHEDULED = "scheduled"
    """Send was pressed: actions are frozen, and nothing goes out before the hold or the chosen time ends."""
    SENDING = "sending"
    """Actions go out."""
    PAUSED = "paused"
    """Stopped by a person or by a fault that concerns all of it; nothing is claimed until it is resumed."""
    COMPLETED = "completed"
    """No action is queued or being sent. A manual Send brings it back to sending."""
    CANCELLED = "cancelled"
    """Undone or cancelled; what had gone out stays sent."""
    DISCARDED = "discarded"
    """A draft thrown away by its creator."""


class CampaignEvent(StrEnum):
    """What moves a campaign."""

    LAUNCH = "launch"
    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    RESUME_LATER = "resume_later"
    CANCEL = "cancel"
    COMPLETE = "complete"
    REOPEN = "reopen"
    DISCARD = "discard"


_C, _V = CampaignState, CampaignEvent

CAMPAIGN_TRANSITIONS: dict[tuple[CampaignState, CampaignEvent], CampaignState] = {
    (_C.DRAFT, _V.LAUNCH): _C.SCHEDULED,
    (_C.DRAFT, _V.DISCARD): _C.DISCARDED,
    (_C.SCHEDULED, _V.START): _C.SENDING,
    (_C.SCHEDULED, _V.PAUSE): _C.PAUSED,
    (_C.SCHEDULED, _V.CANCEL): _C.CANCELLED,
    (_C.SENDING, _V.PAUSE): _C.PAUSED,
    (_C.SENDING, _V.CANCEL): _C.CANCELLED,
    (_C.SENDING, _V.COMPLETE): _C.COMPLETED,
    (_C.PAUSED, _V.RESUME): _C.SENDING,
    (_C.PAUSED, _V.RESUME_LATER): _C.SCHEDULED,
    (_C.PAUSED, _V.CANCEL): _C.CANCELLED,
    (_C.COMPLETED, _V.REOPEN): _C.SENDING,
}


class PauseReason(StrEnum):
    """Why a campaign is paused."""

    BY_PERSON = "by_person"
    MISSED_SCHEDULE = "missed_schedule"
    SENDER_LOGIN = "sender_login"


class Outcome(StrEnum):
    """How a completed campaign went; derived from its actions, never stored."""

    FULLY = "fully successful"
    PARTIALLY = "partially successful"
    FAILED = "failed"


def outcome(sent: int, not_sent: int) -> Outcome:
    """Derive the outcome: `sent` counts sent and delivered actions, `not_sent` all the others."""
    if sent and not not_sent:
        return Outcome.FULLY
    return Outcome.PARTIALLY if sent else Outcome.FAILED
