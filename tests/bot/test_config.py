"""Settings: every fault is told at once, with how to mend it, and secrets stay masked."""

from __future__ import annotations

import pytest

from bot.config import load_settings
from bot.errors import ConfigError

GOOD = {
    "slack_bot_token": "xoxb-1",
    "slack_app_token": "xapp-1",
    "smtp_url": "smtp://user:pass@mail.example.com",
    "secret_key": "s" * 32,
}


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SMTP_URL", "SECRET_KEY"):
        monkeypatch.delenv(name, raising=False)


def test_nothing_set_names_everything_that_is_needed() -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings()
    assert [fault.split(":")[0] for fault in refused.value.faults] == [
        "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET",
        "SLACK_BOT_TOKEN",
        "SMTP_URL",
        "SECRET_KEY",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("smtp_url", "http://mail", "must be like smtp+starttls://"),
        ("bounce_imap_url", "pop3://u:p@mail", "must be like imaps://"),
        ("database_url", "mysql://x", "must be sqlite:///FILE or postgresql://"),
        ("default_time_zone", "Mars/Base", "must be an IANA time zone"),
        ("default_currency", "euro", "must be an active ISO 4217 code in capitals, such as EUR."),
        ("default_currency", "XXQ", "must be an active ISO 4217 code in capitals, such as EUR."),
        ("default_locale", "zz", "must be a language such as en, fr or de_AT."),
        ("admin_email", "nonsense", "must be one email address such as alice@example.com."),
        ("smtp_url", "smtp://mail?connections=0", "connections must be a number from 1 to 64. The mail server"),
        ("smtp_url", "smtp://mail:99999", "the port must be a number from 1 to 65535. The mail server"),
        ("smtp_url", "smtp://mail?conections=3", "'conections' is not an option; connections is the only one."),
        ("bounce_imap_url", "imaps://u:p@mail?every=0", "every must be a number of seconds from 1 to 3600."),
        ("slack_bot_token", "xapp-1-a", "must begin with xoxb-: this is another kind of token."),
        ("slack_app_token", "xoxb-1", "must begin with xapp-: this is another kind of token."),
        ("secret_key", "s", "SECRET_KEY: must have at least 32 characters."),
        ("organisation_name", "o" * 201, "ORGANISATION_NAME: must have at most 200 characters."),
        ("send_hold_seconds", "-1", "SEND_HOLD_SECONDS: must be a whole number from 0 to 3600."),
        ("http_port", "70000", "HTTP_PORT: must be a whole number from 0 to 65535."),
        ("handoff_group", "many", "HANDOFF_GROUP: must be a whole number from 1 to 50."),
        ("email_per_minute", "0", "EMAIL_PER_MINUTE: must be a whole number of at least 1."),
        ("email_per_minute", "9" * 5000, "EMAIL_PER_MINUTE: must be a whole number of at least 1."),
        ("twilio_connections", "1.5", "TWILIO_CONNECTIONS: must be a whole number from 1 to 64."),
        ("slack_api_url", "slack", "must be an address such as"),
        ("auto_join", "everybody", "'nobody', 'finance' or 'account_manager'"),
    ],
)
def test_a_wrong_setting_says_how_to_mend_it(name: str, value: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(**{**GOOD, name: value})
    [fault] = refused.value.faults
    assert fault.startswith(f"{name.upper()}: ")
    assert said in fault


def test_every_wrong_setting_is_named_at_once() -> None:
    wrong = {"default_locale": "zz", "admin_email": "x", "default_currency": "XXQ", "smtp_url": "smtp://m:99999"}
    with pytest.raises(ConfigError) as refused:
        load_settings(**(GOOD | wrong))
    assert sorted(fault.split(":")[0] for fault in refused.value.faults) == [
        "ADMIN_EMAIL",
        "DEFAULT_CURRENCY",
        "DEFAULT_LOCALE",
        "SMTP_URL",
    ]


def test_secrets_are_masked() -> None:
    settings = load_settings(**GOOD)
    assert "pass" not in repr(settings)
    assert "xoxb-1" not in str(settings)
    assert settings.uses_socket_mode


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"twilio_from": "+4930901820"}, ["TWILIO_ACCOUNT_SID: is not set", "TWILIO_AUTH_TOKEN: is not set"]),
        ({"twilio_account_sid": "AC1", "twilio_auth_token": "t"}, ["TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID"]),
        (
            {"twilio_account_sid": "AC1", "twilio_api_key_sid": "SK1", "twilio_from": "+1"},
            ["TWILIO_API_KEY_SID and TWILIO_API_KEY_SECRET"],
        ),
    ],
)
def test_half_a_setup_of_twilio_names_the_other_half(given: dict[str, str], said: list[str]) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(**(GOOD | given))
    assert [fault[: len(start)] for fault, start in zip(refused.value.faults, said, strict=True)] == said


@pytest.mark.parametrize(
    "address", ["bounces", "bounces+x@example.com", f"{'b' * 29}@example.com", "größe@example.com"]
)
def test_a_bounce_address_must_leave_room_for_what_is_added_to_it(address: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(**GOOD, bounce_imap_url="imaps://u:p@mail", bounce_address=address)
    [fault] = refused.value.faults
    assert fault.startswith("BOUNCE_ADDRESS: must be a plain address such as bounces@example.com")


def test_bounces_that_nobody_would_read_are_a_fault() -> None:
    with pytest.raises(ConfigError) as refused:
        load_settings(**GOOD, bounce_address="bounces@example.com")
    assert refused.value.faults[0].startswith("BOUNCE_IMAP_URL: is not set, though BOUNCE_ADDRESS is")


def test_sms_are_on_where_twilio_is_set_up() -> None:
    assert not load_settings(**GOOD).sends_sms
    whole = {"twilio_account_sid": "AC1", "twilio_auth_token": "t", "twilio_messaging_service_sid": "MG1"}
    assert load_settings(**(GOOD | whole)).sends_sms
