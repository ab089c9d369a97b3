"""What every question on an audience needs: the caller's scope, the moment, and the day in the workspace."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from bot.domain.access import Caller, Scope
from bot.domain.audience import Audience, AudienceFilter
from storage import customer_filter, merge_facts
from storage.customer_filter import Condition
from storage.db import utcnow


@dataclass(frozen=True, slots=True)
class Selecting:
    """Turns audiences into conditions, for one user at one moment; whatever it returns is within the user's scope."""

    scope: Scope
    user_id: int
    now: datetime
    today: date

    @classmethod
    def open(cls, session: Session, caller: Caller, now: datetime | None = None) -> Selecting:
        """Return it for the caller; `now` is the present moment unless told otherwise."""
        now = now or utcnow()
        return cls(caller.scope, caller.user_id, now, merge_facts.today_of(session, caller.workspace_id, now))

    def matching(self, wanted: AudienceFilter) -> Condition:
        """Return the condition that a customer fulfils the filter."""
        return customer_filter.matches(self.scope, wanted, me=self.user_id, now=self.now, today=self.today)

    def selected(self, audience: Audience) -> Condition:
        """Return the condition that the audience goes to a customer."""
        return customer_filter.selected(self.scope, audience, me=self.user_id, now=self.now, today=self.today)
