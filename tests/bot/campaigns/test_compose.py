"""Writing keeps what was typed, and says separately what can't be sent."""

from __future__ import annotations

import pytest

from bot.campaigns import compose, drafts
from bot.domain.access import Position
from bot.errors import Conflict, FieldErrors, NotFound
from storage.db import Database
from tests.builders import Builder


def test_half_written_text_is_kept_as_it_is(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    saved = compose.save(db, caller, draft.id, subject="Hi {{", body="{{custmer", cc=["not an address", " a@x.com "])
    assert (saved.subject, saved.body, saved.cc) == ("Hi {{", "{{custmer", ("not an address", "a@x.com"))
    assert saved.version == draft.version + 1


def test_none_leaves_a_field_and_saving_the_same_again_changes_nothing(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    first = compose.save(db, caller, draft.id, subject="Hello", to_positions=["Payer", "payer"])
    assert compose.save(db, caller, draft.id, subject="Hello", to_positions=["Payer"]) == first
    assert (first.name, first.to_positions) == (draft.name, ("Payer",))


def test_two_windows_cannot_overwrite_each_other(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    compose.save(db, caller, draft.id, version=draft.version, body="first window")
    with pytest.raises(Conflict):
        compose.save(db, caller, draft.id, version=draft.version, body="second window")
    assert drafts.load(db, caller, draft.id).body == "first window"


def test_what_is_too_large_is_refused_at_its_input(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    with pytest.raises(FieldErrors) as refused:
        compose.save(
            db,
            caller,
            draft.id,
            name="n" * 201,
            subject="s" * 501,
            body="b" * 20_001,
            cc=[f"c{n}@example.com" for n in range(11)],
            to_positions=["p" * 101],
        )
    assert set(refused.value.fields) == {"name", "subject", "body", "cc", "to_positions"}
    assert drafts.load(db, caller, draft.id) == draft


def test_line_breaks_in_a_name_become_spaces(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    assert compose.save(db, caller, draft.id, name=" March\r\nBcc: x \x00 round ").name == "March Bcc: x round"


def test_the_sender_is_a_verified_user_or_alias_of_the_workspace(db: Database, build: Builder) -> None:
    build.workspace()
    foreigner = build.user("Foreign")
    build.workspace()
    user = build.user("Alice Martin", email="alice@example.com")
    caller = build.caller(user)
    alias = build.alias("billing@example.com", created_by=user)
    pending = build.alias("new@example.com", created_by=user, verified_at=None)
    unverified = build.user("Bob Ray", email_verified=False)
    draft = drafts.start(db, caller)
    saved = compose.save(db, caller, draft.id, sender=f"alias:{alias.id}")
    assert saved.sender is not None and saved.sender.label == "Billing <billing@example.com>"
    for forged in (f"user:{foreigner.id}", f"user:{unverified.id}", f"alias:{pending.id}", "alias:x", "drop table"):
        with pytest.raises(FieldErrors) as refused:
            compose.save(db, caller, draft.id, sender=forged)
        assert list(refused.value.fields) == ["sender"]
    assert compose.save(db, caller, draft.id, sender="").sender is None
    assert [row.email for row in compose.senders(db, caller)] == ["billing@example.com", "alice@example.com"]
    assert [row.value for row in compose.senders(db, caller, "MARTIN")] == [f"user:{user.id}"]


def test_a_sender_that_lost_its_verification_is_shown_as_none(db: Database, build: Builder) -> None:
    user = build.user()
    caller = build.caller(user)
    draft = drafts.start(db, caller)
    with db.write() as session:
        session.merge(user).email_verified = False
    assert drafts.load(db, caller, draft.id).sender is None


def test_validation_names_every_wrong_input(db: Database, build: Builder) -> None:
    caller = build.caller(build.user(email_verified=False))
    draft = drafts.start(db, caller)
    compose.save(db, caller, draft.id, name=" ", subject="Hi", body="Dear {{custmer.name}}", cc=["nobody"])
    with pytest.raises(FieldErrors) as refused:
        compose.validate(db, caller, draft.id)
    assert set(refused.value.fields) == {"name", "sender", "cc", "body"}
    assert refused.value.fields["cc"] == "Not an email address: nobody."
    assert "customer.name" in refused.value.fields["body"]


def test_a_proper_draft_is_valid(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    compose.save(db, caller, draft.id, subject="Your account", body="Dear {{customer.name}}")
    compose.validate(db, caller, draft.id)


def test_inserting_a_tag_keeps_what_was_typed(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    saved = compose.insert_tag(db, caller, draft.id, field="body", typed="Dear", tag="customer.name")
    assert saved.body == "Dear {{customer.name}}"
    saved = compose.insert_tag(db, caller, draft.id, field="body", typed="Dear {{customer.name}},\n", tag="today")
    assert saved.body == "Dear {{customer.name}},\n{{today}}"
    saved = compose.insert_tag(db, caller, draft.id, field="subject", typed="", tag="today")
    assert saved.subject == "{{today}}"


@pytest.mark.parametrize(("field", "tag"), [("body", "custmer.name"), ("name", "today"), ("body", "__class__")])
def test_an_unknown_tag_is_refused(db: Database, build: Builder, field: str, tag: str) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    with pytest.raises(NotFound):
        compose.insert_tag(db, caller, draft.id, field=field, typed="", tag=tag)


def test_positions_are_those_of_the_callers_customers_then_the_standard_ones(db: Database, build: Builder) -> None:
    user = build.user(position=Position.ACCOUNT_MANAGER.value)
    mine = build.customer("Mine", account_managers=(user,))
    build.contact(mine, positions=("Treasurer",))
    build.contact(mine, positions=("Treasurer", "payer"))
    build.contact(build.customer("Theirs"), positions=("Secret position",))
    caller = build.caller(user)
    with db.read() as session:
        found = compose.positions(session, caller)
    assert found == ("Treasurer", "payer", "Accountant", "Purchaser", "Sales")


def test_a_nul_in_what_was_typed_is_dropped(db: Database, build: Builder) -> None:
    caller = build.caller()
    draft = drafts.start(db, caller)
    saved = compose.save(
        db, caller, draft.id, subject="a\x00b", body="c\x00", cc=["d\x00@x.com"], to_positions=["\x00"]
    )
    assert (saved.subject, saved.body, saved.cc, saved.to_positions) == ("ab", "c", ("d@x.com",), ())
