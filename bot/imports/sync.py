"""The `sync` setting: a command that writes a Singer stream is run on a schedule, and what it says is imported.

It never overlaps itself, whatever number of workers there are: whoever runs it holds a lease on a row. When it fails,
every admin is told in a direct message, once for each failure.
"""

from __future__ import annotations

import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.cores import CORE
from bot.errors import UserError
from bot.imports.faults import FileFault
from bot.imports.load import import_files
from bot.imports.reading import Source
from bot.imports.singer import read_singer
from bot.log import get_logger
from storage import book, imports, settings, users
from storage.db import Database

log = get_logger(__name__)
MOST_TIME = timedelta(hours=2)
"""How long a command may take; as long does its lease hold."""
STATE_PLACE = "{state}"


class _Leaving(Exception):
    """The worker stops."""


@dataclass(frozen=True, slots=True)
class Sync:
    """What to run, and how often; `{state}` in the command becomes the path of the last STATE, as taps take it."""

    command: str
    every: timedelta


def run_due(
    db: Database, workspace_id: int, sync: Sync, *, leaving: threading.Event | None = None, now: datetime | None = None
) -> bool:
    """Run the command if it is due and runs nowhere; say whether it ran. `leaving` ends it, to be run anew later."""
    moment = now or db.now()
    with db.write() as session:
        book.lock(session, workspace_id)
        held = settings.sync(session, workspace_id)
        if _is_held(held, moment) or not _is_due(held, sync, moment):
            return False
        settings.set_sync(session, workspace_id, {**held, "held_until": (moment + MOST_TIME).isoformat()})
    after = {"begun_at": moment.isoformat(), "state": held.get("state")}
    try:
        after["state"] = _run(db, workspace_id, sync, held.get("state"), leaving or threading.Event())
    except _Leaving:
        after = {name: value for name, value in held.items() if name != "held_until"}
    except (UserError, FileFault) as error:
        _tell_admins(db, workspace_id, str(error), moment)
    except Exception as error:
        log.error("sync_failed", workspace_id=workspace_id, error=type(error).__name__, exc_info=error)
        _tell_admins(db, workspace_id, "Something went wrong on our side; the bot's log says what.", moment)
    with db.write() as session:
        settings.set_sync(session, workspace_id, after)
    return True


def _run(db: Database, workspace_id: int, sync: Sync, state: str | None, leaving: threading.Event) -> str | None:
    """Run the command and import what it writes; return its last STATE once everything is in the book."""

    def told(_done: int, _total: int) -> None:
        if leaving.is_set():
            raise _Leaving

    with tempfile.TemporaryDirectory(prefix="campaign-bot-") as made:
        path = Path(made) / "state.json"
        path.write_text(state or "{}", encoding="utf-8")
        words = [word.replace(STATE_PLACE, str(path)) for word in shlex.split(sync.command)]
        out = Path(made) / "stream"
        _write_stream(words, out, leaving)
        with out.open("rb") as lines:
            singer = read_singer(lines)
        import_files(db, workspace_id, [Source(out, "Singer", singer.sheets())], told=told)
        return singer.state or state


def _write_stream(words: Sequence[str], out: Path, leaving: threading.Event) -> None:
    """Run the command with its output in a file; raise UserError where it does not end well."""
    deadline = time.monotonic() + MOST_TIME.total_seconds()
    with out.open("wb") as stream:
        try:
            # what it says on standard error may hold names and tokens: it is neither logged nor told
            with CORE.roaming():
                child = subprocess.Popen(words, stdout=stream, stderr=subprocess.DEVNULL)  # noqa: S603 (the operator's)
        except OSError:
            raise UserError("The sync command can't be started: check SYNC_COMMAND.") from None
        while child.poll() is None:
            if leaving.wait(0.2) or time.monotonic() > deadline:
                child.kill()
                child.wait()
                if leaving.is_set():
                    raise _Leaving
                raise UserError("The sync command took more than two hours, and was ended.")
    if child.returncode != 0:
        raise UserError(f"The sync command ended with code {child.returncode}. Run it by hand to see why.")


def _is_held(held: Mapping[str, Any], now: datetime) -> bool:
    until = held.get("held_until")
    return until is not None and datetime.fromisoformat(until) > now


def _is_due(held: Mapping[str, Any], sync: Sync, now: datetime) -> bool:
    begun = held.get("begun_at")
    return begun is None or datetime.fromisoformat(begun) + sync.every <= now


def _tell_admins(db: Database, workspace_id: int, detail: str, now: datetime) -> None:
    with db.write() as session:
        for admin in users.admins(session, workspace_id):
            imports.add_failed(session, workspace_id, admin.id, f"The sync did not work. {detail}", now=now)
