"""How the mail catcher misbehaves, by recipient address."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.fault_rules import FaultRules


@dataclass
class Rule:
    """One fault: its kind, whom it strikes (None: anybody) and how often still (None: always)."""

    kind: str
    address: str | None
    times: int | None
    answer: str = ""
    seconds: float = 0.0

    def fits(self, kind: str, recipients: list[str]) -> bool:
        """Tell whether the fault is for this step and these recipients."""
        if self.kind != kind:
            return False
        return self.address is None or self.address in [one.lower() for one in recipients]


class MailFaults(FaultRules[Rule]):
    """Faults; `times` None means always, `address` None any. A 4xx code is transient, 5xx permanent."""

    def refuse(
        self, address: str | None, code: int = 550, text: str = "5.1.1 no such user", times: int | None = None
    ) -> None:
        """Refuse this recipient at RCPT."""
        self._add(Rule("rcpt", address and address.lower(), times, f"{code} {text}"))

    def refuse_sender(self, address: str, code: int = 550, text: str = "5.7.1 sender refused") -> None:
        """Refuse this sender at MAIL FROM."""
        self._add(Rule("mail", address.lower(), None, f"{code} {text}"))

    def refuse_data(
        self,
        address: str | None = None,
        code: int = 554,
        text: str = "5.7.1 message refused",
        times: int | None = None,
    ) -> None:
        """Refuse the message after DATA when it goes to this address, any message when None."""
        self._add(Rule("data", address and address.lower(), times, f"{code} {text}"))

    def delay(self, address: str | None, seconds: float, times: int | None = None) -> None:
        """Answer DATA only after `seconds` when the message goes to this address."""
        self._add(Rule("delay", address and address.lower(), times, seconds=seconds))

    def drop_before_data(self, address: str | None, times: int | None = 1) -> None:
        """Cut the connection when DATA is announced: the message can't have been taken."""
        self._add(Rule("drop_before", address and address.lower(), times))

    def drop_after_data(self, address: str | None, times: int | None = 1) -> None:
        """Record the message, then cut the connection before the answer: the sender can't know."""
        self._add(Rule("drop_after", address and address.lower(), times))

    def bounce_back(
        self, address: str | None = None, words: str = "550 5.1.1 User unknown", times: int | None = 1
    ) -> None:
        """Take the message, then send a bounce with these words to the mailbox of bounces."""
        self._add(Rule("bounce_back", address and address.lower(), times, words))

    def hold(self) -> None:
        """Give no answer to DATA until `release`; `held` counts the sessions waiting."""
        self._open.clear()

    @property
    def holding(self) -> bool:
        """Whether answers to DATA are held back."""
        return not self._open.is_set()

    def strike(self, kind: str, recipients: list[str]) -> Rule | None:
        """Return the first fitting fault and count one occasion; called by the server."""
        return self._first(lambda rule: rule.fits(kind, recipients))
