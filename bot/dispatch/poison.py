"""Actions that break what looks at them: found by halving, given to a person while the rest goes on."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from bot.dispatch.prepare import Prepare, Rechecked, Refused
from bot.domain.states import Reason
from bot.log import get_logger
from storage.actions import Claimed
from storage.db import is_outage

_log = get_logger(__name__)


def reference_for(error: BaseException, **ids: int) -> str:
    """Log an error nobody foresaw, with ids only, and return the reference under which the log has it."""
    reference = uuid.uuid4().hex[:8]
    _log.error("action_parked", reference=reference, error=type(error).__name__, exc_info=error, **ids)
    return reference


def prepared(session: Session, rows: Sequence[Claimed], now: datetime, prepare: Prepare) -> list[Rechecked]:
    """Recheck claimed actions; one that can't be rechecked is refused, whatever it raises, and keeps no other waiting.

    A failure of the database itself is raised: it says nothing about the actions.
    """
    if not rows:
        return []
    try:
        with session.begin_nested():
            return prepare(session, rows, now)
    except Exception as error:
        if is_outage(error):
            raise
        if len(rows) == 1:
            detail = f"Reference {reference_for(error, action_id=rows[0].id)}"
            return [Refused(rows[0], Reason.RENDER_FAILED, skip=False, detail=detail)]
    middle = len(rows) // 2
    return [*prepared(session, rows[:middle], now, prepare), *prepared(session, rows[middle:], now, prepare)]
