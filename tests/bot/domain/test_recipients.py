"""Who is written to, and what makes it a person's decision."""

from __future__ import annotations

from bot.domain.postal import PostalAddress
from bot.domain.recipients import Checked, Reachable, Recipients, choose, settle
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
    nowhere = Reachable(5, "Nowhere", PostalAddress(company="Acme", country="DE"), is_main=True)
    for nobody in (silent, nowhere):
        assert settle([nobody], [], suppressed={}, check=check).reason is Reason.NO_CONTACT


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


def test_only_one_main_contact_stands_in() -> None:
    other = Reachable(5, "Second Main", "second@example.com", is_main=True)
    assert choose([MAIN, other], []) == (MAIN,)


def test_addresses_are_read_bare_with_the_contacts_country_and_kept_in_normal_form() -> None:
    read: list[tuple[object, str | None]] = []

    def normal(address: object, country: str | None) -> Checked:
        read.append((address, country))
        return Checked(f"+49{address}")

    callers = [Reachable(n, "Pat", f" {n}77 ", ("Payer",), country=c) for n, c in ((1, "DE"), (2, None), (3, "AT"))]
    found = settle(callers, ["Payer"], suppressed={}, check=normal, most=2)
    assert read == [("177", "DE"), ("277", None), ("377", "AT")]
    assert [(one.id, one.address) for one in found.usable] == [(1, "+49177"), (2, "+49277")]


def test_a_postal_address_is_read_in_its_parts() -> None:
    address = PostalAddress("Acme GmbH", "", "Hauptstraße 5", "10115", "Berlin", "", "DE")
    found = settle([Reachable(1, "Acme", address, is_main=True)], [], suppressed={}, check=lambda a, _: Checked(a))
    assert found.usable[0].address == address


def test_everybody_who_can_not_be_written_to_is_named() -> None:
    wrong = [Reachable(n, "Wrong", f"wrong{n}", ("Payer",)) for n in (1, 2)]
    silent = Reachable(3, "Silent", None, ("Payer",))
    found = settle([*wrong, silent], ["Payer"], suppressed={}, check=lambda a, _: Checked(a, Reason.INVALID_ADDRESS))
    assert found == Recipients((), Reason.INVALID_ADDRESS, "wrong1, wrong2")
    told = settle(wrong, ["Payer"], suppressed={}, check=lambda a, _: Checked(a, Reason.INVALID_ADDRESS, f"{a}?"))
    assert told.detail == "wrong1?, wrong2?"
    closed = {"pat@example.com": "opted out", "bo@example.com": "came back"}
    found = settle([PAYER, BOOKS], ["Payer"], suppressed=closed, check=check)
    assert found == Recipients((), Reason.SUPPRESSED, "pat@example.com (opted out), bo@example.com (came back)")
    assert settle([silent], ["Payer"], suppressed={}, check=check) == Recipients((), Reason.NO_CONTACT)
