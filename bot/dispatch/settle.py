"""Writing down what happened: the reports of the sender threads become transitions, in the caller's transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from bot.channels.base import AuthBroken, Receipt, Rejected, SendError
from bot.dispatch import retry
from bot.dispatch.poison import prepared
from bot.dispatch.prepare import Job, Later, Prepare, Rechecked, Refused
from bot.dispatch.reports import Called, HandOff, Late, NotCalled, PutBack, Report, Unreachable, Unwritable, Wake, held
from bot.domain.channels import CHANNELS
from bot.domain.folding import fold_address
from bot.domain.states import PauseReason, Reason, reason_text
from storage import actions, campaign_states, notifications, outbox, suppressions, users
from storage.actions import Asked, Claimed, Envelope, Exchanged, Held, SentAction
from storage.models import NotificationKind


@dataclass(frozen=True, slots=True)
class Book:
    """One transaction's view of who settles, and when."""

    session: Session
    now: datetime
    actor: str


def settle(book: Book, reports: Sequence[Report]) -> None:
    """Write down every outcome but what `exchange` does; what somebody else settled meanwhile is left as it is."""
    for report in reports:
        if isinstance(report, Called):
            _settle_called(book, report)
        elif isinstance(report, Late):
            _settle_late(book, report.call)
        elif isinstance(report, Unreachable):
            _settle_unreachable(book, report)
        elif isinstance(report, Unwritable):
            _refuse(book, report.job.claimed, report.reason, report.detail)
        elif isinstance(report, NotCalled):
            row = report.job.claimed
            actions.release_uncalled(book.session, row.token, [row.id], now=book.now, actor=book.actor)
    put_back(book, [report.job for report in reports if isinstance(report, PutBack)])


def is_plain(report: Report) -> bool:
    """Say whether `exchange` is all that a report needs: a message that was taken for all its recipients, or a request
    to hand off that was not made before."""
    if isinstance(report, HandOff):
        return not report.grant.doubtful
    return isinstance(report, Called) and isinstance(report.outcome, Receipt) and not report.outcome.refused


def _settle_called(book: Book, report: Called) -> None:
    row = report.job.claimed
    if isinstance(report.outcome, SendError):
        _settle_failed(book, row, report.outcome)
    elif report.outcome.refused:
        sent = _kept(report)
        if not actions.settle_partly(book.session, row.token, sent, now=book.now, actor=book.actor):
            _settle_late(book, report)


def _settle_late(book: Book, report: Called) -> None:
    """Settle what was accepted and whose lease had run out: its receipt is late, but it is a receipt."""
    sent, message_id = _kept(report), report.job.claimed.message_id
    actions.settle_late(book.session, sent, message_id=message_id, now=book.now, actor=book.actor)


def _kept(report: Called) -> SentAction:
    assert isinstance(report.outcome, Receipt)
    refused = "; ".join(f"{address}: {words}" for address, words in report.outcome.refused.items())
    message = report.message
    return SentAction(message.action_id, report.outcome.provider_id, message.subject, message.text, refused or None)


def _settle_failed(book: Book, row: Claimed, error: SendError) -> None:
    if isinstance(error, AuthBroken):
        if _retry(book, row, timedelta(), error.detail):  # told again once it was settled, it pauses nothing again
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
        if put_back(book, [report.job]):
            pause_for_login(book, row, report.error.detail)
    else:
        _retry(book, row, timedelta(seconds=report.pause), report.error.detail)


