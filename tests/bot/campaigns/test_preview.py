"""The preview is the real message of a real customer of the audience, and of nobody else's."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.campaigns import compose, preview, test_send
from bot.domain.access import Position
from bot.errors import FieldErrors, NotFound, UserError
from bot.rendering.preview import Part, PartKind, Shown, Span
from storage.db import Database
from storage.models import SystemMail
from tests.builders import NOW, Builder


def test_it_shows_the_message_with_real_values(db: Database, build: Builder) -> None:
    user = build.user("Alice Martin", email="alice@example.com")
    customer = build.customer("Acme GmbH", overdue=123_450)
    build.contact(customer, positions=("Payer",), first_name="Petra", last_name="Kaiser", email="petra@example.com")
    draft = build.campaign(
        user,
        to_positions=["Payer"],
        cc=["boss@example.com"],
        subject="{{customer.name}}",
        body="Dear {{contact.first_name}}, please pay {{amounts.overdue}}.",
    )
    shown = preview.show(db, build.caller(user), draft.id, now=NOW)
    assert (shown.customer_id, shown.customer_name, shown.index, shown.total) == (customer.id, "Acme GmbH", 0, 1)
    assert (shown.to, shown.cc) == (("Petra Kaiser <petra@example.com>",), ("boss@example.com",))
    assert shown.sender == "Alice Martin <alice@example.com>"
    assert (shown.subject, shown.text.strip()) == ("Acme GmbH", "Dear Petra, please pay €1,234.50.")
    assert shown.shown == Shown((Part(PartKind.TEXT, ((Span("Dear Petra, please pay €1,234.50."),),)),))
    assert (shown.empty_tags, shown.faults) == ((), ())


def test_it_walks_by_name_and_around_both_ends(db: Database, build: Builder) -> None:
    user = build.user()
    for name in ("Beta", "alpha", "Gamma"):
        build.customer(name)
    draft = build.campaign(user)
    caller = build.caller(user)
    shown = [preview.show(db, caller, draft.id, index=i, now=NOW) for i in (0, 1, 2, 3, -1)]
    assert [row.customer_name for row in shown] == ["alpha", "Beta", "Gamma", "alpha", "Gamma"]
    assert [row.index for row in shown] == [0, 1, 2, 0, 2]


def test_it_jumps_to_the_worst_cases(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("Plain", group_name="Group")
    many = build.customer("Many invoices", group_name="Group")
    for _ in range(4):
        build.invoice(many)
    build.customer("No group")
    build.customer("A name that is long " * 5, group_name="A long group too")
    draft = build.campaign(user, body="{{customer.name}} {{customer.group}} {{invoices.overdue_count}}")
    caller = build.caller(user)
    longest = preview.show(db, caller, draft.id, worst="longest", now=NOW)
    assert (longest.customer_name.startswith("A name"), longest.index) == (True, 0)
    most = preview.show(db, caller, draft.id, worst="most_invoices", now=NOW)
    assert (most.customer_name, most.index) == ("Many invoices", 1)
    empty = preview.show(db, caller, draft.id, worst="empty_tags", now=NOW)
    assert (empty.customer_name, empty.empty_tags) == ("No group", ("customer.group",))


def test_while_writing_it_tells_faults_instead_of_raising(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer("Acme")
    draft = build.campaign(user, body="Dear {{custmer.name}}")
    shown = preview.show(db, build.caller(user), draft.id, now=NOW)
    assert (shown.customer_name, shown.text, shown.shown) == ("Acme", "", Shown())
    assert len(shown.faults) == 1 and "customer.name" in shown.faults[0]
    assert preview.show(db, build.caller(user), draft.id, worst="longest", now=NOW).customer_name == "Acme"


def test_without_a_sender_the_message_is_shown_all_the_same(db: Database, build: Builder) -> None:
    user = build.user()
    build.customer()
    draft = build.campaign(user, sender_user_id=None, body="Hello")
    shown = preview.show(db, build.caller(user), draft.id, now=NOW)
    assert (shown.sender, shown.text.strip()) == ("", "Hello")
    assert shown.faults == ("Choose a sender whose address is verified.",)


def test_an_empty_audience_says_so(db: Database, build: Builder) -> None:
    user = build.user()
    shown = preview.show(db, build.caller(user), build.campaign(user).id, now=NOW)
    assert (shown.customer_id, shown.total, shown.faults) == (None, 0, ("No customers are selected yet.",))


def test_it_never_shows_who_is_out_of_scope_or_not_selected(db: Database, build: Builder) -> None:
    build.workspace()
    foreign = build.customer("Foreign")
    build.workspace()
    user = build.user(position=Position.ACCOUNT_MANAGER.value)
    build.customer("Mine", account_managers=(user,))
    theirs = build.customer("Theirs")
    draft = build.campaign(user, audience={"all_matching": True, "added": [theirs.id, foreign.id]})
    caller = build.caller(user)
    for forged in (theirs.id, foreign.id, 2**40):
        with pytest.raises(NotFound):
            preview.show(db, caller, draft.id, customer_id=forged, now=NOW)
        with pytest.raises(NotFound):
            test_send.request(db, caller, draft.id, customer_id=forged, now=NOW)
    for index in range(3):
        assert preview.show(db, caller, draft.id, index=index, now=NOW).customer_name == "Mine"


def test_a_test_goes_to_the_callers_own_address(db: Database, build: Builder) -> None:
    user = build.user(email="alice@example.com")
    customer = build.customer()
    draft = build.campaign(user)
    assert test_send.request(db, build.caller(user), draft.id, customer_id=customer.id, now=NOW) == "alice@example.com"
    with db.read() as session:
        mail = session.scalars(select(SystemMail)).one()
    assert (mail.kind, mail.state, mail.to_address, mail.due_at) == ("test", "queued", "alice@example.com", NOW)
    assert (mail.subject_id, mail.payload, mail.requested_by) == (draft.id, {"customer_id": customer.id}, user.id)


def test_a_test_of_what_cannot_be_sent_or_to_an_unconfirmed_address_is_refused(db: Database, build: Builder) -> None:
    user = build.user()
    customer = build.customer()
    broken = build.campaign(user, body="{{nonsense}}")
    with pytest.raises(FieldErrors):
        test_send.request(db, build.caller(user), broken.id, customer_id=customer.id, now=NOW)
    unconfirmed = build.user(email_verified=False)
    draft = build.campaign(unconfirmed, sender_user_id=user.id)
    with pytest.raises(UserError, match="confirmed email"):
        test_send.request(db, build.caller(unconfirmed), draft.id, customer_id=customer.id, now=NOW)


def test_a_stuck_mail_server_does_not_collect_clicks(db: Database, build: Builder) -> None:
    user = build.user()
    customer = build.customer()
    draft = build.campaign(user)
    for n in range(5):
        at = NOW + timedelta(seconds=6 * n)
        test_send.request(db, build.caller(user), draft.id, customer_id=customer.id, now=at)
    with pytest.raises(UserError, match="still waiting"):
        test_send.request(db, build.caller(user), draft.id, customer_id=customer.id, now=NOW + timedelta(minutes=1))


def test_one_click_delivered_twice_is_one_test(db: Database, build: Builder) -> None:
    user = build.user()
    first, second = build.customer("One"), build.customer("Two")
    draft = build.campaign(user)

    def ask(customer_id: int, seconds: int) -> None:
        at = NOW + timedelta(seconds=seconds)
        test_send.request(db, build.caller(user), draft.id, customer_id=customer_id, now=at)

    ask(first.id, 1)
    ask(first.id, 5)
    ask(second.id, 5)
    ask(first.id, 7)
    with db.read() as session:
        asked = session.scalars(select(SystemMail.payload).order_by(SystemMail.id)).all()
    assert asked == [{"customer_id": first.id}, {"customer_id": second.id}, {"customer_id": first.id}]


def test_while_it_is_written_only_what_is_wrong_is_told_and_then_the_message_is_shown(
    db: Database, build: Builder
) -> None:
    user = build.user()
    caller = build.caller(user)
    build.contact(build.customer("Acme"))
    draft = build.campaign(user, subject="", body="Dear {{customer.name}}")
    told = preview.writing(db, caller, draft.id, now=NOW).preview
    assert (told.faults, told.customer_id, told.text) == (("Write a subject.",), None, "")
    compose.save(db, caller, draft.id, subject="Overdue")
    shown = preview.writing(db, caller, draft.id, now=NOW).preview
    assert (shown.faults, shown.customer_name, shown.text) == ((), "Acme", "Dear Acme\n")
    assert shown == preview.show(db, caller, draft.id, now=NOW)
