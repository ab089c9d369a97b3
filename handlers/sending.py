"""The screen of `/campaign settings` that says how messages leave; it stands in the settings' own window."""

from __future__ import annotations

from bot.domain.channels import CHANNELS
from bot.domain.letterhead import Letterhead, PaperLayout
from bot.domain.postal import PostalAddress
from bot.people import countries, sending_settings
from bot.people.sending_settings import SendingSettings, SmsTerms
from handlers import ids
from handlers.blocks.common import Block, option
from handlers.blocks.sending import OPT_OUT, hours_id, sending_view
from handlers.deps import Deps
from handlers.entries import Entries
from handlers.parse import View
from handlers.turn import Turn, bind, bind_options

FIELD_BLOCKS = {
    ids.SENDING: {
        **{f"hours_{channel}": hours_id(channel) for channel in CHANNELS},
        "sms_prices": ids.SENDING_SMS_PRICES,
        "letter_prices": ids.SENDING_LETTER_PRICES,
        "letter_address": ids.SENDING_LETTER_STREET,
        "letter_payment": ids.SENDING_LETTER_PAYMENT,
    }
}


def register(entries: Entries, deps: Deps) -> None:
    """Bind the screen's button and its form."""
    entries.action(ids.SETTINGS_OPEN_SENDING)(bind(deps, show_sending))
    entries.view(ids.SENDING)(bind(deps, save_sending))
    for action_id in (ids.SENDING_LETTER_COUNTRY, ids.FIX_COUNTRY, ids.SUPPRESS_COUNTRY):
        entries.options(action_id)(bind_options(deps, country_options))


def show_sending(turn: Turn) -> None:
    """Sending -> sending_settings.read"""
    settings = sending_settings.read(turn.deps.db, turn.caller)
    turn.redraw(sending_view(settings, turn.deps.channels), force=True)
    turn.ack()


def save_sending(turn: Turn) -> None:
    """Save -> sending_settings.change; what the view did not show stays as it is"""
    view = turn.view
    hours = {name: view.text(hours_id(name)) for name in CHANNELS if view.has(hours_id(name))}
    opt_out = OPT_OUT in view.choices(ids.SENDING_SMS_OPT_OUT)
    sms = SmsTerms(view.text(ids.SENDING_SMS_PRICES), opt_out) if view.has(ids.SENDING_SMS_PRICES) else None
    sending_settings.change(turn.deps.db, turn.caller, SendingSettings(hours, sms, _letterhead(view)))
    turn.deps.wake()
    settings = sending_settings.read(turn.deps.db, turn.caller)
    turn.replace(sending_view(settings, turn.deps.channels, "Saved."))


def country_options(turn: Turn) -> list[Block]:
    """Type-ahead over countries, here and wherever an address is mended -> countries.search"""
    return [option(name, code) for code, name in countries.search(turn.body.get("value") or "")]


def _letterhead(view: View) -> Letterhead | None:
    if not view.has(ids.SENDING_LETTER_STREET):
        return None
    address = PostalAddress(
        street=view.text(ids.SENDING_LETTER_STREET),
        postcode=view.text(ids.SENDING_LETTER_POSTCODE),
        city=view.text(ids.SENDING_LETTER_CITY),
        region=view.text(ids.SENDING_LETTER_REGION),
        country=view.choice(ids.SENDING_LETTER_COUNTRY) or "",
    )
    layout = view.choice(ids.SENDING_LETTER_LAYOUT) or PaperLayout.AUTO.value
    return Letterhead(
        address=address,
        contact=view.text(ids.SENDING_LETTER_CONTACT),
        payment=view.text(ids.SENDING_LETTER_PAYMENT),
        prices=view.text(ids.SENDING_LETTER_PRICES).strip(),
        layout=PaperLayout(layout) if layout in set(PaperLayout) else PaperLayout.AUTO,
    )
