"""Addresses that must not be contacted: admins look through, add and lift; what happened to each is kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.channels.addresses import Reached
from bot.domain.access import Caller
from bot.errors import FieldErrors, NotAllowed, NotFound
from bot.inbox import sms
from bot.inbox.sms import InboundSms
from bot.people import suppressions
from bot.people.suppressions import Added
from storage.db import Database
from tests.builders import NOW, Builder

NUMBER = "+4915123456789"


@pytest.fixture
def admin(build: Builder) -> Caller:
    return build.caller(name="Alice Martin", role="admin")


def listed(db: Database, caller: Caller, text: str = "") -> list[tuple[str, str, str, str]]:
    rows = suppressions.look_through(db, caller, text=text).rows
    return [(row.channel, row.address, row.cause, row.note) for row in rows]


def happened(db: Database, caller: Caller) -> list[tuple[str, str, str, str, str | None]]:
    rows = suppressions.history(db, caller).rows
    return [(row.address, row.event.value, row.cause, row.note, row.by) for row in rows]


def test_addresses_and_numbers_are_added_in_their_normal_form(db: Database, admin: Caller) -> None:
    text = "Pat@Acme.example, +49 151 2345 6789\n\n+49 30 901820"
    assert suppressions.add(db, admin, text, " Lawyers speak ", now=NOW) == Added(3, 0)
    assert listed(db, admin) == [
        ("sms", "+4930901820", "by_admin", "Lawyers speak"),
        ("sms", NUMBER, "by_admin", "Lawyers speak"),
        ("email", "pat@acme.example", "by_admin", "Lawyers speak"),
    ]
    assert suppressions.add(db, admin, "pat@acme.EXAMPLE", "Again", now=NOW) == Added(0, 1)
    assert listed(db, admin, "pat") == [("email", "pat@acme.example", "by_admin", "Lawyers speak")]


def test_what_is_no_address_is_named_and_then_nothing_is_added(db: Database, admin: Caller) -> None:
    with pytest.raises(FieldErrors) as refused:
        suppressions.add(db, admin, "pat@acme.example\nnobody\n12", " ", now=NOW)
    assert refused.value.fields == {
        "addresses": "Neither an email address nor a phone number like +49 151 12345678: nobody, 12.",
        "reason": "Write a reason, at most 500 characters.",
    }
    with pytest.raises(FieldErrors, match="at least one"):
        suppressions.add(db, admin, " , ", "Why not", now=NOW)
    with pytest.raises(FieldErrors, match="At most 200 at once"):
        suppressions.add(db, admin, ",".join(f"a{n}@b.example" for n in range(201)), "Why not", now=NOW)
    assert listed(db, admin) == []


def test_a_lift_needs_a_reason_and_is_kept_with_who_did_it(db: Database, build: Builder, admin: Caller) -> None:
    build.customer("Acme GmbH", email="Pat@Acme.example")
    suppressions.add(db, admin, "pat@acme.example", "Lawyers speak", now=NOW)
    [row] = suppressions.look_through(db, admin).rows
    found = suppressions.look(db, admin, row.id)
    assert (found.customers, found.row.by_recipient, [e.event.value for e in found.history]) == (
        ("Acme GmbH",),
        False,
        ["added"],
    )
    with pytest.raises(FieldErrors, match="Write a reason"):
        suppressions.lift(db, admin, row.id, " ")
    lifted = suppressions.lift(db, admin, row.id, "Settled in court", now=NOW + timedelta(days=1))
    assert lifted.address == "pat@acme.example"
    assert listed(db, admin) == []
    assert happened(db, admin) == [
        ("pat@acme.example", "lifted", "by_admin", "Settled in court", "Alice Martin"),
        ("pat@acme.example", "added", "by_admin", "Lawyers speak", "Alice Martin"),
    ]
    with pytest.raises(NotFound, match="not suppressed any more"):
        suppressions.lift(db, admin, row.id, "Twice")


def test_start_ends_a_stop_and_nothing_that_an_admin_wants(db: Database, admin: Caller) -> None:
    sms.receive(db, InboundSms("SM1", NUMBER, "STOP"), now=NOW)
    [stopped] = suppressions.look_through(db, admin).rows
    assert (stopped.cause, stopped.note, stopped.by_recipient) == ("opt_out", "STOP by SMS", True)
    sms.receive(db, InboundSms("SM2", NUMBER, "START"), now=NOW + timedelta(minutes=1))
    assert listed(db, admin) == []

    sms.receive(db, InboundSms("SM3", NUMBER, "STOP"), now=NOW + timedelta(minutes=2))
    later = NOW + timedelta(minutes=3)
    assert suppressions.add(db, admin, NUMBER, "For good", now=later) == Added(0, 1)
    sms.receive(db, InboundSms("SM4", NUMBER, "START"), now=NOW + timedelta(minutes=4))
    assert listed(db, admin) == [("sms", NUMBER, "by_admin", "For good")]
    assert [(event, note, by) for _, event, _, note, by in happened(db, admin)] == [
        ("changed", "For good", "Alice Martin"),
        ("added", "STOP by SMS", None),
        ("lifted", "START by SMS", None),
        ("added", "STOP by SMS", None),
    ]


def test_pages_and_search_find_what_people_type(db: Database, admin: Caller) -> None:
    emails = ",".join(f"a{n:02}@bolt.example" for n in range(21))
    suppressions.add(db, admin, f"{emails},{NUMBER},odd_one%@acme.example", "Why not", now=NOW)
    last = suppressions.look_through(db, admin, page=99)
    assert (last.total, last.page, last.pages, len(last.rows)) == (23, 2, 3, 3)
    for typed in ("0151 2345", "+49 151 23", "51-23456"):
        assert [row[1] for row in listed(db, admin, typed)] == [NUMBER]
    assert [row[1] for row in listed(db, admin, "E%@ACME")] == ["odd_one%@acme.example"]
    assert listed(db, admin, "_0") == []
    assert suppressions.history(db, admin, page=2).pages == 3


def test_a_file_is_brought_in_at_once_and_by_nobody(db: Database, build: Builder, admin: Caller) -> None:
    build.suppression("stop@acme.example", note="Bounced", cause="hard_bounce")
    rows = [(Reached("email", f"a{n}@bolt.example"), "From a list") for n in range(1500)]
    wanted = [*rows, (Reached("email", "stop@acme.example"), "From a list"), (Reached("sms", NUMBER), "x" * 600)]
    assert suppressions.bring_in(db, admin.workspace_id, wanted, now=NOW) == Added(1501, 1)
    assert suppressions.bring_in(db, admin.workspace_id, wanted, now=NOW) == Added(0, 1502)
    assert listed(db, admin, "stop@") == [("email", "stop@acme.example", "by_admin", "From a list")]
    assert suppressions.look_through(db, admin).total == 1502
    assert {row[4] for row in happened(db, admin)} == {None}


USES: dict[str, Callable[[Database, Caller], object]] = {
    "look_through": suppressions.look_through,
    "history": suppressions.history,
    "look": lambda db, caller: suppressions.look(db, caller, 1),
    "add": lambda db, caller: suppressions.add(db, caller, NUMBER, "Why not"),
    "lift": lambda db, caller: suppressions.lift(db, caller, 1, "Why not"),
}


@pytest.mark.parametrize("use", USES.values(), ids=list(USES))
def test_members_are_refused(db: Database, build: Builder, use: Callable[[Database, Caller], object]) -> None:
    with pytest.raises(NotAllowed, match="Only an admin can do this"):
        use(db, build.caller())


def test_other_workspaces_are_not_found(db: Database, build: Builder, admin: Caller) -> None:
    suppressions.add(db, admin, NUMBER, "Why not", now=NOW)
    [row] = suppressions.look_through(db, admin).rows
    build.workspace(name="Other")
    other = build.caller(role="admin")
    assert suppressions.look_through(db, other).total == 0
    assert suppressions.history(db, other).rows == ()
    for use in (lambda: suppressions.look(db, other, row.id), lambda: suppressions.lift(db, other, row.id, "Why")):
        with pytest.raises(NotFound):
            use()
