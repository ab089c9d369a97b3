"""SMS passes what every channel passes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.channels.sms import SmsChannel, SmsTimeouts, TwilioAccount
from sandbox import SmsCatcher
from tests.bot.channels.conformance import Conformance, Stand


class SmsStand:
    name = "sms"
    address = "+4915123456789"
    recipient = {"phone": address}
    refusal = "(Twilio 21211)"
    patience = timedelta(seconds=300)

    def __init__(self, sms: SmsCatcher) -> None:
        self._sms = sms

    @property
    def channel(self) -> SmsChannel:
        sms = self._sms
        account = TwilioAccount(sms.account_sid, sms.account_sid, sms.auth_token, sender=sms.number, api_url=sms.url)
        return SmsChannel(account, SmsTimeouts(connect=5, answer=1))

    @property
    def arrived(self) -> int:
        return len(self._sms.messages)

    def refuse(self) -> None:
        self._sms.refuse(None)

    def put_off(self) -> None:
        self._sms.fail()

    def throttle(self) -> None:
        self._sms.throttle(retry_after=300)

    def hang(self) -> None:
        self._sms.hang(taken=True)

    def break_auth(self) -> None:
        self._sms.break_auth()

    def too_large(self) -> str:
        return "x" * 1601


class TestSms(Conformance):
    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        with SmsCatcher() as sms:
            yield SmsStand(sms)
