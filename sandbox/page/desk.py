"""What all pages share: the sandbox, the mail, the templates, and what the page itself remembers."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sandbox.jsontypes import Json
from sandbox.page.templating import make_environment
from sandbox.sandbox import Sandbox

TOUR_COOKIE = "tour"
PAGES_REMEMBERED = 50


@dataclass(frozen=True)
class Step:
    """One step of the tour: what to do, and what to look at; `text` may hold mrkdwn."""

    title: str
    text: str


@dataclass
class Desk:
    """What the page remembers.

    `read` has the ts of the newest message seen, by person and conversation; `offers` what a select has offered, by
    value; `drawn` what pages looked like that were drawn and have not asked for their live updates yet.
    """

    sandbox: Sandbox
    has_outbox: bool = False
    tour: tuple[Step, ...] = ()
    environment: Environment = field(default_factory=make_environment)
    read: dict[tuple[str, str], str] = field(default_factory=dict)
    offers: dict[tuple[str, str], dict[str, Json]] = field(default_factory=dict)
    drawn: dict[str, dict[str, object]] = field(default_factory=dict)
    closing: threading.Event = field(default_factory=threading.Event)
    wakers: list[Callable[[], None]] = field(default_factory=list)

    @property
    def zone(self) -> str | None:
        """The time zone of pages that are nobody's: that of the first person; None for this machine's."""
        first = next(iter(self.sandbox.people.values()), None)
        return first.profile.tz if first else None

    def render(self, template: str, **values: Any) -> str:
        """Return a template filled in."""
        return self.environment.get_template(template).render(**values)

    def page(self, request: Request, template: str, **values: Any) -> HTMLResponse:
        """Answer with a whole page."""
        pages = [("/", "Workspace", "/as/"), ("/inspector", "Inspector", "/inspector")]
        if self.has_outbox:
            pages.insert(1, ("/outbox", "Outbox", "/outbox"))
        touring = bool(self.tour) and request.cookies.get(TOUR_COOKIE) != "seen"
        team = self.sandbox.workspace.team_name
        shared = {"team": team, "pages": pages, "tour": self.tour, "touring": touring, "zone": self.zone}
        return HTMLResponse(self.render(template, path=request.url.path, **shared, **values))

    def remember(self, keys: dict[str, object]) -> str:
        """Keep what a page looks like as it goes out; return the token its live updates begin from."""
        token = secrets.token_urlsafe(9)
        self.drawn[token] = keys
        while len(self.drawn) > PAGES_REMEMBERED:
            self.drawn.pop(next(iter(self.drawn)), None)
        return token

    def notice(self, text: str) -> HTMLResponse:
        """Answer a gesture with a line that the page shows for a while."""
        return HTMLResponse(self.render("notice.html", text=text))

    def wake(self) -> None:
        """Let every open page look again."""
        for waker in list(self.wakers):
            waker()
