"""Write down what was said, mailed, texted and posted, and go on from there in another run.

Open modals and Homes are not kept: Slack's own client closes the first, and the bot publishes the second anew.
"""

from __future__ import annotations

import base64
import itertools
import json
from dataclasses import asdict
from pathlib import Path

from sandbox.channels import Channel, Posted
from sandbox.files import SharedFile
from sandbox.jsontypes import Json
from sandbox.letters import LetterCatcher, PostedLetter
from sandbox.mail import MailCatcher
from sandbox.sandbox import Sandbox
from sandbox.sms import Answer, Sms, SmsCatcher

_FILE_FIELDS = ("file_id", "name", "owner", "title", "length", "channel_ids", "created")


def save(
    path: Path,
    sandbox: Sandbox,
    mail: MailCatcher,
    sms: SmsCatcher | None = None,
    post: LetterCatcher | None = None,
) -> None:
    """Write everything to `path`, at once or not at all."""
    workspace = sandbox.workspace
    with workspace.lock:
        kept: Json = {
            "numbers": int(workspace.next_id("")),
            "last_ts": workspace.next_ts(),
            "channels": [_channel(one) for one in workspace.channels.by_id.values()],
            "files": [_file(one) for one in workspace.files.by_id.values() if one.complete],
        }
        kept |= {"mails": _mails(mail), "sms": [], "answers": []}
        if sms is not None:
            kept |= {"sms": [asdict(one) for one in sms.messages], "answers": [asdict(one) for one in sms.answers]}
        kept["letters"] = [_letter(one) for one in post.letters] if post is not None else []
        written = json.dumps(kept, ensure_ascii=False)
    fresh = path.with_suffix(".new")
    fresh.write_text(written, encoding="utf-8")
    fresh.replace(path)


def restore(
    path: Path,
    sandbox: Sandbox,
    mail: MailCatcher,
    sms: SmsCatcher | None = None,
    post: LetterCatcher | None = None,
) -> None:
    """Take over what `save` wrote; nothing when there is no such file. People are added by the caller."""
    if not path.is_file():
        return
    kept: Json = json.loads(path.read_text(encoding="utf-8"))
    workspace = sandbox.workspace
    with workspace.lock:
        workspace.count_on(kept["numbers"], kept["last_ts"])
        for one in kept["channels"]:
            workspace.channels.add(_restored(one))
        workspace.channels.count_on(len(kept["channels"]))
        for one in kept["files"]:
            content = base64.b64decode(one.pop("content"))
            workspace.files.add(SharedFile(**one, content=content, uploaded=True, complete=True))
    for one in kept["mails"]:
        mail.keep(one["from"], one["to"], base64.b64decode(one["raw"]), one["at"])
    if sms is not None:
        answers = [Answer(**one) for one in kept.get("answers", [])]
        sms.restore([Sms(**one) for one in kept.get("sms", [])], answers)
    if post is not None:
        letters = kept.get("letters", [])
        post.restore([PostedLetter(**{**one, "pdf": base64.b64decode(one["pdf"])}) for one in letters])
    workspace.touch()


def _channel(channel: Channel) -> Json:
    return {
        "id": channel.channel_id,
        "name": channel.name,
        "user": channel.user_id,
        "bot_is_member": channel.bot_is_member,
        "messages": [_posted(one) for one in itertools.chain(channel.messages, channel.ephemerals)],
    }


def _posted(posted: Posted) -> Json:
    return {"raw": posted.raw, "seen_by": posted.seen_by, "deleted": posted.deleted}


def _restored(kept: Json) -> Channel:
    channel = Channel(kept["id"], kept["name"], kept["user"], kept["bot_is_member"])
    for one in kept["messages"]:
        posted = Posted(channel.channel_id, one["raw"], one["seen_by"], one["deleted"])
        (channel.ephemerals if posted.seen_by else channel.messages).append(posted)
    return channel


def _file(file: SharedFile) -> Json:
    return {name: getattr(file, name) for name in _FILE_FIELDS} | {"content": base64.b64encode(file.content).decode()}


def _mails(mail: MailCatcher) -> list[Json]:
    return [
        {
            "from": one.envelope_from,
            "to": list(one.envelope_to),
            "raw": base64.b64encode(one.raw).decode(),
            "at": one.at,
        }
        for one in mail.messages
    ]


def _letter(letter: PostedLetter) -> Json:
    return {**asdict(letter), "pdf": base64.b64encode(letter.pdf).decode()}
