"""The channels and what comes back by them, built from the settings; the composition root puts them to work."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from bot.channels.base import Channel
from bot.channels.email import EmailChannel
from bot.channels.sms import STATUS_PATH, SmsChannel, TwilioAccount
from bot.channels.smtp import SmtpTarget
from bot.config import Settings
from bot.dispatch import receipts
from bot.dispatch.receipts import SmsReport
from bot.domain.return_paths import ReturnPaths
from bot.errors import UserError
from bot.inbox import sms
from bot.inbox.sms import InboundSms
from bot.web import TwilioHooks
from storage.db import Database

if TYPE_CHECKING:
    from bot.inbox.bounces import BounceReader


def configured(settings: Settings) -> tuple[str, ...]:
    """Return the names of the channels that are set up, in the order they are offered."""
    return ("email", "sms") if settings.sends_sms else ("email",)


def make_channels(settings: Settings) -> dict[str, Channel]:
    """Return every channel that is set up, by name."""
    made: dict[str, Channel] = {"email": make_email(settings)}
    if settings.sends_sms:
        made["sms"] = make_sms(settings)
    return made


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
