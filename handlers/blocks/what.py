"""The second screen: what to write, from whom and to whom, with tags and a live preview."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import groupby

from bot.campaigns.views import DraftView, PreviewView, SenderChoice
from bot.domain.channels import CHANNELS, ChannelKind
from bot.domain.tags import TABLE, TAGS
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
    input_block,
    modal,
    option,
    plain,
)
from handlers.blocks.preview import preview_blocks
from handlers.parse import Metadata

SUBJECT_LIMIT = 200
_LIVE = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
"""Every key is told: the draft keeps what was typed however the window is left, and the preview follows."""
_NAMED = "Rename it so that you find it again; customers do not see it."


def what_view(
    draft: DraftView, positions: Sequence[str], preview: PreviewView, metadata: Metadata, inserted: str = ""
) -> Block:
    """Return the What screen; inputs that the bot fills again carry a key from `metadata`.

    `inserted` is the tag that was put at the end of a text just now: it is told where it went.
    """
    kind = CHANNELS[draft.channel]
    name = _text(ids.WHAT_NAME, draft.name, 200)
    blocks = [
        input_block("Campaign name", name, block_id=ids.WHAT_NAME, hint=_NAMED),
        *_people(draft, kind, positions),
        *_content(draft, kind, metadata, inserted),
        actions([button("Update the preview", ids.WHAT_PREVIEW), button("Back to customers", ids.WHAT_BACK)]),
        divider(),
        *preview_blocks(preview),
    ]
    made = metadata.at(version=draft.version).to_json()
    return modal("What", blocks, callback_id=ids.WHAT, metadata=made, submit="Next: check")


def _people(draft: DraftView, kind: ChannelKind, positions: Sequence[str]) -> list[Block]:
    """Return from whom, to whom, and who gets a copy where the channel has copies."""
    one_each = kind.most_recipients == 1
    to = "The contact with this position; the main contact where nobody has it."
    blocks = [
        input_block(
            "From" if kind.has_subject else "In the name of",
            _sender(draft.sender),
            block_id=ids.WHAT_SENDER,
            dispatch=True,
        ),
        input_block(
            "To",
            _positions(draft.to_positions, positions),
            block_id=ids.WHAT_POSITIONS,
            optional=True,
            dispatch=True,
            hint=f"{to} One {kind.one} a customer."
            if one_each
            else "Contacts with these positions; the main contact where nobody has them.",
        ),
    ]
    if kind.has_cc:
        cc = _text(ids.WHAT_CC, ", ".join(draft.cc), 1000)
        copies = f"Addresses parted by commas. Each gets a copy of every {kind.one}."
        blocks.append(input_block("CC", cc, block_id=ids.WHAT_CC, optional=True, hint=copies))
    return blocks


def _content(draft: DraftView, kind: ChannelKind, metadata: Metadata, inserted: str) -> list[Block]:
    """Return the inputs of the message itself, with the tags that this channel can hold."""
    pickers = [_tags(ids.WHAT_TAG_BODY, "Insert a tag into the content", has_table=kind.has_table)]
    marks = "*bold*, _italic_, [text](https://link), lists with - or 1. " if kind.has_format else ""
    body = input_block(
        "Content",
        _body(draft.body, kind),
        block_id=ids.keyed(ids.WHAT_BODY, metadata.key("body")),
        dispatch=True,
        hint=f"{marks}Tags go to the end of the text.",
    )
    blocks = [body]
    if kind.has_subject:
        subject = _text(ids.WHAT_SUBJECT, draft.subject, SUBJECT_LIMIT, "Your account with {{organisation.name}}")
        block_id = ids.keyed(ids.WHAT_SUBJECT, metadata.key("subject"))
        blocks.insert(0, input_block("Subject", {**subject, **_LIVE}, block_id=block_id, dispatch=True))
        pickers.append(_tags(ids.WHAT_TAG_SUBJECT, "Insert into the subject", has_table=False))
    blocks.append(actions(pickers, block_id=ids.keyed("what_tags", metadata.key("tags"))))
    if inserted:
        # code spans: what is there can be copied from here
        code, spare = "`{{" + inserted + "}}`", "`{{" + inserted + ' | default("…")}}`'
        other = "" if inserted == TABLE else f" {spare} says what stands there where it is empty."
        blocks.append(context(f"{code} is at the end now; cut it out and paste it where it belongs.{other}"))
    if kind.has_statement:
        box = _statement(draft.attach_statement)
        blocks.append(input_block("Attachment", box, block_id=ids.WHAT_STATEMENT, optional=True, dispatch=True))
    return blocks


def _text(action_id: str, value: str, most: int, example: str = "") -> Block:
    made: Block = {"type": "plain_text_input", "action_id": action_id, "max_length": most}
    if example:
        made["placeholder"] = plain(example, 150)
    return {**made, "initial_value": cut(value, most)} if value else made


def _body(value: str, kind: ChannelKind) -> Block:
    made = {
        **_text(ids.WHAT_BODY, value, INPUT_LIMIT),
        **_LIVE,
        "multiline": True,
    }
    example = 'Dear {{contact.first_name | default("customer")}}, …'
    if not kind.has_format:
        example = "{{organisation.name}}: {{amounts.overdue}} is overdue. …"
    return made if value else {**made, "placeholder": plain(example)}


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


@lru_cache(maxsize=8)  # the same few with every key that is typed
def _tags(action_id: str, placeholder: str, *, has_table: bool) -> Block:
    tags = [tag for tag in TAGS if has_table or tag.name != TABLE]
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
