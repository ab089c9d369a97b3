"""Queries on imports asked for in Slack: one named function a transition, each conditional on the state it leaves.

An import is read (and read again after each change of mind), waits for its turn, runs, and is told of. Whoever claims
one gets a token; settling it without that token does nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, and_, delete, exists, func, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, aliased, undefer

from storage.models import Import, ImportFile, ImportState, User, Workspace

_OPEN = (ImportState.READING.value, ImportState.READY.value)


@dataclass(frozen=True, slots=True)
class Held:
    """An import that a worker holds under `token`; `version` is what it was claimed at."""

    id: int
    workspace_id: int
    token: str
    version: int
    choices: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Untold:
    """An import whose person has not seen its present state, and where they saw it last."""

    id: int
    workspace_id: int
    team_id: str
    slack_user_id: str | None
    version: int
    state: ImportState
    found: dict[str, Any]
    choices: dict[str, Any]
    result: dict[str, Any]
    detail: str
    view_id: str | None
    channel_id: str | None
    ts: str | None


def add(
    session: Session,
    workspace_id: int,
    user_id: int,
    files: Sequence[tuple[str, str]],
    view_id: str,
    *,
    now: datetime,
    due_at: datetime,
) -> int:
    """Add an import of these Slack files (id and name); what the same person had open before is discarded."""
    _discard(
        session, and_(Import.workspace_id == workspace_id, Import.requested_by == user_id, Import.state.in_(_OPEN))
    )
    row = Import(workspace_id=workspace_id, requested_by=user_id, view_id=view_id, due_at=due_at, created_at=now)
    session.add(row)
    session.flush()
    for file_id, name in files:
        session.add(ImportFile(workspace_id=workspace_id, import_id=row.id, slack_file_id=file_id, name=name[:300]))
    return row.id


def add_failed(session: Session, workspace_id: int, user_id: int, detail: str, *, now: datetime) -> None:
    """Have a person told that an import which nobody pressed did not work."""
    values = {"state": ImportState.FAILED.value, "detail": detail, "due_at": now, "created_at": now, "finished_at": now}
    session.add(Import(workspace_id=workspace_id, requested_by=user_id, **values))


def by_id(session: Session, workspace_id: int, import_id: int) -> Import | None:
    """Return one import of the workspace."""
    return session.scalar(select(Import).where(Import.workspace_id == workspace_id, Import.id == import_id))


def open_of(session: Session, workspace_id: int, user_id: int) -> Import | None:
    """Return the import that a person has begun and neither started nor discarded."""
    query = select(Import).where(
        Import.workspace_id == workspace_id, Import.requested_by == user_id, Import.state.in_(_OPEN)
    )
    return session.scalar(query.order_by(Import.id.desc()).limit(1))


def is_running(session: Session, workspace_id: int) -> bool:
    """Say whether an import of the workspace runs."""
    running = Import.state == ImportState.IMPORTING.value
    return session.scalar(select(Import.id).where(Import.workspace_id == workspace_id, running).limit(1)) is not None


def read_again(session: Session, workspace_id: int, import_id: int, choices: dict[str, Any], *, now: datetime) -> bool:
    """Have the files read with other choices; False when the import has started or ended meanwhile."""
    where = (Import.workspace_id == workspace_id, Import.id == import_id, Import.state.in_(_OPEN))
    values = {
        "choices": choices,
        "state": ImportState.READING.value,
        "due_at": now,
        "claim_token": None,
        "lease_until": None,
    }
    return _move(session, where, version=Import.version + 1, told_version=Import.version + 1, **values)


def seen_in(session: Session, workspace_id: int, import_id: int, view_id: str) -> bool:
    """Note in which window the person looks at the import now."""
    return _move(session, (Import.workspace_id == workspace_id, Import.id == import_id), view_id=view_id)


def start(session: Session, workspace_id: int, import_id: int, *, now: datetime) -> bool:
    """Let a ready import wait for its turn; False when it is not ready."""
    where = (Import.workspace_id == workspace_id, Import.id == import_id, Import.state == ImportState.READY.value)
    return _move(session, where, state=ImportState.WAITING.value, due_at=now, version=Import.version + 1)


def discard(session: Session, workspace_id: int, import_id: int) -> bool:
    """Discard an import that was not started, and its files."""
    where = (Import.workspace_id == workspace_id, Import.id == import_id, Import.state.in_(_OPEN))
    return _discard(session, and_(*where)) > 0


def discard_older(session: Session, before: datetime) -> int:
    """Discard what nobody started for long, of every workspace: files must not lie about."""
    return _discard(session, and_(Import.created_at < before, Import.state.in_(_OPEN)))


def is_anything_due(session: Session, states: Sequence[ImportState], *, now: datetime) -> bool:
    """Say whether there is an import to take on; looks only, so that waiting takes no lock."""
    return session.scalar(select(Import.id).where(_due(states, now)).limit(1)) is not None


def claim_reading(session: Session, *, now: datetime, lease: timedelta) -> Held | None:
    """Take one import whose files are to be read, of any workspace, until `now + lease`."""
    return _claim(session, _due([ImportState.READING], now), {}, now + lease)


def claim_import(session: Session, *, now: datetime, lease: timedelta) -> Held | None:
    """Take one import that waits, or that a dead worker left; None while another one of its workspace runs."""
    other = aliased(Import)
    busy = exists().where(
        other.workspace_id == Import.workspace_id, other.id != Import.id, other.state == ImportState.IMPORTING.value
    )
    due = and_(_due([ImportState.WAITING, ImportState.IMPORTING], now), ~busy)
    try:
        with session.begin_nested():
            return _claim(session, due, {"state": ImportState.IMPORTING.value}, now + lease)
    except IntegrityError:  # another worker was faster; the unique index lets one run
        return None


def prolong(session: Session, held: Held, *, until: datetime) -> bool:
    """Keep an import longer; False when it is no longer ours."""
    return _move(session, _held(held), lease_until=until)


def files(session: Session, held: Held) -> list[ImportFile]:
    """Return the files of a held import that a person uploaded, with their content where it is here already."""
    query = select(ImportFile).where(ImportFile.workspace_id == held.workspace_id, ImportFile.import_id == held.id)
    query = query.where(ImportFile.slack_file_id.is_not(None)).order_by(ImportFile.id)
    return list(session.scalars(query.options(undefer(ImportFile.content))))


def keep_content(session: Session, held: Held, file_id: int, content: bytes) -> None:
    """Keep the content of a file, as Slack gave it."""
    where = (ImportFile.workspace_id == held.workspace_id, ImportFile.import_id == held.id, ImportFile.id == file_id)
    session.execute(
        update(ImportFile).where(*where).values(content=content).execution_options(synchronize_session=False)
    )


def ready(session: Session, held: Held, found: dict[str, Any]) -> bool:
    """Show what was recognised; False when the person changed their mind meanwhile: it is then read again."""
    where = (*_held(held), Import.version == held.version, Import.state == ImportState.READING.value)
    return _move(session, where, **_FREE, state=ImportState.READY.value, found=found, version=Import.version + 1)


def done(
    session: Session, held: Held, result: dict[str, Any], bad: Sequence[tuple[str, bytes]], *, now: datetime
) -> bool:
    """End an import within the transaction that wrote the book; the uploaded files are deleted, bad rows kept."""
    if not _move(
        session,
        (*_held(held), Import.state == ImportState.IMPORTING.value),
        **_FREE,
        state=ImportState.DONE.value,
        result=result,
        found={},
        finished_at=now,
        version=Import.version + 1,
    ):
        return False
    _delete_files(session, [held.id])
    for name, content in bad:
        session.add(ImportFile(workspace_id=held.workspace_id, import_id=held.id, name=name[:300], content=content))
    session.flush()
    return True


def failed(session: Session, held: Held, detail: str, *, now: datetime) -> bool:
    """End an import that did not work, and delete its files."""
    values = {**_FREE, "state": ImportState.FAILED.value, "detail": detail, "found": {}, "finished_at": now}
    if not _move(session, _held(held), **values, version=Import.version + 1):
        return False
    _delete_files(session, [held.id])
    return True


def release(session: Session, held: Held, *, due_at: datetime) -> bool:
    """Let go of an import that could not be taken on to its end: another turn, or worker, starts it anew."""
    waiting = func.replace(Import.state, ImportState.IMPORTING.value, ImportState.WAITING.value)
    return _move(session, _held(held), **_FREE, state=waiting, due_at=due_at)


def retry_or_fail(session: Session, held: Held, *, most: int, reference: str, now: datetime) -> bool:
    """Let an import be tried again in half a minute, or end it after `most` attempts; `reference` is for the admin."""
    attempts = session.scalar(select(Import.attempts).where(*_held(held))) or 0
    if attempts >= most:
        detail = f"Something went wrong on our side. Give your admin this reference: {reference}"
        return failed(session, held, detail, now=now)
    values = {"claim_token": None, "lease_until": None, "due_at": now + timedelta(seconds=30)}
    waiting = func.replace(Import.state, ImportState.IMPORTING.value, ImportState.WAITING.value)
    return _move(session, _held(held), state=waiting, **values)


def untold(session: Session, *, limit: int) -> list[Untold]:
    """Return imports whose person has not seen their state yet."""
    query = (
        select(Import, Workspace.team_id, User.slack_user_id)
        .join(Workspace, Workspace.id == Import.workspace_id)
        .join(User, User.id == Import.requested_by)
        .where(Import.told_version < Import.version, Import.state != ImportState.READING.value)
        .order_by(Import.id)
        .limit(limit)
    )
    names = ("id", "workspace_id", "version", "found", "choices", "result", "detail", "view_id", "channel_id", "ts")
    return [
        Untold(
            **{name: getattr(row, name) for name in names},
            team_id=team_id,
            slack_user_id=slack_user_id,
            state=ImportState(row.state),
        )
        for row, team_id, slack_user_id in session.execute(query)
    ]


def told(
    session: Session, workspace_id: int, import_id: int, version: int, *, channel_id: str | None, ts: str | None
) -> bool:
    """Note that the person saw this version, and in which message."""
    where = (Import.workspace_id == workspace_id, Import.id == import_id, Import.told_version < version)
    return _move(session, where, told_version=version, channel_id=channel_id, ts=ts)


def message_of(session: Session, import_id: int) -> tuple[str, str, str] | None:
    """Return team, channel and ts of an import's message, None while there is none."""
    query = select(Workspace.team_id, Import.channel_id, Import.ts).join(Workspace, Workspace.id == Import.workspace_id)
    row = session.execute(query.where(Import.id == import_id)).one_or_none()
    return None if row is None or row[1] is None or row[2] is None else (row[0], row[1], row[2])


