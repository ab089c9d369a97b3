"""SMS that customers send: keywords end and begin suppressions, everything else is kept as a reply."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from bot.domain.channels import SMS
from bot.domain.keywords import Keyword, keyword_of
from bot.log import get_logger
from storage import replies, suppressions
from storage.db import Database
from storage.models import ReplyKind
from storage.replies import Author

_log = get_logger(__name__)
LONGEST = 10_000


@dataclass(frozen=True, slots=True)
class InboundSms:
    """One SMS as Twilio delivers it; `opt_out_type` is set where Twilio took it for a keyword itself.

    Source: https://www.twilio.com/docs/messaging/guides/webhook-request
    """

    provider_id: str
    sender: str
    body: str
    opt_out_type: str = ""


def receive(db: Database, sms: InboundSms, *, now: datetime | None = None) -> ReplyKind | None:
    """Keep one SMS and act on its keyword; None when it was received before, and then nothing changes.

    STOP holds in every workspace: they share the number. START ends what STOP began, and no other suppression.
    """
    now = now or db.now()
    with db.write() as session:
        everywhere = replies.workspaces_of(session)
        if not everywhere:
            return None
        author = replies.author_of(session, SMS.name, SMS.address.value, sms.sender)
        author = author or Author(everywhere[0], None, None)
        kind = _kind(sms)
        body = sms.body.replace("\x00", "")[:LONGEST]
        kept = replies.keep(
            session,
            author,
            channel=SMS.name,
            kind=kind,
            address=sms.sender,
            body=body,
            provider_id=sms.provider_id,
            now=now,
        )
        if not kept:
            return None
        for workspace_id in everywhere:
            _suppress(session, workspace_id, sms.sender, kind, now)
    _log.info("sms_received", kind=kind.value, known=author.customer_id is not None)
    return kind


def _kind(sms: InboundSms) -> ReplyKind:
    told = sms.opt_out_type.casefold()
    keyword = Keyword(told) if told in set(Keyword) else keyword_of(sms.body)
    return ReplyKind(keyword.value) if keyword else ReplyKind.MESSAGE


def _suppress(session: Session, workspace_id: int, number: str, kind: ReplyKind, now: datetime) -> None:
    if kind is ReplyKind.STOP:
        cause = suppressions.OPT_OUT
        suppressions.add(session, workspace_id, SMS.name, number, cause=cause, note="STOP by SMS", now=now)
    elif kind is ReplyKind.START:
        held = suppressions.find(session, workspace_id, SMS.name, number)
        if held is not None and held.cause == suppressions.OPT_OUT:
            suppressions.lift(session, held, note="START by SMS", now=now)
