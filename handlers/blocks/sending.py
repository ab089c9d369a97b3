"""The admins' view of how messages leave: sending hours by channel, what SMS cost and say."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.channels import CHANNELS, LETTER, SMS
from bot.domain.letter_prices import LIKE
from bot.domain.letterhead import Letterhead, PaperLayout
from bot.domain.sms_prices import LONGEST
from bot.people.sending_settings import SendingSettings, SmsTerms
from handlers import ids
from handlers.blocks.common import Block, actions, button, checkbox, context, input_block, modal, option, plain
from handlers.blocks.places import country_input

HOURS_LIMIT = 100
OPT_OUT = "yes"


def hours_id(channel: str) -> str:
    """Return the block and action id of a channel's sending hours."""
    return f"{ids.SENDING_HOURS}_{channel}"


def sending_view(settings: SendingSettings, channels: Iterable[str], note: str = "") -> Block:
    """Return the form with the settings of these channels, the ones that the install is set up for."""
    offered = [CHANNELS[name] for name in channels]
    blocks = [context(note)] if note else []
    blocks += [
        input_block(
            f"Hours for {kind.many}",
            _text(hours_id(kind.name), settings.hours.get(kind.name, ""), "08:00-20:00 Mon-Sat", most=HOURS_LIMIT),
            block_id=hours_id(kind.name),
            optional=True,
            hint="On the recipient's clock, never on their public holidays. Empty: at any time.",
        )
        for kind in offered
    ]
    if SMS in offered and settings.sms is not None:
        blocks += _of_sms(settings.sms)
    if LETTER in offered and settings.letters is not None:
        blocks += _of_letters(settings.letters)
    blocks.append(actions([button("Back to settings", ids.SETTINGS_HOME)]))
    return modal("Sending", blocks, callback_id=ids.SENDING, submit="Save")


def _of_sms(terms: SmsTerms) -> list[Block]:
    shown: Block = {"text": plain("End every SMS with how to opt out"), "value": OPT_OUT}
    shown["description"] = plain("“Reply STOP to opt out”, in the customer's language")
    return [
        input_block(
            "Price of an SMS segment by country",
            _text(ids.SENDING_SMS_PRICES, terms.prices, "EUR DE 0.0925, FR 0.0798, other 0.10", most=LONGEST),
            block_id=ids.SENDING_SMS_PRICES,
            optional=True,
            hint="The currency, then countries (ISO 3166) and prices; the estimated cost is shown before Send.",
        ),
        input_block(
            "Opting out",
            checkbox(ids.SENDING_SMS_OPT_OUT, shown, checked=terms.opt_out),
            block_id=ids.SENDING_SMS_OPT_OUT,
            optional=True,
        ),
    ]


def _of_letters(head: Letterhead) -> list[Block]:
    ours = head.address
    return [
        _line("Our street, for letters", ids.SENDING_LETTER_STREET, ours.street, "1 Quay Street", 200, lines=True),
        _line("Our postcode", ids.SENDING_LETTER_POSTCODE, ours.postcode, "D02 XY45", 32),
        _line("Our town", ids.SENDING_LETTER_CITY, ours.city, "Dublin", 100),
        _line("Our state or province, where the post wants one", ids.SENDING_LETTER_REGION, ours.region, "CA", 100),
        country_input("Our country", ids.SENDING_LETTER_COUNTRY, ours.country),
        _line(
            "How to reach us, on letters", ids.SENDING_LETTER_CONTACT, head.contact, "+353 1 234 5678", 300, lines=True
        ),
        _line("How to pay us, on letters", ids.SENDING_LETTER_PAYMENT, head.payment, "IBAN: IE29 …", 600, lines=True),
        _line("Price of a letter and of a page", ids.SENDING_LETTER_PRICES, head.prices, LIKE, 200),
        input_block("Paper", _layouts(head.layout), block_id=ids.SENDING_LETTER_LAYOUT),
    ]


_LAYOUTS = {
    PaperLayout.AUTO: "As our country has it",
    PaperLayout.DIN_B: "A4, window by DIN 5008 B",
    PaperLayout.DIN_A: "A4, window by DIN 5008 A (high)",
    PaperLayout.US_10: "US Letter, #10 envelope",
}


def _layouts(chosen: PaperLayout) -> Block:
    options = {layout: option(words, layout.value) for layout, words in _LAYOUTS.items()}
    select: Block = {"type": "static_select", "action_id": ids.SENDING_LETTER_LAYOUT, "options": [*options.values()]}
    return {**select, "initial_option": options[chosen]}


def _line(label: str, action_id: str, value: str, like: str, most: int, *, lines: bool = False) -> Block:
    field = _text(action_id, value, like, most=most)
    return input_block(label, {**field, "multiline": True} if lines else field, block_id=action_id, optional=True)


def _text(action_id: str, value: str, like: str, *, most: int) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most, "placeholder": plain(like)}
    return {**made, "initial_value": value} if value else made
