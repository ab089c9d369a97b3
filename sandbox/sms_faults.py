"""How the SMS catcher misbehaves, by recipient number."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.fault_rules import FaultRules


@dataclass
class SmsRule:
    """One fault: whom it strikes (None: anybody), how often still (None: always), and what it does.

    `status` and `code` are the answer (0: no answer until `release`); `taken` says whether the message is kept first.
    `undelivered` is the error code of the receipt by which a message that was taken comes back (0: it doesn't).
    """

    number: str | None
    times: int | None
    status: int
    code: int = 0
    text: str = ""
    retry_after: int | None = None
    taken: bool = False
    undelivered: int = 0


class SmsFaults(FaultRules[SmsRule]):
    """Faults on demand; `times` None means always, `number` None any."""

    def refuse(
        self,
        number: str | None,
        code: int = 21211,
        text: str = "Invalid 'To' Phone Number",
        status: int = 400,
        times: int | None = None,
    ) -> None:
        """Refuse messages to this number with one of Twilio's error codes."""
        self._add(SmsRule(number, times, status, code, text))

    def come_back(self, number: str | None, code: int = 30005, times: int | None = 1) -> None:
        """Take messages to this number, then report them as undelivered with one of Twilio's error codes."""
        self._add(SmsRule(number, times, 0, taken=True, undelivered=code))

    def opted_out(self, number: str) -> None:
        """Refuse as Twilio does once the recipient has answered STOP."""
        self.refuse(number, 21610, "Attempt to send to unsubscribed recipient")

    def throttle(self, number: str | None = None, retry_after: int = 1, times: int | None = 1) -> None:
        """Answer 429 with Retry-After in seconds."""
        self._add(SmsRule(number, times, 429, 20429, "Too Many Requests", retry_after))

    def break_auth(self) -> None:
        """Refuse the login from now on."""
        self._add(SmsRule(None, None, 401, 20003, "Authenticate"))

    def fail(self, number: str | None = None, status: int = 503, code: int = 20503, times: int | None = 1) -> None:
        """Answer as a server in trouble; the message is not taken."""
        self._add(SmsRule(number, times, status, code, "Internal Server Error"))

    def hang(self, number: str | None = None, *, taken: bool, times: int | None = 1) -> None:
        """Give no answer until `release`; `taken` says whether the message is kept all the same."""
        self._open.clear()
        self._add(SmsRule(number, times, 0, taken=taken))

    def strike(self, number: str) -> SmsRule | None:
        """Return the first fitting fault and count one occasion; called by the server."""
        return self._first(lambda rule: rule.number in (None, number))
