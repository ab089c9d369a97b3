"""Settings from the environment. A wrong one stops the start, with every fault named and how to mend it."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot import setting_values
from bot.channels.addresses import is_valid_email
from bot.channels.smtp import SmtpTarget
from bot.domain.money import is_currency
from bot.errors import ConfigError
from bot.rendering.locales import is_locale


class LetterDelivery(StrEnum):
    """How letters leave."""

    OFF = "off"
    SPOOL = "spool"
    POSTGRID = "postgrid"


class AutoJoin(StrEnum):
    """How Slack people whom no admin let in become users on first use."""

    NOBODY = "nobody"
    FINANCE = "finance"
    ACCOUNT_MANAGER = "account_manager"


def _smtp_address(value: SecretStr) -> SecretStr:
    try:
        SmtpTarget.parse(value.get_secret_value())
    except ValueError as error:
        raise ValueError(str(error).removeprefix("SMTP_URL ").removesuffix(".")) from None
    return value


def _imap_address(value: SecretStr) -> SecretStr:
    from bot.channels.imap import ImapTarget  # here: whoever reads no bounces need not load what reads them

    try:
        ImapTarget.parse(value.get_secret_value())
    except ValueError as error:
        raise ValueError(str(error).removeprefix("BOUNCE_IMAP_URL ").removesuffix(".")) from None
    return value


def _email_address(value: str) -> str:
    if not is_valid_email(value):
        raise ValueError("must be one email address such as alice@example.com")
    return value


def _language(value: str) -> str:
    if not is_locale(value):
        raise ValueError("must be a language such as en, fr or de_AT")
    return value


def _currency_code(value: str) -> str:
    if not is_currency(value):
        raise ValueError("must be an active ISO 4217 code in capitals, such as EUR")
    return value


WebAddress = Annotated[str, AfterValidator(setting_values.web_address)]


class Settings(BaseSettings):
    """Every setting, with its default; the description is the README's line for it."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    slack_bot_token: Annotated[SecretStr, AfterValidator(setting_values.token("xoxb-", "xoxe.xoxb-"))] = Field(
        description="Bot token of the Slack app (`xoxb-…`). Required."
    )
    slack_app_token: Annotated[SecretStr, AfterValidator(setting_values.token("xapp-"))] | None = Field(
        None, description="App-level token (`xapp-…`): when set, the bot talks to Slack over Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="Signing secret: needed for Slack over HTTP at `/slack/events`, when there is no app token."
    )
    slack_api_url: WebAddress = Field("https://slack.com/api/", description="Where Slack's Web API is.")
    database_url: Annotated[str, AfterValidator(setting_values.database_address)] = Field(
        "sqlite:///campaign-bot.db", description="`sqlite:///FILE`, or `postgresql://user:password@host/name`."
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_address)] = Field(
        description="The mail server: `smtp://`, `smtp+starttls://` or `smtps://`, with user, password and port in it, "
        "and `?connections=8` for how many connections a worker keeps open. Required."
    )
    bounce_imap_url: Annotated[SecretStr, AfterValidator(_imap_address)] | None = Field(
        None,
        description="The mailbox that bounces are read from: `imap://`, `imap+starttls://` or `imaps://`, with user, "
        "password and folder in it, `?done=FOLDER` for where understood ones go, and `?every=60` for the seconds from "
        "one look to the next.",
    )
    bounce_address: Annotated[str, AfterValidator(setting_values.bounce_address)] | None = Field(
        None,
        description="Where bounces are to go, such as `bounces@example.com`: messages then leave with a return path of "
        "their own below it (`bounces+…@example.com`), which must end up in that mailbox. Unset, they go to From.",
    )
    twilio_account_sid: str | None = Field(
        None, description="Twilio's account SID (`AC…`): when set, campaigns can go out as SMS."
    )
    twilio_auth_token: SecretStr | None = Field(
        None,
        description="Twilio's auth token; receipts and replies are checked with it, beside an API key too.",
    )
    twilio_api_key_sid: str | None = Field(
        None, description="API key (`SK…`) to log in with in place of the auth token."
    )
    twilio_api_key_secret: SecretStr | None = Field(None, description="The API key's secret.")
    twilio_from: str | None = Field(None, description="The number (E.164) or sender name that SMS come from.")
    twilio_messaging_service_sid: str | None = Field(
        None, description="A messaging service (`MG…`) that chooses the number, in place of `TWILIO_FROM`."
    )
    twilio_api_url: WebAddress = Field("https://api.twilio.com", description="Where Twilio's API is.")
    twilio_connections: int = Field(16, ge=1, le=64, description="How many connections to Twilio a worker keeps open.")
    letter_delivery: LetterDelivery = Field(
        LetterDelivery.SPOOL,
        description="How letters leave: `spool` (PDFs in a folder, for your printer), `postgrid` (PostGrid prints and "
        "posts them), or `off`.",
    )
    letter_folder: str = Field(
        "letters",
        min_length=1,
        description="Where `spool` puts letters: a folder for each campaign, with a list (`letters.csv`) and one "
        "merged file (`all-letters.pdf`).",
    )
    postgrid_api_key: SecretStr | None = Field(
        None,
        description="PostGrid's Print & Mail key (`live_sk_…`); with a test key (`test_sk_…`) nothing is really "
        "posted. Needs the extra `letters`.",
    )
    postgrid_api_url: WebAddress = Field("https://api.postgrid.com", description="Where PostGrid's API is.")
    postgrid_webhook_secret: SecretStr | None = Field(
        None,
        description="Secret of the PostGrid webhook (JSON, `letter.updated`) to `PUBLIC_URL/postgrid/events`. Unset, "
        "letters are asked for every ten minutes all the same.",
    )
    email_per_minute: int | None = Field(
        None, ge=1, description="The most emails in any minute, over all workers; empty for no limit."
    )
    email_per_minute_per_sender: int | None = Field(
        None, ge=1, description="The most emails in any minute from one sender; empty for no limit."
    )
    handoff_group: int = Field(
        1,
        ge=1,
        le=50,
        description="Messages that one commit lets a connection send. More is faster where the mail server answers in "
        "under 2 ms, and leaves up to as many uncertain for each connection of a worker that is killed.",
    )
    http_host: str = Field("127.0.0.1", description="Where the HTTP server listens.")
    http_port: int = Field(8080, ge=0, le=65535, description="The HTTP server's port.")
    public_url: WebAddress | None = Field(
        None,
        description="Where the HTTP server is reached from outside; `campaign-bot check` prints it for Slack.",
    )
    send_hold_seconds: int = Field(
        60,
        ge=0,
        le=3600,
        description="How long Send waits before the first message goes out, so that Undo can stop it.",
    )
    admin_email: Annotated[str, AfterValidator(_email_address)] | None = Field(
        None, description="Email of the first admin, beside the Slack workspace's owner."
    )
    auto_join: AutoJoin = Field(
        AutoJoin.NOBODY,
        description="Who gets access on first use: `nobody` (an admin lets people in), or everybody in the Slack "
        "workspace but guests, as `finance` (sees all customers) or `account_manager` (sees assigned ones).",
    )
    secret_key: SecretStr = Field(
        description="A long random text that codes are derived from (`openssl rand -hex 32`). Required.", min_length=32
    )
    organisation_name: str = Field(
        "Our company", min_length=1, max_length=200, description="Who the messages come from; admins can change it."
    )
    default_locale: Annotated[str, AfterValidator(_language)] = Field(
        "en", description="Language where a customer has none (`en`, `fr`)."
    )
    default_currency: Annotated[str, AfterValidator(_currency_code)] = Field(
        "EUR", description="ISO 4217 code, where none is given."
    )
    default_time_zone: Annotated[str, AfterValidator(setting_values.zone)] = Field(
        "UTC", description="IANA time zone that decides which day it is, such as `Europe/Paris`."
    )

    sync_command: str | None = Field(
        None,
        description="A command that writes a Singer stream, such as `tap-xero --config xero.json --state {state}`: "
        "it is run on a schedule and imported; `{state}` is the file with the stream's last state. Admins are told "
        "of failures.",
    )
    sync_every_minutes: int = Field(1440, ge=5, le=44640, description="How often `SYNC_COMMAND` is run.")

    @property
    def sends_sms(self) -> bool:
        """Say whether campaigns can go out as SMS."""
        return self.twilio_account_sid is not None

    @property
    def sends_letters(self) -> bool:
        """Say whether campaigns can go out as letters."""
        return self.letter_delivery is not LetterDelivery.OFF

    @property
    def uses_socket_mode(self) -> bool:
        """Say whether Slack is reached over Socket Mode; else over HTTP."""
        return self.slack_app_token is not None


