"""The second screen: what to write, from whom and to whom, with tags and a live preview."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from bot.campaigns.views import DraftView, PreviewView, SenderChoice
from bot.domain.tags import TABLE, TAGS, Tag
from handlers import ids
from handlers.blocks.common import (
    INPUT_LIMIT,
    OPTIONS_LIMIT,
    Block,
    actions,
    button,
    context,
    cut,
    divider,
    escape,
    input_block,
    modal,
    option,
    plain,
)
from handlers.blocks.preview import preview_blocks
from handlers.parse import Metadata

SUBJECT_LIMIT = 200


def what_view(
    draft: DraftView, positions: Sequence[str], preview: PreviewView, metadata: Metadata, note: str = ""
) -> Block:
    """Return the What screen; inputs that the bot fills again carry a key from `metadata`."""
    blocks: list[Block] = [context(escape(note))] if note else []
    blocks += [
        input_block("Campaign name", _text(ids.WHAT_NAME, draft.name, 200), block_id=ids.WHAT_NAME),
        input_block("From", _sender(draft.sender), block_id=ids.WHAT_SENDER),
        input_block(
            "To",
            _positions(draft.to_positions, positions),
            block_id=ids.WHAT_POSITIONS,
            optional=True,
            hint="Contacts with these positions; the main contact where nobody has them.",
        ),
        input_block("CC", _text(ids.WHAT_CC, ", ".join(draft.cc), 1000), block_id=ids.WHAT_CC, optional=True),
        input_block(
            "Subject",
            _text(ids.WHAT_SUBJECT, draft.subject, SUBJECT_LIMIT),
            block_id=ids.keyed(ids.WHAT_SUBJECT, metadata.key("subject")),
        ),
        input_block(
            "Content",
            _body(draft.body),
            block_id=ids.keyed(ids.WHAT_BODY, metadata.key("body")),
            dispatch=True,
            hint="*bold*, _italic_, [text](https://link), lists with - or 1. Tags go to the end of the text.",
        ),
        actions(
            [
                _tags(ids.WHAT_TAG_BODY, "Insert a tag into the content", TAGS),
                _tags(ids.WHAT_TAG_SUBJECT, "Insert into the subject", [t for t in TAGS if t.name != TABLE]),
            ],
            block_id=ids.keyed("what_tags", metadata.key("tags")),
        ),
        input_block("Attachment", _statement(draft.attach_statement), block_id=ids.WHAT_STATEMENT, optional=True),
        actions([button("Update the preview", ids.WHAT_PREVIEW), button("Back to customers", ids.WHAT_BACK)]),
        divider(),
        *preview_blocks(preview),
    ]
    made = metadata.at(version=draft.version).to_json()
    return modal("What", blocks, callback_id=ids.WHAT, metadata=made, submit="Next: check")


def _text(action_id: str, value: str, most: int) -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most}
    return {**made, "initial_value": cut(value, most)} if value else made


def _body(value: str) -> Block:
    made = {
        **_text(ids.WHAT_BODY, value, INPUT_LIMIT),
        "multiline": True,
        "dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]},
    }
    return made if value else {**made, "placeholder": plain('Dear {{contact.first_name | default("customer")}}, …')}


def _sender(sender: SenderChoice | None) -> Block:
    made: Block = {
        "type": "external_select",
        "action_id": ids.WHAT_SENDER,
        "min_query_length": 0,
        "placeholder": plain("A person or a shared address"),
    }
    return {**made, "initial_option": option(sender.label, sender.value)} if sender else made


def _positions(chosen: Sequence[str], offered: Sequence[str]) -> Block:
    options = [option(each, each) for each in dict.fromkeys([*chosen, *offered])][:OPTIONS_LIMIT]
    made: Block = {
        "type": "multi_static_select",
        "action_id": ids.WHAT_POSITIONS,
        "placeholder": plain("Main contact"),
        "options": options,
    }
    initial = [o for o in options if o["value"] in chosen]
    return {**made, "initial_options": initial} if initial else made


def _tags(action_id: str, placeholder: str, tags: Sequence[Tag]) -> Block:
    groups = [
        {"label": plain(group, 75), "options": [option(f"{t.label}: {t.code}", t.name) for t in found]}
        for group, found in groupby(tags, key=lambda t: t.group)
    ]
    return {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": plain(placeholder),
        "option_groups": groups,
    }


def _statement(on: bool) -> Block:
    box = option("Attach the account statement as PDF", "statement")
    made: Block = {"type": "checkboxes", "action_id": ids.WHAT_STATEMENT, "options": [box]}
    return {**made, "initial_options": [box]} if on else made
