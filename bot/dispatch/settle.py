"""Writing down what happened: the reports of the sender threads become transitions, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from bot.channels.base import AuthBroken, Receipt, Rejected, SendError
from bot.dispatch import retry
from bot.dispatch.poison import prepared
from bot.dispatch.prepare import Job, Later, Prepare, Rechecked, Refused
from bot.dispatch.reports import Called, HandOff, Held, NotCalled, PutBack, Report, Unreachable, Unwritable, Wake, held
from bot.domain.channels import CHANNELS
from bot.domain.folding import fold_address
from bot.domain.states import PauseReason, Reason, reason_text
from storage import actions, campaign_states, notifications, outbox, suppressions, users
from storage.actions import Claimed, Envelope, SentAction
from storage.by_dialect import Answer
from storage.models import NotificationKind


@dataclass(frozen=True, slots=True)
class Book:
    """One transaction's view of who settles, and when."""

    session: Session
    now: datetime
    actor: str


def settle(book: Book, reports: Sequence[Report]) -> None:
    """Write down every outcome; what somebody else settled meanwhile is left as it is."""
    settle_unsent(book, reports)
    ask_sent(book, reports)()


def settle_unsent(book: Book, reports: Sequence[Report]) -> None:
    """Write down every outcome but that a message was accepted."""
    for report in reports:
        if isinstance(report, Called) and isinstance(report.outcome, SendError):
            _settle_failed(book, report.job.claimed, report.outcome)
        elif isinstance(report, Unreachable):
            _settle_unreachable(book, report)
        elif isinstance(report, Unwritable):
            _refuse(book, report.job.claimed, report.reason, report.detail)
        elif isinstance(report, NotCalled):
            row = report.job.claimed
            actions.release_uncalled(book.session, row.token, [row.id], now=book.now, actor=book.actor)
    put_back(book, [report.job for report in reports if isinstance(report, PutBack)])


def ask_sent(book: Book, reports: Sequence[Report]) -> Answer[None]:
    """Write down what was accepted; to be ended by a call of what is returned (see `storage.by_dialect.together`)."""
    by_token: dict[str, list[Called]] = defaultdict(list)
    for report in reports:
        if isinstance(report, Called) and isinstance(report.outcome, Receipt):
            by_token[report.job.claimed.token].append(report)
    asked: list[tuple[dict[int, SentAction], list[Called], Answer[list[int]]]] = []
    for token, called in by_token.items():
        sent = {r.job.claimed.id: _kept(r) for r in called}
        values = list(sent.values())
        asked.append(
            (sent, called, actions.ask_settle_sent(book.session, token, values, now=book.now, actor=book.actor))
        )

    def settled() -> None:
        for sent, called, answer in asked:
            _settle_late(book, sent, called, settled=answer())

    return settled


def _settle_late(
    book: Book, sent: Mapping[int, SentAction], called: Sequence[Called], *, settled: Sequence[int]
) -> None:
    """Settle those whose lease had run out: their receipts are late, but they are receipts."""
    for report in called:
        row = report.job.claimed
        if row.id not in settled:
            actions.settle_late(book.session, sent[row.id], message_id=row.message_id, now=book.now, actor=book.actor)


def _kept(report: Called) -> SentAction:
    assert isinstance(report.outcome, Receipt)
    refused = "; ".join(f"{address}: {words}" for address, words in report.outcome.refused.items())
    message = report.message
    return SentAction(message.action_id, report.outcome.provider_id, message.subject, message.text, refused or None)


def _settle_failed(book: Book, row: Claimed, error: SendError) -> None:
    if isinstance(error, AuthBroken):
        _retry(book, row, timedelta(), error.detail)
        pause_for_login(book, row, error.detail)
        return
    if isinstance(error, Rejected) and error.reason is Reason.SUPPRESSED:
        _suppress(book, row, error.detail)
    is_repeatable = CHANNELS[row.channel].is_repeatable
    step = retry.after(error, row.attempts + 1, is_repeatable=is_repeatable, unanswered=row.unanswered)
    if isinstance(step, retry.Retry):
        _retry(book, row, step.delay, error.detail, unanswered=step.unanswered)
    else:
        _manual(book, row, step.reason, error.detail)


