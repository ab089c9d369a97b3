"""Picking customers by rule and by hand, within what the caller may see."""

from __future__ import annotations

from decimal import Decimal

import pytest

from bot.campaigns import audiences, drafts
from bot.campaigns.views import CustomerName
from bot.domain.access import Position
from bot.domain.audience import Audience, AudienceFilter
from bot.domain.money import Money
from bot.errors import FieldErrors, NotFound
from storage.db import Database
from tests.builders import Builder


def test_the_rule_is_counted_live_with_the_total_overdue(db: Database, build: Builder) -> None:
    caller = build.caller()
    build.customer("Acme", overdue=10_000)
    build.customer("Blue", overdue=25_050)
    build.customer("Yen", overdue=900, currency="JPY", country="JP")
    out = build.customer("Out", overdue=99_900)
    draft = drafts.start(db, caller)
    audiences.set_filter(db, caller, draft.id, AudienceFilter(countries=("DE",)))
    audiences.set_all_matching(db, caller, draft.id, True)
    view = audiences.view(db, caller, draft.id)
    assert (view.matching, view.selected, view.overdue) == (3, 3, (Money(134_950, "EUR"),))
    audiences.leave_out(db, caller, draft.id, [out.id])
    view = audiences.view(db, caller, draft.id)
    assert (view.matching, view.selected, view.overdue) == (3, 2, (Money(35_050, "EUR"),))
    assert view.left_out == (CustomerName(out.id, "Out"),)
    assert audiences.choices(db, caller).countries == ("DE", "JP")


