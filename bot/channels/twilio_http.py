"""The HTTP half of Twilio's client: one kept-open session to TWILIO_API_URL. Imported when first used."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from urllib3.exceptions import MaxRetryError, NewConnectionError, ProxyError
from urllib3.exceptions import SSLError as TlsError


class KeptHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Keeps its connection, tries nothing twice, and never follows a redirect; used by one thread."""

    def __init__(self, api_url: str, timeouts: tuple[float, float]) -> None:
        super().__init__(pool_connections=True)
        assert self.session is not None
        self.timeout = timeouts  # the pair that requests takes: to connect, and for the answer
        self._target = urlsplit(api_url)
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.session.mount("https://", adapter)
        self.session.mount("http://", adapter)
        self.retry_after: float | None = None
        """What the latest answer asked for, in seconds."""

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request to the same path at our address."""
        parts = urlsplit(url)
        path = self._target.path.rstrip("/") + parts.path
        url = urlunsplit((self._target.scheme, self._target.netloc, path, parts.query, ""))
        self.retry_after = None
        answer = super().request(method, url, *args, **{**kwargs, "timeout": None})
        asked = str((answer.headers or {}).get("Retry-After") or "")
        self.retry_after = float(asked) if asked.isdigit() else None
        return answer

    def log_request(self, kwargs: dict[str, Any]) -> None:
        """Log nothing: the client would log numbers and texts."""

    def log_response(self, status_code: int, response: Any) -> None:
        """Log nothing, for the same reason."""

    def close(self) -> None:
        """Close the connection; a second call does nothing."""
        assert self.session is not None
        self.session.close()


def never_sent(error: OSError) -> bool:
    """Say whether a failed call certainly sent nothing: no connection came about, or its certificate was wrong."""
    if isinstance(error, requests.exceptions.ConnectTimeout):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    if isinstance(reason, TlsError):
        return "certificate" in str(reason).casefold()
    return isinstance(reason, NewConnectionError | ProxyError)
