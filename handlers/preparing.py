"""What is done to every payload before its listener sees it.

As classes of Bolt's: it gives a middleware that is a function everything that it might ask for, at 30 microseconds.
"""

from __future__ import annotations

from collections.abc import Callable

from slack_bolt import BoltRequest, BoltResponse
from slack_bolt.middleware import Middleware
from slack_sdk import WebClient

from handlers.parse import fit, may_be_unfit


class FitForStorage(Middleware):
    """Takes out what can't be stored; nobody types it, so it is not worth a refusal."""

    def process(
        self,
        *,
        req: BoltRequest,
        resp: BoltResponse,
        next: Callable[[], BoltResponse],  # noqa: A002
    ) -> BoltResponse | None:
        """Change the body in place."""
        if may_be_unfit(req.raw_body):
            req.body.update(fit(req.body))
        return next()


class CallingBy(Middleware):
    """Gives listeners one client, with its kept connections: Bolt makes a new one for each request."""

    def __init__(self, client: WebClient) -> None:
        self._client = client

    def process(
        self,
        *,
        req: BoltRequest,
        resp: BoltResponse,
        next: Callable[[], BoltResponse],  # noqa: A002
    ) -> BoltResponse | None:
        """Put the client into the context."""
        req.context["client"] = self._client
        return next()