def test_the_rule_is_stored_not_the_ids(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    audiences.set_all_matching(db, caller, draft.id, True)
    build.customer("Imported later")
    assert audiences.view(db, caller, draft.id).selected == 1


def test_whether_anybody_is_selected_is_asked_within_the_scope(db: Database, build: Builder) -> None:
    camille = build.user("Camille Roux", position=Position.ACCOUNT_MANAGER.value)
    manager, finance = build.caller(camille), build.caller()
    build.customer("Acme")
    drafted = [(caller, drafts.start(db, caller).id) for caller in (finance, manager)]
    assert [audiences.is_anybody(db, caller, draft_id) for caller, draft_id in drafted] == [False, False]
    for caller, draft_id in drafted:
        audiences.set_all_matching(db, caller, draft_id, True)
    assert [audiences.is_anybody(db, caller, draft_id) for caller, draft_id in drafted] == [True, False]
    acme = build.customer("Acme GmbH", account_managers=(camille,))
    assert [audiences.is_anybody(db, caller, draft_id) for caller, draft_id in drafted] == [True, True]
    audiences.leave_out(db, *drafted[1], [acme.id])
    assert [audiences.is_anybody(db, caller, draft_id) for caller, draft_id in drafted] == [True, False]
    audiences.set_filter(db, *drafted[0], AudienceFilter(countries=("JP",)))
    assert [audiences.is_anybody(db, caller, draft_id) for caller, draft_id in drafted] == [False, False]


def test_adding_leaving_out_and_restoring(db: Database, build: Builder) -> None:
    caller = build.caller()
    french = build.customer("French", country="FR")
    build.customer("German")
    draft = drafts.start(db, caller)
    audiences.set_filter(db, caller, draft.id, AudienceFilter(countries=("DE",)))
    audiences.add(db, caller, draft.id, [french.id])
    view = audiences.view(db, caller, draft.id)
    assert (view.selected, view.added) == (1, (CustomerName(french.id, "French"),))
    audiences.leave_out(db, caller, draft.id, [french.id])
    view = audiences.view(db, caller, draft.id)
    assert (view.selected, view.added, len(view.left_out)) == (0, (), 1)
    audiences.restore(db, caller, draft.id, [french.id])
    assert audiences.chosen(db, caller, draft.id) == Audience(AudienceFilter(countries=("DE",)))


def test_every_change_makes_a_new_version(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    audiences.set_all_matching(db, caller, draft.id, True)
    assert drafts.load(db, caller, draft.id).version == draft.version + 1


def test_bounds_that_nothing_can_meet_are_refused_at_their_input(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    with pytest.raises(FieldErrors) as refused:
        audiences.set_filter(db, caller, draft.id, AudienceFilter(overdue_min=Decimal(2), overdue_max=Decimal(1)))
    assert list(refused.value.fields) == ["overdue_max"]


def test_an_account_manager_selects_assigned_customers_only_even_by_forged_ids(db: Database, build: Builder) -> None:
    user = build.user("Camille Roux", position=Position.ACCOUNT_MANAGER.value)
    caller = build.caller(user)
    mine = build.customer("Mine", account_managers=(user,))
    theirs = build.customer("Theirs")
    draft = drafts.start(db, caller)
    for forged in (audiences.add, audiences.leave_out):
        with pytest.raises(NotFound):
            forged(db, caller, draft.id, [mine.id, theirs.id])
    audiences.set_all_matching(db, caller, draft.id, True)
    view = audiences.view(db, caller, draft.id)
    assert (view.matching, view.selected, view.overdue) == (1, 1, (Money(10_000, "EUR"),))
    assert [row.name for row in audiences.page(db, caller, draft.id, 0).rows] == ["Mine"]
    assert audiences.search(db, caller, "the") == ()
    assert [row.name for row in audiences.search(db, caller, "")] == ["Mine"]


def test_a_customer_no_longer_assigned_is_no_longer_selected_nor_named(db: Database, build: Builder) -> None:
    finance = build.user()
    customer = build.customer("Acme")
    draft = drafts.start(db, build.caller(finance))
    audiences.add(db, build.caller(finance), draft.id, [customer.id])
    with db.write() as session:
        session.merge(finance).position = Position.ACCOUNT_MANAGER.value
    finance.position = Position.ACCOUNT_MANAGER.value
    view = audiences.view(db, build.caller(finance), draft.id)
    assert (view.selected, view.added, view.overdue) == (0, (), ())


def test_ids_of_another_workspace_answer_as_not_found(db: Database, build: Builder) -> None:
    build.workspace()
    foreign = build.customer("Foreign")
    build.workspace()
    caller = build.caller()
    draft = drafts.start(db, caller)
    with pytest.raises(NotFound):
        audiences.add(db, caller, draft.id, [foreign.id])


def test_pages_walk_the_list_with_overdue_and_main_contact(db: Database, build: Builder) -> None:
    caller = build.caller()
    for n in range(12):
        build.customer(f"Customer {n:02d}", overdue=1_000 + n, email=f"c{n}@example.com")
    draft = drafts.start(db, caller)
    audiences.set_all_matching(db, caller, draft.id, True)
    first = audiences.page(db, caller, draft.id, 0)
    assert (len(first.rows), first.page, first.pages, first.total) == (10, 0, 2, 12)
    last = audiences.page(db, caller, draft.id, 99)
    assert (last.page, [row.name for row in last.rows]) == (1, ["Customer 10", "Customer 11"])
    row = last.rows[0]
    assert (row.overdue, row.main_contact, row.selected) == (
        (Money(1_010, "EUR"),),
        "Pat Payer <c10@example.com>",
        True,
    )
    narrowed = audiences.page(db, caller, draft.id, 1, text="CUSTOMER 03")
    assert ([row.name for row in narrowed.rows], narrowed.page, narrowed.pages) == (["Customer 03"], 0, 1)


def test_an_empty_list_has_one_empty_page(db: Database, build: Builder) -> None:
    caller = build.caller()
    found = audiences.page(db, caller, drafts.start(db, caller).id, 3)
    assert (found.rows, found.page, found.pages, found.total) == ((), 0, 1, 0)


def test_a_saved_audience_is_used_again_replaced_and_forgotten(db: Database, build: Builder) -> None:
    caller = build.caller()
    build.customer("French", country="FR")
    draft, other = drafts.start(db, caller), drafts.start(db, caller)
    audiences.set_filter(db, caller, draft.id, AudienceFilter(countries=("FR",)))
    audiences.save(db, caller, draft.id, "  France ")
    audiences.set_all_matching(db, caller, draft.id, True)
    audiences.save(db, caller, draft.id, "France")
    rows = audiences.saved(db, caller)
    assert [row.name for row in rows] == ["France"]
    audiences.use_saved(db, caller, other.id, rows[0].id)
    assert audiences.view(db, caller, other.id).selected == 1
    audiences.forget(db, caller, rows[0].id)
    assert audiences.saved(db, caller) == ()
    with pytest.raises(NotFound):
        audiences.forget(db, caller, rows[0].id)


def test_a_saved_audience_is_its_owners_alone(db: Database, build: Builder) -> None:
    caller, colleague = build.caller(), build.caller()
    audiences.save(db, caller, drafts.start(db, caller).id, "Mine")
    saved = audiences.saved(db, caller)[0]
    assert audiences.saved(db, colleague) == ()
    with pytest.raises(NotFound):
        audiences.use_saved(db, colleague, drafts.start(db, colleague).id, saved.id)
    with pytest.raises(NotFound):
        audiences.forget(db, colleague, saved.id)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101])
def test_a_saved_audience_needs_a_name_of_sensible_length(db: Database, build: Builder, name: str) -> None:
    caller = build.caller()
    with pytest.raises(FieldErrors):
        audiences.save(db, caller, drafts.start(db, caller).id, name)


def test_a_nul_in_what_was_typed_harms_nothing(db: Database, build: Builder) -> None:
    caller = build.caller()
    build.customer("Acme")
    draft = drafts.start(db, caller)
    audiences.set_filter(db, caller, draft.id, AudienceFilter(text="ac\x00me", custom=(("a\x00", "\x00"),)))
    view = audiences.view(db, caller, draft.id)
    assert view.audience.filter == AudienceFilter(text="acme", custom=(("a", ""),))
    assert audiences.search(db, caller, "acme\x00")[0].name == "Acme"
    assert audiences.page(db, caller, draft.id, 0, text="x\x00").rows == ()
