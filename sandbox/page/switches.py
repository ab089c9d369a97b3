"""The switches of the outbox: what makes the next messages of one kind go wrong, in the page's words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sandbox.letter_faults import LetterRule
from sandbox.letters import LetterCatcher
from sandbox.mail import MailCatcher
from sandbox.mail_faults import Rule
from sandbox.sms import SmsCatcher
from sandbox.sms_faults import SmsRule

SLOW_SECONDS = 8.0
TIMES = {"1": 1, "3": 3, "10": 10, "all": None}
TurnOn = Callable[[str | None, int | None], None]


@dataclass(frozen=True)
class Switch:
    """One way to go wrong; `turn_on` takes whom it strikes (None: anybody), and how often (None: always)."""

    label: str
    note: str
    turn_on: TurnOn


@dataclass(frozen=True)
class Board:
    """All switches of one kind of message; `active` says in words what is switched on, `heal` ends it."""

    title: str
    hint: str
    noun: str
    nouns: str
    inputmode: str
    switches: Mapping[str, Switch]
    active: Callable[[], list[str]]
    heal: Callable[[], None]
    to: str = "To"
    """What an address is called."""

    def words(self, switch: Switch, address: str | None, times: int | None, said: str) -> str:
        """Say what a switch that is on will do."""
        some = f"The next {times} {self.nouns}" if times and times > 1 else f"The next {self.noun}"
        how_many = f"Every {self.noun}" if times is None else some
        return f"{how_many} to {address or 'anybody'} will {switch.label} ({said or switch.note})"


def mail_board(mail: MailCatcher) -> Board:
    """Return the switches of mail."""
    switches = {
        "bounce": Switch(
            "bounce: no such mailbox",
            "550 at the recipient",
            lambda to, times: mail.refuse(to, 550, "5.1.1 No such user here", times),
        ),
        "refuse": Switch(
            "be refused",
            "554 after the message",
            lambda to, times: mail.refuse_data(to, 554, "5.7.1 Message refused by policy", times),
        ),
        "slow": Switch(
            "be slow",
            f"the answer takes {SLOW_SECONDS:g} s",
            lambda to, times: mail.delay(to, SLOW_SECONDS, times),
        ),
        "drop": Switch("lose the connection", "before it is handed over", mail.drop_before_data),
        "lose": Switch("be taken, the answer lost", "the sender can't know", mail.drop_after_data),
    }
    if mail.bounces is not None:
        switches["come_back"] = Switch(
            "be taken, then come back",
            "a bounce arrives in the bot's mailbox: no such user",
            lambda to, times: mail.bounce_back(to, "550 5.1.1 User unknown", times),
        )

    def active() -> list[str]:
        return [board.words(switches[_of_mail(one)], one.address, one.times, one.answer) for one in mail.active]

    hint = "See what the bot does when a customer's mail server doesn't play along."
    board = Board("Make mail go wrong", hint, "mail", "mails", "email", switches, active, mail.heal)
    return board


def sms_board(sms: SmsCatcher) -> Board:
    """Return the switches of SMS."""
    switches = {
        "come_back": Switch(
            "be taken, then come back",
            "undelivered, 30005: unknown destination",
            lambda to, times: sms.come_back(to, 30005, times),
        ),
        "refuse": Switch(
            "be refused: no mobile number",
            "error 21614",
            lambda to, times: sms.refuse(to, 21614, "'To' number is not a valid mobile number", times=times),
        ),
        "opted_out": Switch(
            "be refused: has answered STOP",
            "error 21610",
            lambda to, times: sms.refuse(to, 21610, "Attempt to send to unsubscribed recipient", times=times),
        ),
        "throttle": Switch(
            "be asked to wait",
            "429, try again in 5 s",
            lambda to, times: sms.throttle(to, 5, times),
        ),
        "fail": Switch("meet a server in trouble", "503", lambda to, times: sms.fail(to, times=times)),
    }
    of_code = {21614: "refuse", 21610: "opted_out", 20429: "throttle", 20503: "fail"}

    def in_words(rule: SmsRule) -> str:
        switch = switches["come_back" if rule.undelivered else of_code.get(rule.code, "fail")]
        return board.words(switch, rule.number, rule.times, "")

    hint = "See what the bot does when a number is wrong, or the provider doesn't play along."
    board = Board(
        "Make SMS go wrong",
        hint,
        "SMS",
        "SMS",
        "tel",
        switches,
        lambda: [in_words(one) for one in sms.active],
        sms.heal,
    )
    return board


def letter_board(post: LetterCatcher) -> Board:
    """Return the switches of letters; they strike by postcode."""
    switches = {
        "come_back": Switch(
            "be taken, then come back",
            "the post returns it",
            lambda to, times: post.come_back(to, times),
        ),
        "refuse": Switch(
            "be refused: no such address",
            "400: to: the address can't be delivered to",
            lambda to, times: post.refuse(to, times=times),
        ),
        "throttle": Switch("be asked to wait", "429, try again in 5 s", lambda to, times: post.throttle(to, 5, times)),
        "fail": Switch("meet a server in trouble", "503", lambda to, times: post.fail(to, times=times)),
    }
    of_status = {400: "refuse", 429: "throttle", 503: "fail"}

    def in_words(rule: LetterRule) -> str:
        switch = switches["come_back" if rule.comes_back else of_status.get(rule.status, "fail")]
        return board.words(switch, rule.postcode, rule.times, "")

    hint = "See what the bot does when an address is wrong, or the print service doesn't play along."
    board = Board(
        "Make letters go wrong",
        hint,
        "letter",
        "letters",
        "text",
        switches,
        lambda: [in_words(one) for one in post.active],
        post.heal,
        to="To postcode",
    )
    return board


def _of_mail(rule: Rule) -> str:
    kinds = {"rcpt": "bounce", "delay": "slow", "drop_before": "drop", "bounce_back": "come_back", "drop_after": "lose"}
    return kinds.get(rule.kind, "refuse")
