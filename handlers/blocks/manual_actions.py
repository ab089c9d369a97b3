"""The list of all manual actions of a campaign, and the form that mends a contact."""

from __future__ import annotations

from bot.campaigns.decide import Fixing
from bot.campaigns.summarize import ManualPage
from bot.domain.channels import AddressKind
from bot.domain.postal import PostalAddress
from bot.domain.states import ActionState
from handlers import ids
from handlers.blocks.campaign_message import decided_block, manual_row_blocks
from handlers.blocks.common import (
    Block,
    actions,
    button,
    confirm,
    context,
    count_text,
    cut,
    divider,
    escape,
    input_block,
    modal,
    option,
    plain,
    section,
    sentence,
)
from handlers.blocks.places import country_input, line_input
from handlers.parse import Metadata


def manual_view(page: ManualPage, note: str = "") -> Block:
    """Return one page of the manual and ignored actions, with bulk decisions by reason; `note` is mrkdwn."""
    blocks: list[Block] = [context(note)] if note else []
    if not page.rows:
        blocks.append(section("Nothing needs you here any more."))
    else:
        blocks += _bulk(page)
        for row in page.rows:
            ignored = row.state is ActionState.IGNORED
            blocks += [
                divider(),
                *([decided_block(row)] if ignored else manual_row_blocks(row, sendable=page.sendable)),
            ]
        blocks += _turns(page)
    metadata = Metadata(page.campaign_id, page=page.page).to_json()
    return modal("Actions to do", blocks, callback_id=ids.MANUAL, metadata=metadata)


def _bulk(page: ManualPage) -> list[Block]:
    blocks: list[Block] = []
    for reason in page.reasons[:6]:
        key = f"{ids.SEPARATOR}{reason.reason}"
        sure = confirm("Ignore all of these?", "You can undo that in this list.", "Ignore all")
        buttons = [button(f"Ignore all {reason.count}", ids.MANUAL_IGNORE_ALL + key, value=reason.reason, confirm=sure)]
        if page.sendable and reason.reason not in (
            "no_contact",
            "invalid_address",
            "not_mobile",
            "unprintable",
            "returned",
            "suppressed",
            "uncertain",
        ):
            buttons.insert(0, button(f"Send all {reason.count}", ids.MANUAL_SEND_ALL + key, value=reason.reason))
        blocks += [section(f"*{sentence(reason.text)}* ({reason.count})"), actions(buttons)]
    if page.ignored > 1:
        undo = button(f"Undo all {page.ignored}", ids.MANUAL_UNDO_ALL)
        blocks.append(section(f"*Ignored* ({page.ignored})", accessory=undo))
    return blocks


def _turns(page: ManualPage) -> list[Block]:
    turns = []
    if page.page > 0:
        turns.append(button("Previous page", ids.keyed(ids.MANUAL_PAGE, page.page - 1)))
    if page.page + 1 < page.pages:
        turns.append(button("Next page", ids.keyed(ids.MANUAL_PAGE, page.page + 1)))
    said = context(f"{count_text(page.total, 'action')}, page {page.page + 1} of {page.pages}")
    return [said, actions(turns)] if turns else [said]


def fix_view(of: Fixing) -> Block:
    """Return the form: correct the address or choose another contact, for this action only or saved to the customer."""
    blocks: list[Block] = [
        section(f"*{escape(of.customer_name)}*: {of.why}"),
        *(_postal(of.written) if isinstance(of.written, PostalAddress) else [_address(of)]),
    ]
    if of.contacts:
        choices = [option(f"{c.name} {c.address}", c.id) for c in of.contacts[:100]]
        select = {
            "type": "static_select",
            "action_id": ids.FIX_CONTACT,
            "placeholder": plain("Choose a contact"),
            "options": choices,
        }
        hint = "The message goes to this contact's own address instead of the one above."
        blocks.append(input_block("Or another contact", select, block_id=ids.FIX_CONTACT, optional=True, hint=hint))
    keep = {
        "type": "checkboxes",
        "action_id": ids.FIX_KEEP,
        "options": [option("Save to the customer, for next time too", "save")],
    }
    kept = "A corrected address is written to the contact; another contact becomes the customer's main one."
    blocks.append(input_block("Keep it", keep, block_id=ids.FIX_KEEP, optional=True, hint=kept))
    metadata = Metadata(of.campaign_id, version=of.action_id).to_json()
    return modal("Fix contact", blocks, callback_id=ids.FIX, metadata=metadata, submit="Send", close="Back")


def _postal(ours: PostalAddress) -> list[Block]:
    return [
        line_input("Company", ids.FIX_COMPANY, ours.company, 300),
        line_input("Person", ids.FIX_PERSON, ours.name, 200),
        line_input("Street, or PO box", ids.FIX_STREET, ours.street, 500, lines=True),
        line_input("Postcode", ids.FIX_POSTCODE, ours.postcode, 32),
        line_input("Town", ids.FIX_CITY, ours.city, 200),
        line_input("State or province, where the post wants one", ids.FIX_REGION, ours.region, 200),
        country_input("Country", ids.FIX_COUNTRY, ours.country, hint="Empty: the customer's own."),
    ]


def _address(of: Fixing) -> Block:
    if of.kind is AddressKind.PHONE:
        phone: Block = {
            "type": "plain_text_input",
            "action_id": ids.FIX_PHONE,
            "placeholder": plain("+49 151 12345678"),
            "max_length": 64,
        }
        if of.address:
            phone["initial_value"] = cut(of.address, 64)
        return input_block("Mobile number", phone, block_id=ids.FIX_PHONE, optional=bool(of.contacts))
    email: Block = {"type": "email_text_input", "action_id": ids.FIX_EMAIL, "placeholder": plain("name@example.com")}
    if of.address and "@" in of.address and " " not in of.address:
        email["initial_value"] = of.address
    return input_block("Address", email, block_id=ids.FIX_EMAIL, optional=bool(of.contacts))