def _suppress(book: Book, row: Claimed, detail: str) -> None:
    """Keep an address that the provider says has opted out, so that nothing is handed over for it again."""
    kind = CHANNELS[row.channel]
    for recipient in row.recipients[: kind.most_recipients]:
        address = kind.address_of(recipient)
        suppressions.add(
            book.session, row.workspace_id, row.channel, address, cause=suppressions.OPT_OUT, note=detail, now=book.now
        )


def _settle_unreachable(book: Book, report: Unreachable) -> None:
    row = report.job.claimed
    if isinstance(report.error, AuthBroken):
        put_back(book, [report.job])
        pause_for_login(book, row, report.error.detail)
    else:
        _retry(book, row, timedelta(seconds=report.pause), report.error.detail)


def _retry(book: Book, row: Claimed, delay: timedelta, detail: str, *, unanswered: bool = False) -> None:
    actions.settle_retry(
        book.session,
        row.token,
        row.id,
        due_at=book.now + delay,
        detail=detail,
        unanswered=unanswered or row.unanswered,
        now=book.now,
        actor=book.actor,
    )


def _refuse(book: Book, row: Claimed, reason: Reason, detail: str | None) -> None:
    """Give an action to a person that is not handed over this time; after an unanswered attempt it may be out."""
    if not row.unanswered:
        _manual(book, row, reason, detail)
        return
    why = reason_text(reason, CHANNELS[row.channel])
    said = f" ({detail})" if detail else ""
    _manual(book, row, Reason.UNCERTAIN, f"An attempt got no answer, and since then: {why}{said}.")


def _manual(book: Book, row: Claimed, reason: Reason, detail: str | None) -> None:
    actions.settle_manual(book.session, row.token, row.id, reason=reason, detail=detail, now=book.now, actor=book.actor)


def pause_for_login(book: Book, row: Claimed, detail: str) -> None:
    """Pause the campaign whose sender can't log in, and tell its creator and the admins, once."""
    session, workspace_id = book.session, row.workspace_id
    reason = PauseReason.SENDER_LOGIN
    if not campaign_states.pause(session, workspace_id, row.campaign_id, reason=reason, now=book.now, detail=detail):
        return
    campaign = outbox.campaign(session, workspace_id, row.campaign_id)
    told = {campaign.creator_id, *(admin.id for admin in users.admins(session, workspace_id))}
    for user_id in sorted(told):
        notifications.create_notice(session, campaign, NotificationKind.SENDER_LOGIN, user_id, book.now)


def put_back(book: Book, jobs: Sequence[Job], reason: Reason = Reason.STOPPED, detail: str | None = None) -> None:
    """Return claimed actions that were not handed off to the queue."""
    for token, ids in _by_token(jobs).items():
        actions.release(book.session, token, ids, now=book.now, actor=book.actor, reason=reason, detail=detail)


def refuse(book: Book, refused: Sequence[Refused]) -> None:
    """Settle what the recheck refused: skipped, or a person's."""
    for one in refused:
        row = one.claimed
        if one.skip and not row.unanswered:
            actions.settle_skipped(book.session, row.token, [row.id], reason=one.reason, now=book.now, actor=book.actor)
        else:
            _refuse(book, row, one.reason, one.detail)


def put_off(book: Book, later: Sequence[Later]) -> None:
    """Return claimed actions to the queue until their recipients' sending hours."""
    for one in later:
        row, reason = one.claimed, Reason.OUTSIDE_HOURS
        actions.release(
            book.session, row.token, [row.id], now=book.now, actor=book.actor, reason=reason, due_at=one.due_at
        )


