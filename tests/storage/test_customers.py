"""Which customers a filter finds, what they owe, and that nobody finds more than the scope holds."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import event

from bot.domain.access import Scope
from bot.domain.audience import Audience, AudienceFilter
from bot.domain.money import Money
from storage import audiences, customer_filter, customers, filter_choices
from storage.db import Database
from tests.builders import NOW, TODAY, Builder


def found(db: Database, scope: Scope, *, me: int = 0, **wanted: object) -> list[str]:
    """Return the names that a filter finds, in order."""
    condition = customer_filter.matches(scope, AudienceFilter(**wanted), me=me, now=NOW, today=TODAY)  # type: ignore[arg-type]
    with db.read() as session:
        return [row.name for row in customers.page(session, condition, condition, offset=0, limit=100)]


@pytest.fixture
def scope(build: Builder) -> Scope:
    return Scope(build.workspace().id)


def test_text_finds_names_and_groups_whatever_case_and_accents(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Société Générale")
    build.customer("Bolt", group_name="Generale Holding")
    build.customer("100% Cotton")
    assert found(db, scope, text="GENERALE") == ["Bolt", "Société Générale"]
    assert found(db, scope, text="0% c") == ["100% Cotton"]
    assert found(db, scope, text="%") == ["100% Cotton"]
    assert found(db, scope, text="_") == []


def test_another_workspace_is_never_found(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Ours")
    other = build.workspace()
    theirs = build.customer("Theirs")
    assert found(db, scope) == ["Ours"]
    assert found(db, Scope(other.id)) == ["Theirs"]
    with db.read() as session:
        assert customers.names(session, scope, [theirs.id]) == []
        assert customers.balances(session, scope, [theirs.id], TODAY) == {}


def test_an_account_manager_finds_assigned_customers_only(db: Database, build: Builder, scope: Scope) -> None:
    camille, dan = build.user("Camille Roux"), build.user("Dan Poe")
    mine = build.customer("Mine", account_managers=(camille,))
    theirs = build.customer("Theirs", account_managers=(dan,), country="FR", custom={"secret": "x"})
    build.customer("Nobody's", country="US")
    assigned = Scope(scope.workspace_id, camille.id)
    assert found(db, assigned) == ["Mine"]
    assert found(db, assigned, account_manager=dan.id) == []
    assert found(db, assigned, account_manager="nobody") == []
    with db.read() as session:
        assert [row.name for row in customers.search(session, assigned, "", 10)] == ["Mine"]
        assert customers.search(session, assigned, "theirs", 10) == []
        assert customers.visible_ids(session, assigned, [theirs.id, mine.id]) == [mine.id]
        assert customers.main_contacts(session, assigned, [theirs.id]) == {}
        choices = filter_choices.choices(session, assigned)
    assert (choices.countries, choices.custom_keys) == (("DE",), ())


def test_account_manager_filters(db: Database, build: Builder, scope: Scope) -> None:
    alice, bob = build.user("Alice Martin"), build.user("Bob Ray")
    build.customer("A", account_managers=(alice,))
    build.customer("B", account_managers=(bob,))
    build.customer("C", account_managers=(alice, bob))
    build.customer("D")
    assert found(db, scope, account_manager="me", me=alice.id) == ["A", "C"]
    assert found(db, scope, account_manager=bob.id) == ["B", "C"]
    assert found(db, scope, account_manager="nobody") == ["D"]


def test_country_and_language(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("A", country="DE", language="de")
    build.customer("B", country="FR", language="fr")
    build.customer("C", country=None, language=None)
    assert found(db, scope, countries=("DE", "FR")) == ["A", "B"]
    assert found(db, scope, languages=("fr",), countries=("DE", "FR")) == ["B"]


def test_currency_is_the_customers_own_or_that_of_what_it_owes(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Euro")
    dollar = build.customer("Mixed")
    build.invoice(dollar, currency="USD")
    build.customer("Yen", currency="JPY")
    assert found(db, scope, currencies=("USD",)) == ["Mixed"]
    assert found(db, scope, currencies=("JPY", "USD")) == ["Mixed", "Yen"]


def test_overdue_bounds_are_major_units_of_each_currency(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("EUR 100.00", overdue=10_000)
    build.customer("JPY 100", overdue=100, currency="JPY")
    build.customer("KWD 100.000", overdue=100_000, currency="KWD")
    build.customer("KWD 10.000", overdue=10_000, currency="KWD")
    build.customer("Owes nothing", overdue=None)
    build.invoice(build.customer("Not due yet", overdue=None), days_overdue=-5)
    assert found(db, scope, overdue_min=Decimal(100)) == ["EUR 100.00", "JPY 100", "KWD 100.000"]
    assert found(db, scope, overdue_min=Decimal("100.01")) == []
    assert found(db, scope, overdue_max=Decimal("99.99")) == ["KWD 10.000"]
    assert found(db, scope, overdue_min=Decimal(10), overdue_max=Decimal(10)) == ["KWD 10.000"]
    assert found(db, scope, overdue_min=Decimal("1e40")) == []
    assert len(found(db, scope, overdue_max=Decimal("1e40"))) == 4


def test_one_currency_must_be_within_both_bounds(db: Database, build: Builder, scope: Scope) -> None:
    mixed = build.customer("Mixed", overdue=5_000)
    build.invoice(mixed, outstanding=900_000, currency="USD")
    assert found(db, scope, overdue_min=Decimal(100), overdue_max=Decimal(1000)) == []
    assert found(db, scope, overdue_min=Decimal(100)) == ["Mixed"]
    assert found(db, scope, overdue_min=Decimal(100), currencies=("EUR",)) == []


def test_overdue_counts_disputed_but_neither_paid_nor_not_yet_due(db: Database, build: Builder, scope: Scope) -> None:
    customer = build.customer("Acme", overdue=None)
    build.invoice(customer, outstanding=1_000, status="disputed")
    build.invoice(customer, outstanding=0, total=7_000, status="paid")
    build.invoice(customer, outstanding=3_000, days_overdue=0)
    build.invoice(customer, outstanding=2_000, days_overdue=1)
    with db.read() as session:
        condition = customer_filter.in_scope(scope)
        balance = customers.balances(session, scope, [customer.id], TODAY)[customer.id]
        assert balance == customers.Balance((Money(3_000, "EUR"),), 30)
        assert customers.total_overdue(session, scope, condition, TODAY) == (Money(3_000, "EUR"),)
        assert customers.asked_for(session, scope, condition, TODAY) == {customer.id: [Money(2_000, "EUR")]}
    assert found(db, scope, outstanding_min=Decimal(60)) == ["Acme"]
    assert found(db, scope, outstanding_min=Decimal("60.01")) == []


def test_days_past_due(db: Database, build: Builder, scope: Scope) -> None:
    young = build.customer("Young", overdue=None)
    build.invoice(young, days_overdue=29)
    build.customer("Old")
    assert found(db, scope, days_past_due_min=30) == ["Old"]
    assert found(db, scope, days_past_due_min=29) == ["Old", "Young"]
    assert found(db, scope, days_past_due_min=10**9) == []


def test_no_contact_is_nobody_with_an_address(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Reachable")
    silent = build.customer("Phone only", email=None)
    build.contact(silent, email=None)
    build.customer("Nobody", email=None)
    assert found(db, scope, no_contact=True) == ["Nobody", "Phone only"]


def test_not_contacted_for_days_or_never(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Never")
    build.customer("Long ago", last_contacted_at=NOW - timedelta(days=31))
    build.customer("Lately", last_contacted_at=NOW - timedelta(days=30))
    assert found(db, scope, not_contacted_days=30) == ["Long ago", "Never"]


def test_custom_fields_are_compared_by_value(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("North", custom={"sales region": "North", "tier": "A"})
    build.customer("South", custom={"sales region": "South", "tier": "A"})
    build.customer("Bare")
    assert found(db, scope, custom=(("sales region", "North"),)) == ["North"]
    assert found(db, scope, custom=(("sales region", "NORTH"),)) == ["North"], "case is no matter"
    assert found(db, scope, custom=(("sales region", "North"), ("sales region", "South"))) == ["North", "South"]
    assert found(db, scope, custom=(("tier", "A"), ("sales region", "South"))) == ["South"]
    assert found(db, scope, custom=(('a"b', "x"),)) == []
    assert found(db, scope, custom=(("tier'; DROP TABLE customers; --", "x"),)) == []


def test_type_ahead_offers_beginnings_of_names_first_then_of_words(db: Database, build: Builder, scope: Scope) -> None:
    build.customer("Zeta Acme")
    build.customer("Acme GmbH")
    build.customer("Blue", group_name="Big Acme Holding")
    build.customer("Pacme")
    build.customer("Ácme Été")
    with db.read() as session:
        assert [row.name for row in customers.search(session, scope, "ACM", 10)] == [
            "Ácme Été",
            "Acme GmbH",
            "Blue",
            "Zeta Acme",
        ]
        assert [row.name for row in customers.search(session, scope, "acm", 1)] == ["Ácme Été"]
        assert customers.search(session, scope, "%", 10) == []


def test_selected_is_the_rule_and_the_added_without_the_left_out(db: Database, build: Builder, scope: Scope) -> None:
    german, french = build.customer("German"), build.customer("French", country="FR")
    left = build.customer("Left out")
    build.workspace()
    foreign = build.customer("Foreign")
    audience = Audience(AudienceFilter(countries=("DE",)), True, (french.id, foreign.id), (left.id,))
    with db.read() as session:
        condition = customer_filter.selected(scope, audience, me=0, now=NOW, today=TODAY)
        rows = customers.page(session, customer_filter.in_scope(scope), condition, offset=0, limit=10)
        assert [(row.name, row.selected) for row in rows] == [("French", True), ("German", True), ("Left out", False)]
        nobody = customer_filter.selected(scope, Audience(), me=0, now=NOW, today=TODAY)
        assert (customers.count(session, condition), customers.count(session, nobody)) == (2, 0)
        assert customers.nth(session, condition, 1) == german.id
        assert customers.index_of(session, condition, german.id) == 1
        assert customers.index_of(session, condition, left.id) is None


def test_standings_count_what_may_be_collected(db: Database, build: Builder, scope: Scope) -> None:
    customer = build.customer("Acme", overdue=None, paused_until=TODAY)
    build.invoice(customer, status="disputed")
    build.invoice(customer, promised_on=TODAY)
    build.invoice(customer, promised_on=TODAY - timedelta(days=1))
    build.invoice(customer, days_overdue=0)
    build.customer("Bare", overdue=None)
    with db.read() as session:
        rows = list(audiences.standings(session, scope, customer_filter.in_scope(scope), TODAY).values())
    assert [(r.overdue, r.undisputed, r.collectible, r.paused_until) for r in rows] == [
        (3, 2, 1, TODAY),
        (0, 0, 0, None),
    ]


EVERY_FILTER = (
    AudienceFilter(text="acme"),
    AudienceFilter(account_manager="nobody"),
    AudienceFilter(countries=("DE",)),
    AudienceFilter(languages=("de",)),
    AudienceFilter(currencies=("USD",)),
    AudienceFilter(overdue_min=Decimal(100)),
    AudienceFilter(overdue_max=Decimal(1_000)),
    AudienceFilter(days_past_due_min=5),
    AudienceFilter(outstanding_min=Decimal(100)),
    AudienceFilter(no_contact=True),
    AudienceFilter(not_contacted_days=5),
    AudienceFilter(custom=(("Region", "South"),)),
)


@pytest.mark.parametrize("wanted", EVERY_FILTER, ids=lambda wanted: next(iter(wanted.to_json())))
def test_whoever_a_filter_finds_is_also_looked_at_for_the_check(
    db: Database, build: Builder, scope: Scope, wanted: AudienceFilter
) -> None:
    build.customer("Other", overdue=None, currency="EUR", email="o@example.com", last_contacted_at=NOW)
    found = {"country": "DE", "language": "de", "currency": "USD", "custom": {"Region": "South"}}
    dan = () if wanted.account_manager else (build.user("Dan Weber"),)
    email = None if wanted.no_contact else "a@example.com"
    acme = build.customer("Acme", overdue=50_000, email=email, account_managers=dan, **found)
    with db.read() as session:
        condition = customer_filter.matches(scope, wanted, me=0, now=NOW, today=TODAY)
        ids = audiences.ids(session, condition)
        standings = audiences.standings(session, scope, condition, TODAY)
        contacts = audiences.contacts(session, scope, condition)
    assert acme.id in ids
    assert list(standings) == ids
    assert standings[acme.id].overdue == 1
    assert (acme.id in contacts) is not wanted.no_contact


def test_account_managers_are_those_of_the_workspace_who_have_customers(
    db: Database, build: Builder, scope: Scope
) -> None:
    zoe, alice = build.user("Zoe Klein"), build.user("Alice Martin")
    build.user("Has nobody")
    build.customer("A", account_managers=(zoe, alice))
    build.workspace()
    build.customer("Foreign", account_managers=(build.user("Foreign manager"),))
    with db.read() as session:
        found = filter_choices.account_managers(session, scope.workspace_id)
    assert found == ((alice.id, "Alice Martin"), (zoe.id, "Zoe Klein"))


def test_the_total_overdue_of_everybody_is_that_of_the_scope(db: Database, build: Builder, scope: Scope) -> None:
    dan = build.user("Dan Weber")
    build.customer("Acme", overdue=1_000)
    build.customer("Dan's", overdue=200, account_managers=(dan,))
    build.workspace()
    build.customer("Foreign", overdue=99)
    with db.read() as session:
        assert customers.total_overdue(session, scope, None, TODAY) == (Money(1_200, "EUR"),)
        assigned = Scope(scope.workspace_id, dan.id)
        assert customers.total_overdue(session, assigned, None, TODAY) == (Money(200, "EUR"),)


def test_more_customers_than_so_many_are_told_within_the_scope(db: Database, build: Builder, scope: Scope) -> None:
    dan = build.user("Dan Weber")
    build.customer("Acme")
    build.customer("Dan's", account_managers=(dan,))
    with db.read() as session:
        assert customers.exceed(session, scope, 1)
        assert not customers.exceed(session, scope, 2)
        assert not customers.exceed(session, Scope(scope.workspace_id, dan.id), 1)


def test_choices_are_what_the_customers_have(db: Database, build: Builder, scope: Scope) -> None:
    acme = build.customer("Acme", language="de", custom={"tier": "A", "region": "N"})
    build.invoice(acme, currency="USD")
    build.customer("Blue", country="FR", language="fr", currency="GBP", overdue=None, custom={"tier": "B"})
    with db.read() as session:
        assert filter_choices.choices(session, scope) == filter_choices.Choices(
            ("DE", "FR"), ("de", "fr"), ("EUR", "GBP", "USD"), ("region", "tier")
        )


@pytest.mark.parametrize("size", [1, 12])
def test_the_number_of_queries_does_not_grow_with_the_customers(
    db: Database, build: Builder, scope: Scope, size: int
) -> None:
    for n in range(size):
        build.contact(build.customer(f"Customer {n}"), positions=("Payer",))
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    with db.read() as session:
        condition = customer_filter.in_scope(scope)
        ids = list(audiences.standings(session, scope, condition, TODAY))
        audiences.contacts(session, scope, condition)
        customers.balances(session, scope, ids, TODAY)
        customers.main_contacts(session, scope, ids)
    # that of balances is given to the driver past SQLAlchemy, and takes all ids at once
    assert len([s for s in statements if s.lstrip().startswith("SELECT")]) == 4
