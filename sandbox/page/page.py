"""The page itself: a server on 127.0.0.1, beside the sandbox's own."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles

from sandbox.mail import MailCatcher
from sandbox.page.desk import Desk
from sandbox.page.guard import Guard
from sandbox.page.workspace import WorkspacePage
from sandbox.sandbox import Sandbox
from sandbox.serving import HOST, Serving

DEFAULT_PORT = 8765
STATIC = Path(__file__).parent / "static"


class Page:
    """The sandbox in the browser. Use as a context manager, or call `start` and `stop`.

    `mail` adds the outbox. Port 0 is any free one; `start` raises PortInUse where somebody else listens.
    """

    def __init__(self, sandbox: Sandbox, mail: MailCatcher | None = None, port: int = DEFAULT_PORT) -> None:
        self._desk = Desk(sandbox, mail)
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
        routes = [Mount("/static", StaticFiles(directory=STATIC)), *WorkspacePage(self._desk).routes]
        return Starlette(routes=routes, middleware=[Middleware(Guard)])

    def _listeners(self, *, add: bool) -> None:
        lists = [self._desk.sandbox.workspace.listeners]
        if self._desk.mail is not None:
            lists.append(self._desk.mail.listeners)
        for one in lists:
            if add:
                one.append(self._desk.wake)
            elif self._desk.wake in one:
                one.remove(self._desk.wake)