def hand_off(
    book: Book, requests: Sequence[HandOff], *, prepare: Prepare, lease: timedelta, fresh_for: timedelta
) -> frozenset[Held]:
    """Recheck what waited long, note the handoffs, and return the claims of those that may be sent once committed."""
    again = recheck(book, requests, prepare=prepare, fresh_for=fresh_for)
    return ask_hand_off(book, requests, again, lease=lease)()


def recheck(
    book: Book, requests: Sequence[HandOff], *, prepare: Prepare, fresh_for: timedelta
) -> Mapping[Held, Rechecked]:
    """Recheck the jobs that waited longer than `fresh_for`, and settle those that must not go out any more."""
    stale = [job.claimed for request in requests for job in request.jobs if book.now - job.as_of > fresh_for]
    again = {held(c.claimed): c for c in prepared(book.session, stale, book.now, prepare)}
    refuse(book, [c for c in again.values() if isinstance(c, Refused)])
    put_off(book, [c for c in again.values() if isinstance(c, Later)])
    return again


def ask_hand_off(
    book: Book, requests: Sequence[HandOff], again: Mapping[Held, Rechecked], *, lease: timedelta
) -> Answer[frozenset[Held]]:
    """Note the handoffs; what is returned gives the claims of those that may be sent once this is committed.

    A job that was rechecked (`again`) is returned to the queue if the message would read differently now, or its
    campaign is no longer sending. So is one to an address that was suppressed since: whatever road a message came by,
    this is the last gate.
    """
    jobs = [job for request in requests for job in request.jobs]
    to = [envelope for job in jobs for envelope in _envelopes(job)]
    session = book.session
    asked = [
        (token, actions.ask_hand_off(session, token, ids, to=to, now=book.now, lease=lease))
        for token, ids in _by_token(job for job in jobs if _says_the_same(job, again)).items()
    ]

    def handed() -> frozenset[Held]:
        texts, granted = _to_look_up(requests), set[Held]()
        for token, answer in asked:
            fresh = answer()
            actions.keep_text(session, token, {i: texts[i] for i in sorted(fresh) if i in texts})
            granted.update((token, i) for i in fresh)
        doubtful = [job for request in requests if request.grant.doubtful for job in request.jobs]
        for token, ids in _by_token(doubtful).items():  # noted by a commit that was cut off, and never sent: ours still
            granted.update((token, i) for i in actions.handed_off(session, token, ids, now=book.now, lease=lease))
        put_back(book, [job for job in jobs if held(job.claimed) not in granted])
        return frozenset(granted)

    return handed


def _envelopes(job: Job) -> list[Envelope]:
    row = job.claimed
    return [(row.id, row.workspace_id, row.channel, fold_address(address)) for _, address in (*job.to, *job.cc)]


def _to_look_up(requests: Iterable[HandOff]) -> dict[int, str]:
    """Return the words of the messages that their provider can be asked for after a crash."""
    return {
        job.claimed.id: words
        for request in requests
        for job, words in zip(request.jobs, request.texts, strict=True)
        if CHANNELS[job.claimed.channel].can_look_up
    }


def park(book: Book, report: Report, reference: str) -> None:
    """Give the actions of a report that can't be settled as it is to a person, with a reference."""
    if isinstance(report, Called):
        detail = f"What came of the call can't be kept. Reference {reference}"
        _manual(book, report.job.claimed, Reason.UNCERTAIN, detail)
    elif isinstance(report, HandOff):
        for job in report.jobs:
            _manual(book, job.claimed, Reason.RENDER_FAILED, f"Reference {reference}")
    elif not isinstance(report, Wake):
        _manual(book, report.job.claimed, Reason.RENDER_FAILED, f"Reference {reference}")


def _says_the_same(job: Job, again: Mapping[Held, Rechecked]) -> bool:
    check = again.get(held(job.claimed))
    return check is None or (isinstance(check, Job) and check.says == job.says)


def _by_token(jobs: Iterable[Job]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = defaultdict(list)
    for job in jobs:
        found[job.claimed.token].append(job.claimed.id)
    return found
