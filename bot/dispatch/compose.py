"""From a job to the message that goes out; runs in the sender threads, without the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from bot.channels.base import Attachment, Message
from bot.dispatch.prepare import Job
from bot.domain.channels import CHANNELS
from bot.domain.merge import MergeFacts
from bot.domain.states import Reason
from bot.rendering import Content, compile_content, statement_name, statement_pdf

Compose = Callable[[Job], Message]


@lru_cache(maxsize=64)
def compiled(subject: str, body: str, channel: str = "email") -> Content:
    """Return the compiled text of a campaign; compiling costs more than writing twenty messages."""
    return compile_content(subject, body, CHANNELS[channel])


class EmptyValues(Exception):
    """Tags without default have nothing to say; a person may send the message all the same. `detail` names them."""

    def __init__(self, tags: Sequence[str]) -> None:
        self.detail = ", ".join("{{" + tag + "}}" for tag in tags)
        super().__init__(self.detail)


def compose(job: Job) -> Message:
    """Write one message; whatever it raises makes the action a person's.

    Raises EmptyValues where a tag without default has nothing to say, unless a person agreed to that.
    """
    rendered = compiled(job.letter.subject, job.letter.body, job.claimed.channel).render(job.facts)
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
    )


def statement(facts: MergeFacts) -> Attachment:
    """Return the customer's account statement as an attachment."""
    return statement_name(facts.today), "application/pdf", statement_pdf(facts)
