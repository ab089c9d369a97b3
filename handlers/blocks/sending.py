"""The admins' view of how messages leave: sending hours by channel, what SMS cost and say."""

from __future__ import annotations

from collections.abc import Iterable

from bot.domain.channels import CHANNELS, SMS
from bot.domain.sms_prices import LONGEST
from bot.people.sending_settings import SendingSettings, SmsTerms
from handlers import ids
from handlers.blocks.common import Block, actions, button, checkbox, context, input_block, modal, plain

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


def _text(action_id: str, value: str, like: str, *, most: int) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most, "placeholder": plain(like)}
    return {**made, "initial_value": value} if value else made
