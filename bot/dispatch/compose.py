"""From a job to the message that goes out; runs in the sender threads, without the database."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from bot.channels.base import Attachment, Message
from bot.dispatch.prepare import Job
from bot.domain.channels import CHANNELS
from bot.domain.merge import MergeFacts
from bot.rendering import Content, compile_content, statement_pdf

Compose = Callable[[Job], Message]


@lru_cache(maxsize=64)
def compiled(subject: str, body: str, channel: str = "email") -> Content:
    """Return the compiled text of a campaign; compiling costs more than writing twenty messages."""
    return compile_content(subject, body, CHANNELS[channel])


def compose(job: Job) -> Message:
    """Write one message; whatever it raises makes the action a person's."""
    rendered = compiled(job.letter.subject, job.letter.body, job.claimed.channel).render(job.facts)
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
    return f"statement-{facts.today.isoformat()}.pdf", "application/pdf", statement_pdf(facts)
