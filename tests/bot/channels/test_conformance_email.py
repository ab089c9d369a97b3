"""Email passes what every channel passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels.email import EmailChannel
from bot.channels.smtp import SmtpTarget, Timeouts
from sandbox import MailCatcher
from tests.bot.channels.conformance import Conformance, Stand


class EmailStand:
    name = "email"
    address = "pat@acme.example"
    recipient = {"email": address}
    refusal = "550 5.1.1 no such user"
    patience = timedelta(seconds=55)

    def __init__(self, mail: MailCatcher) -> None:
        self._mail, self._password = mail, "right"

    @property
    def channel(self) -> EmailChannel:
        target = SmtpTarget.parse(f"smtp://bot:{self._password}@127.0.0.1:{self._mail.port}")
        return EmailChannel(target, timeouts=Timeouts(connect=5, command=5, answer=0.5))

    @property
    def arrived(self) -> int:
        return len(self._mail.messages)

    def refuse(self) -> None:
        self._mail.refuse(None)

    def put_off(self) -> None:
        self._mail.refuse(None, 450, "4.2.1 try later")

    def throttle(self) -> None:
        self._mail.refuse_data(None, 451, "4.7.1 slow down")

    def hang(self) -> None:
        self._mail.hold()

    def break_auth(self) -> None:
        self._password = "wrong"

    def too_large(self) -> str:
        self._mail.refuse_data(None, 552, "5.3.4 message too big")
        return "x" * 2900


class TestEmail(Conformance):
    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        with MailCatcher(auth=("bot", "right")) as mail:
            yield EmailStand(mail)
