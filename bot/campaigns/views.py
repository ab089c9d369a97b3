"""What the use cases of picking, writing and checking return: plain values, made for whoever draws them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from bot.domain.audience import Audience
from bot.domain.money import Money
from bot.rendering.preview import Shown


@dataclass(frozen=True, slots=True)
class SenderChoice:
    """A verified identity for From: `value` is `user:<id>` or `alias:<id>`, `label` is name and address."""

    value: str
    label: str
    email: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as it was last saved; `version` grows with every saved change.

    `sender` is None when nobody was chosen, or when the chosen one is no longer verified.
    """

    id: int
    version: int
    name: str
    channel: str
    audience: Audience
    sender: SenderChoice | None
    to_positions: tuple[str, ...]
    cc: tuple[str, ...]
    subject: str
    body: str
    attach_statement: bool
    put_back: tuple[str, ...]
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class DraftSummary:
    """One of the caller's drafts in a list; `selected` is how many customers its audience holds now, None uncounted."""

    id: int
    name: str
    updated_at: datetime
    selected: int | None
    channel: str = "email"


@dataclass(frozen=True, slots=True)
class CustomerName:
    """A customer as one line of a list or of type-ahead; `overdue` is empty where it was not asked for."""

    id: int
    name: str
    group: str | None = None
    overdue: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A customer as a row of the list that is looked through; `days_past_due` is that of the oldest overdue invoice."""

    id: int
    name: str
    group: str | None
    overdue: tuple[Money, ...]
    days_past_due: int
    main_contact: str | None
    selected: bool


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """One page, 0-based; `pages` is at least 1, `total` counts the rows of all of them."""

    rows: tuple[CustomerRow, ...]
    page: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class FilterChoices:
    """What the filters can be set to: only values that the caller's customers have."""

    countries: tuple[str, ...]
    languages: tuple[str, ...]
    currencies: tuple[str, ...]
    custom_keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PickedView:
    """Who was picked by hand."""

    added: tuple[CustomerName, ...]
    left_out: tuple[CustomerName, ...]


@dataclass(frozen=True, slots=True)
class AudienceView:
    """The first screen: `matching` counts what the filter finds, `selected` what the campaign goes to.

    `overdue` is the total of the selected, one amount a currency; while nobody is selected, `matching_overdue` is that
    of those who match. `account_managers` are who the filter offers, to somebody who sees all customers.
    """

    campaign_id: int
    version: int
    audience: Audience
    matching: int
    selected: int
    overdue: tuple[Money, ...]
    added: tuple[CustomerName, ...]
    left_out: tuple[CustomerName, ...]
    account_managers: tuple[tuple[int, str], ...] = ()
    matching_overdue: tuple[Money, ...] = ()


@dataclass(frozen=True, slots=True)
class SavedAudienceRow:
    """An audience kept under a name."""

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class PreviewView:
    """The real message for one customer of the audience, number `index` (0-based) of `total`.

    `customer_id` is None when the audience is empty. `faults` are what keeps the message from being written, in words;
    then `subject`, `text` and `shown` (the text with its formatting) are empty. `empty_tags` names the tags that had
    nothing to say. `notes` are what the channel says of this message: of an SMS its segments, their price, and what
    made it Unicode. `address` are the lines on the envelope, of channels that have one.
    """

    campaign_id: int
    channel: str
    customer_id: int | None
    customer_name: str
    index: int
    total: int
    to: tuple[str, ...]
    cc: tuple[str, ...]
    sender: str
    subject: str
    text: str
    shown: Shown
    empty_tags: tuple[str, ...]
    faults: tuple[str, ...]
    notes: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()
    address: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WritingView:
    """What the writing screen shows: the draft, the contact positions to choose from, and the message as it will be."""

    draft: DraftView
    positions: tuple[str, ...]
    preview: PreviewView


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """How many customers one reason concerns; `put_back` says that they are sent to all the same.

    `examples` name the first of them, each with what is wrong where that is known.
    """

    reason: str
    text: str
    count: int
    put_back: bool = False
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Waiting:
    """How many recipients wait for their local sending hours (`hours` in words), from the first to the last opening."""

    count: int
    hours: str
    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class CheckView:
    """The last screen before Send.

    `to_send` goes out by itself, `manual` needs a person, `left_out` is not written to unless put back (then it counts
    in the other two). `overdue` is what those written to are asked for: disputed invoices are not in it. While there
    are `problems`, Send is refused with them. `notes` are what sending takes on this channel: segments and cost.
    `waiting` says who is written to only later, in the sending hours where they are; `going` are the ids of those who
    become actions, in the order of names.
    """

    campaign_id: int
    version: int
    name: str
    channel: str
    to_send: int
    manual: tuple[ReasonCount, ...]
    left_out: tuple[ReasonCount, ...]
    overdue: tuple[Money, ...]
    selected: int
    problems: tuple[str, ...]
    send_at: datetime | None
    notes: tuple[str, ...] = ()
    waiting: Waiting | None = None
    going: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Launched:
    """A campaign on its way: `first` says whether this very call launched it, or an earlier one had.

    `later` says that its creator chose a time; else it starts after the hold. Where `customers` are so many that who of
    them is left out is not known yet, `surely` is False.
    """

    campaign_id: int
    name: str
    later: bool
    customers: int
    starts_at: datetime
    first: bool
    surely: bool = True
