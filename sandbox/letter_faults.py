"""How the letter catcher misbehaves, by the postcode that a letter goes to."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.fault_rules import FaultRules


@dataclass
class LetterRule:
    """One fault: whom it strikes (None: anybody), how often still (None: always), and what it does.

    `status`, `kind` and `text` are the answer (status 0: none until `release`); `taken` says whether the letter is kept
    first. A letter that is taken and `comes_back` is answered at once, and soon reported as returned.
    """

    postcode: str | None
    times: int | None
    status: int
    text: str = ""
    kind: str = "invalid_request"
    retry_after: int | None = None
    taken: bool = False
    comes_back: bool = False


class LetterFaults(FaultRules[LetterRule]):
    """Faults on demand; `times` None means always, `postcode` None any."""

    def refuse(
        self,
        postcode: str | None,
        text: str = "to: the address can't be delivered to",
        status: int = 400,
        times: int | None = None,
    ) -> None:
        """Refuse letters to this postcode."""
        self._add(LetterRule(postcode, times, status, text))

    def come_back(self, postcode: str | None, times: int | None = 1) -> None:
        """Take letters to this postcode, then report that the post returned them."""
        self._add(LetterRule(postcode, times, 0, taken=True, comes_back=True))

    def throttle(self, postcode: str | None = None, retry_after: int = 1, times: int | None = 1) -> None:
        """Answer 429 with Retry-After in seconds."""
        self._add(LetterRule(postcode, times, 429, "Too many requests.", "rate_limit", retry_after))

    def break_auth(self) -> None:
        """Refuse the key from now on."""
        self._add(LetterRule(None, None, 401, "Invalid API key.", "authentication"))

    def fail(self, postcode: str | None = None, status: int = 503, times: int | None = 1) -> None:
        """Answer as a server in trouble; the letter is not taken."""
        self._add(LetterRule(postcode, times, status, "Service unavailable.", "internal_server"))

    def hang(self, postcode: str | None = None, *, taken: bool, times: int | None = 1) -> None:
        """Give no answer until `release`; `taken` says whether the letter is kept all the same."""
        self._open.clear()
        self._add(LetterRule(postcode, times, 0, taken=taken))

    def strike(self, postcode: str) -> LetterRule | None:
        """Return the first fitting fault and count one occasion; called by the server."""
        return self._first(lambda rule: rule.postcode in (None, postcode))
