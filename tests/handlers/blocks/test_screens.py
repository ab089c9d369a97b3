"""The screens as they are drawn from a real book: what they say, what they offer, and that names stay names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from bot.campaigns import audiences, check, compose, control, decide, drafts, freeze, launch, preview, summarize, tick
from bot.domain.access import Caller
from bot.domain.audience import AudienceFilter
from bot.domain.states import ActionState, CampaignState
from bot.people import aliases, sending_settings, users, workspace_settings
from handlers.blocks import campaign_message, manual_actions, notices, sending, who_windows
from handlers.blocks import check as check_blocks
from handlers.blocks import settings as settings_blocks
from handlers.blocks import what as what_blocks
from handlers.blocks import who as who_blocks
from handlers.blocks.preview import preview_blocks
from handlers.parse import Metadata
from storage.db import Database, utcnow
from tests.builders import Builder
from tests.payloads import record

HOSTILE = "Acme <!channel> *x* `y`"


@pytest.fixture
def caller(build: Builder) -> Caller:
    """Return an admin with a book: one good customer, one without a contact, one bad address, one owing nothing."""
    caller = build.caller(name="Alice Martin", role="admin", email="alice@example.com")
    today = utcnow().date()
    for name, email, owed in (
        (HOSTILE, "pat@example.com", 12_345),
        ("No contact Ltd", None, 500),
        ("Bad address AG", "not-an-address", 700),
        ("Paid up SA", "fine@example.com", 0),
    ):
        customer = build.customer(name, overdue=None, email=email)
        if owed:
            build.invoice(customer, today=today, outstanding=owed)
    return caller


@pytest.fixture
def draft(db: Database, caller: Caller) -> int:
    made = drafts.start(db, caller).id
    audiences.set_all_matching(db, caller, made, True)
    compose.save(
        db, caller, made, subject="Hello {{customer.name}}", body="You owe {{amounts.overdue}}, {{customer.group}}"
    )
    return made


def shown(view: dict[str, Any], method: str = "views.open") -> str:
    """Record a view, check what holds for every view, and return all of its text."""
    record(method, trigger_id="1.2.abc", view=view)
    ids = [block["block_id"] for block in view["blocks"] if "block_id" in block]
    assert len(ids) == len(set(ids))
    assert len(view["title"]["text"]) <= 24
    return "\n".join(texts(view))


def texts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "text" and isinstance(value, str):
                yield value
            else:
                yield from texts(value)
    elif isinstance(node, list):
        for each in node:
            yield from texts(each)


def message(db: Database, caller: Caller, campaign_id: int) -> str:
    view = summarize.campaign_message(db, caller.workspace_id, campaign_id)
    text, blocks = campaign_message.message_text(view), campaign_message.message_blocks(view)
    record("chat.postMessage", channel="D0000001", text=text, blocks=blocks)
    return "\n".join([text, *texts(blocks)])


def test_who_counts_and_names_nobody_at_first(db: Database, caller: Caller) -> None:
    made = drafts.start(db, caller)
    said = shown(who_blocks.who_view(audiences.view(db, caller, made.id), [], Metadata(made.id), sees_all=True))
    assert "*Nobody selected yet.* Tick “All 4 that match” (EUR 135.45 overdue), or add customers by name." in said
    wanted = AudienceFilter(countries=("DE",), text="none")
    audiences.set_filter(db, caller, made.id, wanted)
    said = shown(who_blocks.who_view(audiences.view(db, caller, made.id), [], Metadata(1), sees_all=True))
    assert "*Nobody selected yet.* No customer matches: change the filters, or add customers by name." in said
    assert "More filters: country Germany" in said, "no filter works unseen"


def test_who_shows_the_total_and_every_filter_that_works(db: Database, caller: Caller, draft: int) -> None:
    wanted = AudienceFilter(countries=("DE",), not_contacted_days=30)
    audiences.set_filter(db, caller, draft, wanted)
    audiences.save(db, caller, draft, "Mine")
    saved = audiences.saved(db, caller)
    said = shown(who_blocks.who_view(audiences.view(db, caller, draft), saved, Metadata(draft), sees_all=True))
    assert (
        "*4 customers selected*, EUR 135.45 overdue\nMore filters: country Germany, not contacted for 30 days" in said
    )
    more = who_windows.more_view(wanted, audiences.choices(db, caller), Metadata(draft))
    assert "Countries" in shown(more, "views.push")
    assert "Mine" in shown(who_windows.save_view(saved, Metadata(draft)), "views.push")


def test_an_empty_book_says_who_fills_it(db: Database, build: Builder) -> None:
    caller = build.caller()
    view = audiences.view(db, caller, drafts.start(db, caller).id)
    said = shown(who_blocks.who_view(view, [], Metadata(1), sees_all=True))
    assert "There are no customers yet: an admin brings them in with `/campaign import`." in said
    said = shown(who_blocks.who_view(view, [], Metadata(1), sees_all=False))
    assert "No customer is assigned to you yet: an admin can do that with `/campaign settings`." in said


def test_account_managers_get_no_filter_by_account_manager(db: Database, caller: Caller, draft: int) -> None:
    view = audiences.view(db, caller, draft)
    said = shown(who_blocks.who_view(view, [], Metadata(draft), sees_all=False))
    assert "Account manager" not in said
    assert "customers that are assigned to you" in said


def test_the_list_keeps_names_from_being_markup(db: Database, caller: Caller, draft: int) -> None:
    said = shown(who_windows.list_view(audiences.page(db, caller, draft, 0), Metadata(draft)), "views.push")
    assert "<!channel>" not in said
    assert "&lt;!channel&gt;" in said
    assert "no main contact" in said


def test_what_says_what_is_wrong_and_shows_the_message(db: Database, caller: Caller, draft: int) -> None:
    def what() -> str:
        view = drafts.load(db, caller, draft)
        with db.read() as session:
            positions = compose.positions(session, caller)
        return shown(what_blocks.what_view(view, positions, preview.show(db, caller, draft), Metadata(draft)))

    said = what()
    assert "You owe €123.45" in said
    assert 'empty for this customer: `{{customer.group}}`. Write `{{customer.group | default("…")}}` to say' in said
    compose.save(db, caller, draft, body="{{customer.nam}}")
    assert "Did you mean {{customer.name}}?" in what()
    compose.save(db, caller, draft, body="{{contact.first_nam}}")
    assert "Did you mean {{contact.first_name}}?" in what(), "a tag can be copied from where it is named"


def test_the_preview_is_rich_text_in_which_names_are_only_text(db: Database, caller: Caller, draft: int) -> None:
    body = "*{{customer.name}}* owes\n\n- [here](https://pay.example.com)\n\n2. two\n\n{{invoices.table}}"
    compose.save(db, caller, draft, body=body)
    blocks = preview_blocks(preview.show(db, caller, draft, index=0))
    shown(what_blocks.modal("What", blocks, callback_id="what"))
    (rich,) = [block for block in blocks if block["type"] == "rich_text"]
    name, bullets, two, table = rich["elements"]
    assert name["elements"] == [
        {"type": "text", "text": HOSTILE, "style": {"bold": True}},
        {"type": "text", "text": " owes"},
    ]
    assert bullets["elements"][0]["elements"] == [{"type": "link", "url": "https://pay.example.com", "text": "here"}]
    assert two == {
        "type": "rich_text_section",
        "elements": [{"type": "text", "text": text} for text in ("\n", "2. ", "two")],
    }
    assert table["type"] == "rich_text_preformatted"
    compose.save(db, caller, draft, body="{{invoices.table}}")
    (rich,) = [b for b in preview_blocks(preview.show(db, caller, draft, index=3)) if b["type"] == "rich_text"]
    assert rich["elements"] == [{"type": "rich_text_section", "elements": [{"type": "text", "text": " "}]}]


def test_an_inserted_tag_gets_a_new_input_and_leaves_the_others(db: Database, caller: Caller, draft: int) -> None:
    with db.read() as session:
        view, positions = drafts.load(db, caller, draft), compose.positions(session, caller)
    before = what_blocks.what_view(view, positions, preview.show(db, caller, draft), Metadata(draft))
    metadata = Metadata(draft).rekeyed("body", "tags")
    after = what_blocks.what_view(view, positions, preview.show(db, caller, draft), metadata)
    old, new = ({b.get("block_id") for b in v["blocks"]} for v in (before, after))
    assert old - new == {"what_body:0", "what_tags:0"}
    assert new - old == {"what_body:1", "what_tags:1"}


def test_check_counts_and_gives_reasons(db: Database, caller: Caller, draft: int) -> None:
    compose.save(db, caller, draft, body="You owe {{amounts.overdue}}")
    found = check.run(db, caller, draft)
    said = shown(check_blocks.check_view(found, preview.show(db, caller, draft, index=0), Metadata(draft)))
    assert "1 email will be sent, EUR 123.45 overdue in all." in said
    assert "*Will need you*" in said
    assert "1: no contact to write to" in said
    assert "1: the address is not valid" in said
    assert "*Left out*\n• 1: nothing overdue" in said
    assert "Send to 1 customer" in said
    check.put_back(db, caller, draft, "nothing_overdue", True)
    again = check.run(db, caller, draft)
    put_back = shown(check_blocks.check_view(again, preview.show(db, caller, draft, worst="longest"), Metadata(draft)))
    assert "nothing overdue (put back)" in put_back


def test_the_message_tells_the_whole_story(db: Database, caller: Caller, draft: int) -> None:
    version = drafts.load(db, caller, draft).version
    launched = launch.launch(db, caller, draft, version=version, hold=timedelta(0))
    assert "On its way" in shown(check_blocks.launched_view(launched))
    assert "Undo" in message(db, caller, draft)
    freeze.freeze_due(db)
    held = message(db, caller, draft)
    assert re.search(r"On its way to 1 customer: starts <!date\^\d+\^{date_short_pretty} at {time}\|[^>]+ UTC>\.", held)
    assert "Left out at Send: nothing overdue (1)" in held
    tick.tick(db)
    sending = message(db, caller, draft)
    assert "Sending: 0 of 3 messages sent." in sending
    assert "*Needs you* (2)" in sending
    page = summarize.manual_page(db, caller, draft)
    assert "Ignore all 1" in shown(manual_actions.manual_view(page, "note"))
    assert shown(manual_actions.fix_view(decide.fixing(db, caller, page.rows[0].id))).startswith("Fix contact")
    first = page.rows[0]
    assert decide.ignore(db, caller, first.id).changed == 1
    assert decide.ignore(db, caller, first.id).text.startswith(f"This was decided already by <@{caller.slack_user_id}>")
    assert f"Ignored by <@{caller.slack_user_id}>" in message(db, caller, draft)
    control.pause(db, caller, draft)
    assert "Paused: nothing goes out until you resume it." in message(db, caller, draft)
    control.cancel(db, caller, draft)
    assert "Cancelled: nothing was sent." in message(db, caller, draft)
    view = summarize.campaign_message(db, caller.workspace_id, draft)
    for kind in ("missed_schedule", "delayed", "sender_login"):
        record(
            "chat.postMessage",
            channel="D1",
            text=notices.notice_text(kind, view),
            blocks=notices.notice_blocks(kind, view),
        )


def test_settings_of_members_and_admins(db: Database, caller: Caller) -> None:
    assert "For admins" not in shown(settings_blocks.overview("", is_admin=False))
    assert "For admins" in shown(settings_blocks.overview("Best", is_admin=True))
    assert "Admin, finance user: all customers" in shown(settings_blocks.users_view(users.list_users(db, caller)))
    shown(settings_blocks.user_view(None))
    assert "Take access away" in shown(settings_blocks.user_view(users.get_user(db, caller, caller.user_id)))
    assert "No shared address yet." in shown(settings_blocks.aliases_view([]))
    row = aliases.add_alias(db, caller, email="billing@example.com", name="Billing")
    assert "waits for its code" in shown(settings_blocks.aliases_view([row]))
    assert "billing@example.com" in shown(settings_blocks.code_view(row))
    shown(settings_blocks.alias_view())
    shown(settings_blocks.assign_view(None))
    shown(settings_blocks.workspace_view(workspace_settings.read(db, caller)))


def test_sending_shows_only_the_channels_that_are_set_up(db: Database, caller: Caller) -> None:
    settings = sending_settings.read(db, caller)
    both = shown(sending.sending_view(settings, ("email", "sms"), "Saved."))
    assert both.startswith("Sending")
    assert "Hours for SMS" in both
    assert "Price of an SMS segment by country" in both
    mails = shown(sending.sending_view(settings, ("email",)))
    assert "Hours for emails" in mails
    assert "SMS" not in mails


def test_the_channel_is_asked_for_only_where_there_are_several(db: Database, caller: Caller) -> None:
    one = who_blocks.start_view([], ["email"])
    assert "New campaign" in shown(one)
    several = who_blocks.start_view(drafts.open_drafts(db, caller), ["email", "sms"])
    assert "New email campaign" in shown(several)
    assert "New SMS campaign" in shown(several)


def test_an_sms_has_neither_subject_nor_copies_nor_table(db: Database, caller: Caller) -> None:
    draft = drafts.start(db, caller, channel="sms")
    view = what_blocks.what_view(draft, ["Payer"], preview.show(db, caller, draft.id), Metadata(draft.id))
    text = shown(view)
    assert "Subject" not in text
    assert "CC" not in text
    assert "Attachment" not in text
    assert "invoices.table" not in text
    assert "invoices.overdue_numbers" in text


def test_fix_contact_asks_for_a_number_on_sms(db: Database, build: Builder, caller: Caller) -> None:
    campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel="sms")
    customer = build.customer("Delta SA", phone="030 901820")
    action = build.action(campaign, customer, state=ActionState.MANUAL, reason="not_mobile")
    text = shown(manual_actions.fix_view(decide.fixing(db, caller, action.id)))
    assert "Mobile number" in text
    assert "it is a landline" in text
