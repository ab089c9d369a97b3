"""What `campaign-bot check` tries, each with a clear verdict."""

from __future__ import annotations

from collections.abc import Callable

from bot.app import home_workspace, try_socket_mode
from bot.channels.imap import ImapTarget, opened
from bot.config import LetterDelivery, Settings
from bot.errors import UserError
from bot.wiring import is_test_post, make_email, make_letters, make_sms
from storage.db import Database
from storage.migrate import is_current


def checks(settings: Settings) -> list[tuple[str, Callable[[], None]]]:
    """Return the checks by name; each raises with what is wrong and how to mend it."""
    return [
        ("database", lambda: _database(settings)),
        ("mail server", lambda: _mail(settings)),
        *([("bounce mailbox", lambda: _bounces(settings))] if settings.bounce_imap_url else []),
        *([("Twilio", lambda: _twilio(settings))] if settings.sends_sms else []),
        *([(_letters_name(settings), lambda: _letters(settings))] if settings.sends_letters else []),
        ("Slack", lambda: _slack(settings)),
    ]


def _database(settings: Settings) -> None:
    db = Database(settings.database_url)
    try:
        if not is_current(db):
            raise UserError("not at this release: run `campaign-bot migrate`")
    finally:
        db.dispose()


def _mail(settings: Settings) -> None:
    make_email(settings).open().close()


def _bounces(settings: Settings) -> None:
    assert settings.bounce_imap_url is not None
    with opened(ImapTarget.parse(settings.bounce_imap_url.get_secret_value())) as box:
        box.prepare()


def _twilio(settings: Settings) -> None:
    connection = make_sms(settings).open()
    try:
        connection.probe()
    finally:
        connection.close()


def _letters_name(settings: Settings) -> str:
    if settings.letter_delivery is LetterDelivery.SPOOL:
        return f"letters (to {settings.letter_folder})"
    return "PostGrid (test key: nothing is really posted)" if is_test_post(settings) else "PostGrid"


def _letters(settings: Settings) -> None:
    connection = make_letters(settings).open()
    try:
        connection.probe()
    finally:
        connection.close()


def _slack(settings: Settings) -> None:
    db = Database(settings.database_url)
    try:
        home_workspace(settings, db)
        try_socket_mode(settings)
    finally:
        db.dispose()