def bad_files(session: Session, workspace_id: int, import_id: int) -> list[ImportFile]:
    """Return the files of bad rows that wait to be sent to the person."""
    query = select(ImportFile).where(ImportFile.workspace_id == workspace_id, ImportFile.import_id == import_id)
    query = query.where(ImportFile.slack_file_id.is_(None)).order_by(ImportFile.id)
    return list(session.scalars(query.options(undefer(ImportFile.content))))


def forget_file(session: Session, workspace_id: int, file_id: int) -> None:
    """Delete one file."""
    session.execute(delete(ImportFile).where(ImportFile.workspace_id == workspace_id, ImportFile.id == file_id))


_FREE: dict[str, Any] = {"claim_token": None, "lease_until": None, "attempts": 0}


def _due(states: Sequence[ImportState], now: datetime) -> ColumnElement[bool]:
    free = or_(Import.lease_until.is_(None), Import.lease_until < now)
    return and_(Import.state.in_([state.value for state in states]), Import.due_at <= now, free)


def _claim(session: Session, due: ColumnElement[bool], values: dict[str, Any], until: datetime) -> Held | None:
    found = select(Import.id).where(due).order_by(Import.due_at, Import.id).limit(1).with_for_update(skip_locked=True)
    import_id = session.scalar(found)
    if import_id is None:
        return None
    token = str(uuid.uuid4())
    claimed = _move(
        session,
        (Import.id == import_id, due),
        claim_token=token,
        lease_until=until,
        attempts=Import.attempts + 1,
        **values,
    )
    row = session.get(Import, import_id, populate_existing=True) if claimed else None
    return Held(row.id, row.workspace_id, token, row.version, dict(row.choices)) if row is not None else None


def _held(held: Held) -> tuple[ColumnElement[bool], ...]:
    return (Import.workspace_id == held.workspace_id, Import.id == held.id, Import.claim_token == held.token)


def _discard(session: Session, which: ColumnElement[bool]) -> int:
    ids = list(session.scalars(select(Import.id).where(which)))
    if ids:
        _delete_files(session, ids)
        values = {**_FREE, "state": ImportState.DISCARDED.value, "found": {}, "told_version": Import.version}
        _move(session, (Import.id.in_(ids), Import.state.in_(_OPEN)), **values)
    return len(ids)


def _delete_files(session: Session, ids: Sequence[int]) -> None:
    session.execute(delete(ImportFile).where(ImportFile.import_id.in_(ids)))


def _move(session: Session, where: Sequence[ColumnElement[bool]], **values: Any) -> bool:
    moved: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Import).where(*where).values(**values).execution_options(synchronize_session=False)
    )
    return moved.rowcount > 0
