"""Who is written to, and what makes it a person's decision."""

from __future__ import annotations

from bot.domain.recipients import Checked, Reachable, choose, settle
from bot.domain.states import Reason

MAIN = Reachable(1, "Mia Main", "mia@example.com", is_main=True)
PAYER = Reachable(2, "Pat Payer", "pat@example.com", ("Payer",))
BOOKS = Reachable(3, "Bo Books", "bo@example.com", ("Accountant", "Payer"))


def check(address: str, _country: str | None) -> Checked:
    return Checked(address) if "@" in address else Checked(address, Reason.INVALID_ADDRESS, address)


def test_everybody_who_holds_a_position_is_chosen_whatever_its_case() -> None:
    assert choose([MAIN, PAYER, BOOKS], ["payer"]) == (PAYER, BOOKS)


def test_the_main_contact_stands_in_when_nobody_holds_the_position() -> None:
    assert choose([PAYER, MAIN], ["Sales"]) == (MAIN,)
    assert choose([PAYER, MAIN], []) == (MAIN,)


def test_without_holder_and_main_contact_nobody_is_chosen() -> None:
    assert choose([PAYER], ["Sales"]) == ()


def test_one_message_for_one_address() -> None:
    twin = Reachable(4, "Twin", " PAT@example.com ", ("Payer",))
    assert settle([PAYER, twin], ["Payer"], suppressed={}, check=check).usable == (PAYER,)


def test_a_wrong_address_among_good_ones_is_passed_over() -> None:
    wrong = Reachable(4, "Wrong", "wrong", ("Payer",))
    found = settle([wrong, PAYER], ["Payer"], suppressed={}, check=check)
    assert (found.usable, found.reason) == ((PAYER,), None)


def test_nobody_to_write_to() -> None:
    silent = Reachable(4, "Silent", "  ", is_main=True)
    assert settle([], [], suppressed={}, check=check).reason is Reason.NO_CONTACT
    assert settle([silent], [], suppressed={}, check=check).reason is Reason.NO_CONTACT


def test_an_address_that_is_none_is_named() -> None:
    found = settle([Reachable(4, "Wrong", "wrong", is_main=True)], [], suppressed={}, check=check)
    assert (found.usable, found.reason, found.detail) == ((), Reason.INVALID_ADDRESS, "wrong")


def test_a_suppressed_address_is_never_used_whatever_its_case() -> None:
    shouting = Reachable(4, "Loud", "MIA@example.com", is_main=True)
    found = settle([shouting], [], suppressed={"mia@example.com": "x"}, check=check)
    assert (found.usable, found.reason, found.detail) == ((), Reason.SUPPRESSED, "MIA@example.com (x)")


def test_a_suppressed_recipient_leaves_the_others() -> None:
    found = settle([PAYER, BOOKS], ["Payer"], suppressed={"pat@example.com": "came back for good"}, check=check)
    assert found.usable == (BOOKS,)