class _WayIn(BaseSettings):
    """The two settings of which one is needed; read apart, so that this fault is told together with the others."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
    slack_app_token: str | None = None
    slack_signing_secret: str | None = None


class _Bounces(BaseSettings):
    """The two settings of bounces, of which one needs the other; read apart for the same reason."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
    bounce_imap_url: str | SecretStr | None = None
    bounce_address: str | None = None

    def faults(self) -> list[str]:
        """Return what is missing for bounces."""
        if self.bounce_address and not self.bounce_imap_url:
            return ["BOUNCE_IMAP_URL: is not set, though BOUNCE_ADDRESS is: nobody would read what comes back."]
        return []


class _Letters(BaseSettings):
    """The settings of letters, of which one needs another; read apart for the same reason."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
    letter_delivery: str = ""
    postgrid_api_key: str | SecretStr | None = None

    def faults(self) -> list[str]:
        """Return what is missing for letters."""
        if self.letter_delivery != LetterDelivery.POSTGRID:
            return []
        if not self.postgrid_api_key:
            return ["POSTGRID_API_KEY: is not set, though LETTER_DELIVERY is postgrid. It is in PostGrid's dashboard."]
        if importlib.util.find_spec("postgrid") is None:
            return ["LETTER_DELIVERY: postgrid needs the extra letters: pip install 'campaign-bot[letters]'."]
        return []


class _Twilio(BaseSettings):
    """The settings for SMS, of which some need others; read apart for the same reason."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
    twilio_account_sid: str | None = None
    twilio_auth_token: str | SecretStr | None = None
    twilio_api_key_sid: str | None = None
    twilio_api_key_secret: str | SecretStr | None = None
    twilio_from: str | None = None
    twilio_messaging_service_sid: str | None = None

    def faults(self) -> list[str]:
        """Return what is missing for SMS; nothing where none of them is set."""
        if not any(value is not None for value in self.model_dump().values()):
            return []
        found = []
        if not self.twilio_account_sid:
            found.append("TWILIO_ACCOUNT_SID: is not set, though others are. It is in the Twilio console (AC…).")
        if bool(self.twilio_api_key_sid) != bool(self.twilio_api_key_secret):
            found.append("TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET: set both, or none of them.")
        elif not (self.twilio_auth_token or self.twilio_api_key_secret):
            found.append("TWILIO_AUTH_TOKEN: is not set, and no API key either. It is in the Twilio console.")
        if bool(self.twilio_from) == bool(self.twilio_messaging_service_sid):
            found.append("TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID: set one of them, so that SMS have a sender.")
        return found


