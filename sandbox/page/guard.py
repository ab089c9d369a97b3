"""What stands before every page: only this machine's own page may read or change anything here."""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# scripts and styles are files of ours; nothing is loaded from elsewhere, and nobody may frame the page
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_SAFE = frozenset({"GET", "HEAD"})
_NAMES = ("127.0.0.1", "localhost")


class Guard:
    """Refuses strange Host names (DNS rebinding) and posts from other sites; adds the content security policy."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refusal = refused(scope["method"], Headers(scope=scope), scope["server"][1])
        if refusal:
            await PlainTextResponse(refusal, 403)(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("Content-Security-Policy", POLICY)
                headers["X-Content-Type-Options"] = "nosniff"
                headers["Referrer-Policy"] = "no-referrer"
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        await self._app(scope, receive, send_guarded)


def refused(method: str, headers: Headers, port: int | None) -> str | None:
    """Return why a request is refused, None when it is not."""
    hosts = [f"{name}:{port}" for name in _NAMES]
    if headers.get("host") not in hosts:
        return "This page answers to its own address alone."
    if method in _SAFE:
        return None
    origin = headers.get("origin")
    if origin is None:
        # a browser that sends no Origin says at least from where the request comes
        return None if headers.get("sec-fetch-site") == "same-origin" else "Posts come from this page alone."
    return None if origin in [f"http://{host}" for host in hosts] else "Posts come from this page alone."
