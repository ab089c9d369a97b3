"""Rate limits kept in rows, so that all workers together stay within them (bot.domain.rates)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select, text, update
from sqlalchemy.orm import Session

from bot.domain.rates import Rate
from storage.db import UtcDateTime
from storage.models import RateToken

_MAKE = text("INSERT INTO rate_tokens (key, next_at) VALUES (:key, :full) ON CONFLICT DO NOTHING").bindparams(
    bindparam("full", type_=UtcDateTime())
)


@dataclass(frozen=True, slots=True)
class Bucket:
    """One limit, locked until the transaction ends."""

    session: Session
    key: str
    rate: Rate
    next_at: datetime
    now: datetime

    @property
    def free(self) -> int:
        """Return how many messages may go now."""
        return self.rate.free(self.next_at, self.now)

    def spend(self, count: int) -> None:
        """Write down that `count` messages go; call it once."""
        next_at = self.rate.spend(self.next_at, self.now, count)
        self.session.execute(
            update(RateToken)
            .where(RateToken.key == self.key)
            .values(next_at=next_at)
            .execution_options(synchronize_session=False)
        )


def lock(session: Session, key: str, rate: Rate | None, now: datetime) -> Bucket | None:
    """Return a limit's bucket, locked; None where there is no limit. Lock a channel's before those of its senders."""
    if rate is None:
        return None
    query = select(RateToken.next_at).where(RateToken.key == key).with_for_update()
    next_at = session.scalar(query)
    if next_at is None:
        session.execute(_MAKE, {"key": key, "full": rate.full(now)})
        next_at = session.scalars(query).one()  # another worker may have made it, and used it
    return Bucket(session, key, rate, next_at, now)