_NO_WAY_IN = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: neither is set. Set the app-level token (xapp-…) for Socket Mode, or the "
    "signing secret for HTTP; both are on the Slack app's Basic Information page."
)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment; raise ConfigError with every fault and how to mend it."""
    way_in = _WayIn(**{k: v for k, v in overrides.items() if k in _WayIn.model_fields})
    faults = [] if way_in.slack_app_token or way_in.slack_signing_secret else [_NO_WAY_IN]
    faults += _Bounces(**{k: v for k, v in overrides.items() if k in _Bounces.model_fields}).faults()
    faults += _Letters(**{k: v for k, v in overrides.items() if k in _Letters.model_fields}).faults()
    faults += _Twilio(**{k: v for k, v in overrides.items() if k in _Twilio.model_fields}).faults()
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults += [_fault(str(e["loc"][0]), dict(e)) for e in error.errors(include_input=False)]
        raise ConfigError(faults) from None
    if faults:
        raise ConfigError(faults)
    return settings


def _fault(name: str, error: Mapping[str, Any]) -> str:
    meant = (Settings.model_fields[name].description or "").removesuffix(" Required.")
    return f"{name.upper()}: {_what_is_wrong(name, error)}. {meant}"


def _what_is_wrong(name: str, error: Mapping[str, Any]) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "missing":
        return "is not set"
    if kind in ("greater_than_equal", "less_than_equal", "int_parsing", "int_parsing_size", "int_from_float"):
        return f"must be a whole number{_range(name)}"
    if kind in ("too_short", "string_too_short"):
        return f"must have at least {_characters(context['min_length'])}"
    if kind in ("too_long", "string_too_long"):
        return f"must have at most {_characters(context['max_length'])}"
    if kind == "enum":
        return f"must be {context['expected']}"
    return str(error["msg"]).removeprefix("Value error, ")


def _characters(characters: int) -> str:
    return f"{characters} character" + ("" if characters == 1 else "s")


def _range(name: str) -> str:
    limits = Settings.model_fields[name].metadata
    least = next((one.ge for one in limits if hasattr(one, "ge")), None)
    most = next((one.le for one in limits if hasattr(one, "le")), None)
    if most is None:
        return "" if least is None else f" of at least {least}"
    return f" from {least} to {most}"
