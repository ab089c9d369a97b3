"""The channels and what comes back by them, built from the settings; the composition root puts them to work."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.channels.base import Channel
from bot.channels.email import EmailChannel
from bot.channels.letter import SpoolChannel
from bot.channels.postgrid import TEST_KEY, PostGridAccount, PostGridChannel, is_signed, status_of
from bot.channels.sms import STATUS_PATH, SmsChannel, TwilioAccount
from bot.channels.smtp import SmtpTarget
from bot.config import LetterDelivery, Settings
from bot.dispatch import letter_receipts, receipts
from bot.dispatch.receipts import SmsReport
from bot.domain.return_paths import ReturnPaths
from bot.errors import UserError
from bot.inbox import sms
from bot.inbox.sms import InboundSms
from bot.web import PostGridHook, TwilioHooks
from storage.db import Database

if TYPE_CHECKING:
    from bot.inbox.bounces import BounceReader


def configured(settings: Settings) -> tuple[str, ...]:
    """Return the names of the channels that are set up, in the order they are offered."""
    sms = ("sms",) if settings.sends_sms else ()
    return ("email", *sms, *(("letter",) if settings.sends_letters else ()))


def make_channels(settings: Settings) -> dict[str, Channel]:
    """Return every channel that is set up, by name."""
    made: dict[str, Channel] = {"email": make_email(settings)}
    if settings.sends_sms:
        made["sms"] = make_sms(settings)
    if settings.sends_letters:
        made["letter"] = make_letters(settings)
    return made


def make_letters(settings: Settings) -> SpoolChannel | PostGridChannel:
    """Return the letter channel that LETTER_DELIVERY says; only where it is not off."""
    if settings.letter_delivery is LetterDelivery.POSTGRID:
        return make_postgrid(settings)
    return SpoolChannel(Path(settings.letter_folder))


def make_postgrid(settings: Settings) -> PostGridChannel:
    """Return the channel to PostGrid; only where POSTGRID_API_KEY is set."""
    assert settings.postgrid_api_key is not None
    return PostGridChannel(PostGridAccount(settings.postgrid_api_key.get_secret_value(), settings.postgrid_api_url))


def is_test_post(settings: Settings) -> bool:
    """Say whether letters go to PostGrid under a test key, which posts nothing."""
    key = settings.postgrid_api_key
    is_post = settings.letter_delivery is LetterDelivery.POSTGRID and key is not None
    return is_post and key is not None and key.get_secret_value().startswith(TEST_KEY)


def warnings_of(settings: Settings) -> dict[str, str]:
    """Return what to tell before Send of a channel's set-up, by channel."""
    test = "PostGrid has a test key (test_sk_…): nothing is really printed or posted."
    return {"letter": test} if is_test_post(settings) else {}


def make_events(settings: Settings, db: Database) -> PostGridHook | None:
    """Return what PostGrid's webhook does; None where letters don't go that way, or its secret is not set."""
    if settings.letter_delivery is not LetterDelivery.POSTGRID or settings.postgrid_webhook_secret is None:
        return None

    def event(told: Mapping[str, Any]) -> None:
        letter = told.get("data")
        if not isinstance(letter, Mapping) or not str(told.get("type", "")).startswith("letter."):
            return
        about = letter.get("metadata")
        message_id = str(about.get("message", "")) if isinstance(about, Mapping) else ""
        if letter_receipts.report(db, status_of(letter), message_id=message_id or None):
            receipts.apply_pending(db)

    secret = settings.postgrid_webhook_secret.get_secret_value()
    return PostGridHook(lambda header, body: is_signed(secret, header, body, now=time.time()), event)


def make_email(settings: Settings) -> EmailChannel:
    """Return the email channel."""
    target = SmtpTarget.parse(settings.smtp_url.get_secret_value())
    return EmailChannel(target, return_paths=make_return_paths(settings))


def make_return_paths(settings: Settings) -> ReturnPaths | None:
    """Return the return paths of messages; None where BOUNCE_ADDRESS is not set."""
    if settings.bounce_address is None:
        return None
    return ReturnPaths(settings.bounce_address, settings.secret_key.get_secret_value())


def make_bounces(settings: Settings, db: Database) -> BounceReader | None:
    """Return the reader of the bounce mailbox; None where BOUNCE_IMAP_URL is not set, UserError where it is wrong."""
    if settings.bounce_imap_url is None:
        return None
    from bot.channels.imap import ImapTarget  # here: whoever reads no bounces need not load what reads them
    from bot.inbox.bounces import BounceReader

    try:
        target = ImapTarget.parse(settings.bounce_imap_url.get_secret_value())
    except ValueError as error:
        raise UserError(str(error)) from None
    return BounceReader(db, target, make_return_paths(settings))


def make_sms(settings: Settings) -> SmsChannel:
    """Return the SMS channel; only where TWILIO_ACCOUNT_SID is set."""
    assert settings.twilio_account_sid is not None
    secret = settings.twilio_api_key_secret or settings.twilio_auth_token
    assert secret is not None
    receipts = settings.public_url is not None and settings.twilio_auth_token is not None
    return SmsChannel(
        TwilioAccount(
            account_sid=settings.twilio_account_sid,
            username=settings.twilio_api_key_sid or settings.twilio_account_sid,
            password=secret.get_secret_value(),
            sender=settings.twilio_from or "",
            messaging_service_sid=settings.twilio_messaging_service_sid or "",
            api_url=settings.twilio_api_url,
            callback_url=f"{(settings.public_url or '').rstrip('/')}{STATUS_PATH}" if receipts else "",
            connections=settings.twilio_connections,
        )
    )


def make_hooks(settings: Settings, db: Database) -> TwilioHooks | None:
    """Return what Twilio's webhooks do; None where SMS, the auth token or PUBLIC_URL are not set."""
    if not settings.sends_sms or settings.twilio_auth_token is None or settings.public_url is None:
        return None

    def status(fields: Mapping[str, str]) -> None:
        code = fields.get("ErrorCode", "")
        told = SmsReport(
            provider_id=fields.get("MessageSid", ""),
            status=fields.get("MessageStatus", "").casefold(),
            error_code=int(code) if code.isascii() and code.isdigit() and len(code) < 10 else None,
            ref=fields.get("ref"),
        )
        receipts.report(db, told)

    def inbound(fields: Mapping[str, str]) -> None:
        got = InboundSms(
            fields.get("MessageSid", ""), fields.get("From", ""), fields.get("Body", ""), fields.get("OptOutType", "")
        )
        sms.receive(db, got)

    token = settings.twilio_auth_token.get_secret_value()
    return TwilioHooks(token, settings.public_url, status=status, inbound=inbound)
