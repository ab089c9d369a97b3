"""Settings from the environment. A wrong one stops the start, with every fault named and how to mend it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.errors import ConfigError


class AutoJoin(StrEnum):
    """How Slack people whom no admin let in become users on first use."""

    NOBODY = "nobody"
    FINANCE = "finance"
    ACCOUNT_MANAGER = "account_manager"


def _web_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://bot.example.com")
    return value


def _smtp_address(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if parts.scheme not in ("smtp", "smtp+starttls", "smtps") or not parts.hostname:
        raise ValueError("must be like smtp+starttls://user:password@mail.example.com:587?connections=8")
    return value


def _database_address(value: str) -> str:
    if not value.startswith(("sqlite:///", "postgresql://", "postgresql+psycopg://")):
        raise ValueError("must be sqlite:///FILE or postgresql://user:password@host/name")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError("must be an IANA time zone such as Europe/Paris") from error
    return value


WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """Every setting, with its default; the description is the README's line for it."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)

    slack_bot_token: SecretStr = Field(description="Bot token of the Slack app (`xoxb-…`). Required.")
    slack_app_token: SecretStr | None = Field(
        None, description="App-level token (`xapp-…`): when set, the bot talks to Slack over Socket Mode."
    )
    slack_signing_secret: SecretStr | None = Field(
        None, description="Signing secret: needed for Slack over HTTP at `/slack/events`, when there is no app token."
    )
    slack_api_url: WebAddress = Field("https://slack.com/api/", description="Where Slack's Web API is.")
    database_url: Annotated[str, AfterValidator(_database_address)] = Field(
        "sqlite:///campaign-bot.db", description="`sqlite:///FILE`, or `postgresql://user:password@host/name`."
    )
    smtp_url: Annotated[SecretStr, AfterValidator(_smtp_address)] = Field(
        description="The mail server: `smtp://`, `smtp+starttls://` or `smtps://`, with user, password and port in it, "
        "and `?connections=8` for how many connections a worker keeps open. Required."
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
    admin_email: str | None = Field(None, description="Email of the first admin, beside the Slack workspace's owner.")
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
    default_locale: str = Field(
        "en",
        pattern=r"^[a-z]{2,3}([_-][A-Za-z]{2,4})?$",
        description="Language where a customer has none (`en`, `fr`).",
    )
    default_currency: str = Field("EUR", pattern=r"^[A-Z]{3}$", description="ISO 4217 code, where none is given.")
    default_time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "UTC", description="IANA time zone that decides which day it is, such as `Europe/Paris`."
    )

    @property
    def uses_socket_mode(self) -> bool:
        """Say whether Slack is reached over Socket Mode; else over HTTP."""
        return self.slack_app_token is not None


class _WayIn(BaseSettings):
    """The two settings of which one is needed; read apart, so that this fault is told together with the others."""

    model_config = SettingsConfigDict(extra="ignore", env_ignore_empty=True)
    slack_app_token: str | None = None
    slack_signing_secret: str | None = None


_NO_WAY_IN = (
    "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET: neither is set. Set the app-level token (xapp-…) for Socket Mode, or the "
    "signing secret for HTTP; both are on the Slack app's Basic Information page."
)


def load_settings(**overrides: Any) -> Settings:
    """Read the settings from the environment; raise ConfigError with every fault and how to mend it."""
    way_in = _WayIn(**{k: v for k, v in overrides.items() if k in _WayIn.model_fields})
    faults = [] if way_in.slack_app_token or way_in.slack_signing_secret else [_NO_WAY_IN]
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        faults += [_fault(e["loc"], e["type"], e["msg"]) for e in error.errors(include_input=False)]
        raise ConfigError(faults) from None
    if faults:
        raise ConfigError(faults)
    return settings


def _fault(loc: tuple[int | str, ...], kind: str, message: str) -> str:
    name = str(loc[0])
    meant = (Settings.model_fields[name].description or "").removesuffix(" Required.")
    what = {"missing": "is not set", "string_pattern_mismatch": "is not in the right form"}.get(
        kind, message.removeprefix("Value error, ")
    )
    return f"{name.upper()}: {what}. {meant}"
