"""The page itself: a server on 127.0.0.1, beside the sandbox's own."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.letter_folder import LetterFolder
from sandbox.letters import LetterCatcher
from sandbox.mail import MailCatcher
from sandbox.page.desk import TOUR_COOKIE, Desk, Step
from sandbox.page.guard import Guard
from sandbox.page.inspector import InspectorPage
from sandbox.page.letters import LetterPages
from sandbox.page.mails import MailPages
from sandbox.page.outbox import Campaigns, Outbox
from sandbox.page.phones import PhonePages
from sandbox.page.workspace import WorkspacePage
from sandbox.sandbox import Sandbox
from sandbox.serving import HOST, Serving
from sandbox.sms import SmsCatcher

DEFAULT_PORT = 8765
YEAR_SECONDS = 365 * 24 * 3600
STATIC = Path(__file__).parent / "static"


class Page:
    """The sandbox in the browser. Use as a context manager, or call `start` and `stop`.

    `mail`, `sms`, `post` and `folder` are what the outbox shows, `campaigns` tells what it filters by, `tour` is a
    panel on the first visit. Port 0 is any free one; `start` raises PortInUse where somebody else listens.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        mail: MailCatcher | None = None,
        port: int = DEFAULT_PORT,
        tour: tuple[Step, ...] = (),
        sms: SmsCatcher | None = None,
        campaigns: Campaigns | None = None,
        post: LetterCatcher | None = None,
        folder: LetterFolder | None = None,
    ) -> None:
        self._mail = mail
        self._sms = sms
        self._post = post
        self._folder = folder
        self._campaigns = campaigns
        self._desk = Desk(sandbox, has_outbox=any(one is not None for one in (mail, sms, post, folder)), tour=tour)
        self._serving = Serving("page", port)

    @property
    def url(self) -> str:
        """The address, once started."""
        return f"http://{HOST}:{self._serving.port}/"

    def start(self) -> Page:
        """Listen; return self."""
        self._serving.start(self.app())
        self._listeners(add=True)
        return self

    def stop(self) -> None:
        """End all live updates and stop; a second call does nothing."""
        self._listeners(add=False)
        self._desk.closing.set()
        self._desk.wake()
        self._serving.stop()

    def __enter__(self) -> Page:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    def app(self) -> Starlette:
        """Return the app with all pages."""
        routes: list[BaseRoute] = [
            Mount("/static", StaticFiles(directory=STATIC)),
            *WorkspacePage(self._desk).routes,
            *InspectorPage(self._desk).routes,
            Route("/tour", self._begin_tour),
            Route("/tour/end", self._end_tour, methods=["POST"]),
        ]
        if self._desk.has_outbox:
            routes += self._outbox()
        return Starlette(routes=routes, middleware=[Middleware(Guard)])

    def _outbox(self) -> list[BaseRoute]:
        """Return the routes of the outbox, with a shelf for each kind of message there is."""
        outbox = Outbox(self._desk, self._campaigns)
        pages: list[MailPages | PhonePages | LetterPages] = []
        if self._mail is not None:
            pages.append(MailPages(outbox, self._mail))
        if self._sms is not None:
            pages.append(PhonePages(outbox, self._sms))
        if self._post is not None or self._folder is not None:
            pages.append(LetterPages(outbox, self._post, self._folder))
        outbox.shelves += [one.shelf for one in pages]
        first = outbox.shelves[0].address
        routes: list[BaseRoute] = [Route("/outbox", lambda _request: RedirectResponse(first, 303))]
        return routes + [route for one in pages for route in one.routes] + outbox.routes

    async def _begin_tour(self, request: Request) -> Response:
        answer = RedirectResponse("/", 303)
        answer.delete_cookie(TOUR_COOKIE)
        return answer

    async def _end_tour(self, request: Request) -> Response:
        answer = HTMLResponse('<div id="tour" hx-swap-oob="delete"></div>')
        answer.set_cookie(TOUR_COOKIE, "seen", max_age=YEAR_SECONDS, httponly=True, samesite="strict")
        return answer

    def _listeners(self, *, add: bool) -> None:
        every = (self._mail, self._sms, self._post, self._folder)
        catchers = [one for one in every if one is not None]
        lists = [self._desk.sandbox.workspace.listeners, *(one.listeners for one in catchers)]
        for one in lists:
            if add:
                one.append(self._desk.wake)
            elif self._desk.wake in one:
                one.remove(self._desk.wake)