def _retry(book: Book, row: Claimed, delay: timedelta, detail: str, *, unanswered: bool = False) -> list[int]:
    return actions.settle_retry(
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


def put_back(book: Book, jobs: Sequence[Job], reason: Reason = Reason.STOPPED, detail: str | None = None) -> list[int]:
    """Return claimed actions that were not handed off to the queue, and say which were."""
    moved: list[int] = []
    for token, ids in _by_token(jobs).items():
        moved += actions.release(book.session, token, ids, now=book.now, actor=book.actor, reason=reason, detail=detail)
    return moved


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


def stale(requests: Iterable[HandOff], now: datetime, fresh_for: timedelta) -> list[Claimed]:
    """Return the claims that waited longer than `fresh_for` since they were checked."""
    return [job.claimed for request in requests for job in request.jobs if now - job.as_of > fresh_for]


def recheck(book: Book, claims: Sequence[Claimed], *, prepare: Prepare) -> Mapping[Held, Rechecked]:
    """Check claims again, and settle those that must not go out any more."""
    again = {held(c.claimed): c for c in prepared(book.session, claims, book.now, prepare)}
    refuse(book, [c for c in again.values() if isinstance(c, Refused)])
    put_off(book, [c for c in again.values() if isinstance(c, Later)])
    return again


def exchange(
    within: Session | Connection,
    reports: Sequence[Report],
    again: Mapping[Held, Rechecked],
    *,
    now: datetime,
    lease: timedelta,
    actor: str,
) -> tuple[Exchanged, list[Report]]:
    """Settle what was accepted, and note the handoffs: what most mails ask of the database, in one step.

    A job that was rechecked (`again`) gets no leave if the message would read differently now, or its campaign is no
    longer sending. So is one to an address that was suppressed since: whatever road a message came by, this is the last
    gate. Beside what the exchange came to, the reports of what is still to be settled are returned: claims that had no
    leave, and receipts that came late.
    """
    called = [report for report in reports if isinstance(report, Called)]
    requests = [report for report in reports if isinstance(report, HandOff)]
    asked = [one for request in requests for one in _asked(request, again)]
    accepted = [(report.job.claimed.token, _kept(report)) for report in called]
    found = actions.exchange(within, accepted, asked, now=now, lease=lease, actor=actor)
    left: list[Report] = [Late(report) for report in called if report.job.claimed.id not in found.settled]
    jobs = (job for request in requests for job in request.jobs)
    return found, [*left, *(PutBack(job) for job in jobs if held(job.claimed) not in found.granted)]


def hold_on(
    book: Book, reports: Iterable[Report], again: Mapping[Held, Rechecked], *, lease: timedelta
) -> frozenset[Held]:
    """Hand off what was asked for before, return which claims may go out, and put the others back.

    What a commit noted that was cut off without an answer was never sent, and is ours still. Trying again comes first:
    it waits for what is left of that commit.
    """
    requests = [report for report in reports if isinstance(report, HandOff)]
    if not requests:
        return frozenset()
    found, _ = exchange(book.session, requests, again, now=book.now, lease=lease, actor=book.actor)
    granted, jobs = set(found.granted), [job for request in requests for job in request.jobs]
    to = [envelope for job in jobs for envelope in _envelopes(job)]
    for token, ids in _by_token(job for job in jobs if _says_the_same(job, again)).items():
        noted = actions.handed_off(book.session, token, ids, to=to, now=book.now, lease=lease)
        granted.update((token, action_id) for action_id in noted)
    for token, ids in _by_token(job for job in jobs if held(job.claimed) not in granted).items():
        actions.release_denied(book.session, token, ids, now=book.now, actor=book.actor)
    return frozenset(granted)


def _asked(request: HandOff, again: Mapping[Held, Rechecked]) -> Iterator[Asked]:
    for job, words in zip(request.jobs, request.texts, strict=True):
        if _says_the_same(job, again):
            # the words are kept beforehand where their provider can be asked for them after a crash
            kept = words if CHANNELS[job.claimed.channel].can_look_up else None
            yield Asked(held(job.claimed), _envelopes(job), kept)


def _envelopes(job: Job) -> list[Envelope]:
    row = job.claimed
    return [(row.id, row.workspace_id, row.channel, fold_address(address)) for _, address in (*job.to, *job.cc)]


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
