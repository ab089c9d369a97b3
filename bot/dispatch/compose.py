"""From a job to the message that goes out; runs in the sender threads, without the database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.channels.base import Attachment, Message, Paper
from bot.dispatch.prepare import Job
from bot.domain.channels import CHANNELS
from bot.domain.merge import MergeFacts
from bot.domain.postal import PostalAddress
from bot.domain.states import Reason
from bot.letters import Printing, paper_of
from bot.rendering import Content, compile_content, statement_name, statement_pdf
from bot.rendering.letter import AddressTooLong, Unprintable

Compose = Callable[[Job], Message]


@lru_cache(maxsize=64)
def compiled(subject: str, body: str, channel: str = "email") -> Content:
    """Return the compiled text of a campaign; compiling costs more than writing twenty messages."""
    return compile_content(subject, body, CHANNELS[channel])


class CantWrite(Exception):
    """The message can't be written as things are, which a person can mend: why, and what a person reads of it."""

    def __init__(self, reason: Reason, detail: str) -> None:
        self.reason, self.detail = reason, detail
        super().__init__(detail)


class EmptyValues(CantWrite):
    """Tags without default have nothing to say; a person may send the message all the same. `detail` names them."""

    def __init__(self, tags: Sequence[str]) -> None:
        super().__init__(Reason.EMPTY_VALUE, ", ".join("{{" + tag + "}}" for tag in tags))


def compose(job: Job) -> Message:
    """Write one message; whatever it raises makes the action a person's.

    Raises CantWrite where a tag without default has nothing to say, unless a person agreed to that, and where a letter
    can't be printed.
    """
    content = compiled(job.letter.subject, job.letter.body, job.claimed.channel)
    rendered = content.render(job.facts)
    if rendered.empty_tags and Reason.EMPTY_VALUE not in job.claimed.in_spite_of:
        raise EmptyValues(rendered.empty_tags)
    sender = job.facts.sender
    return Message(
        action_id=job.claimed.id,
        message_id=job.claimed.message_id,
        sender=(sender.name, sender.email),
        to=job.to,
        cc=job.cc,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        attachments=(statement(job.facts),) if job.letter.attach_statement else (),
        paper=_paper(job, content, job.letter.printing) if job.letter.printing else None,
        key=_key(job),
    )


def _key(job: Job) -> str:
    row = job.claimed
    said = "\n".join((row.message_id, row.provider_id or "", *(address for _, address in job.to)))
    return hashlib.sha256(said.encode()).hexdigest()


def _paper(job: Job, content: Content, printing: Printing) -> Paper:
    kind = CHANNELS[job.claimed.channel]
    written = (kind.written_of(each) for each in job.claimed.recipients)
    to = next(each for each in written if isinstance(each, PostalAddress) and str(each) == job.to[0][1])
    try:
        return paper_of(content, job.facts, printing, to)
    except Unprintable as fault:
        raise CantWrite(Reason.UNPRINTABLE, fault.message) from None
    except AddressTooLong as fault:
        raise CantWrite(Reason.INVALID_ADDRESS, fault.message) from None


def statement(facts: MergeFacts) -> Attachment:
    """Return the customer's account statement as an attachment."""
    return statement_name(facts.today), "application/pdf", statement_pdf(facts)
