"""What can go wrong in the sandbox."""

from __future__ import annotations

from typing import Any

PATIENCE = 30.0
"""Seconds that what was waited for has to happen, unless the caller says otherwise: busy machines are slow."""


class SandboxError(Exception):
    """A person tried what cannot be done on the screen as it stands, or the sandbox was set up wrongly."""


class PortInUse(SandboxError):
    """Somebody else listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"port {port} is in use")
        self.port = port


class NotOnScreen(SandboxError):
    """The named button, input or option is not on the screen."""


class NeverHappened(SandboxError, TimeoutError):
    """What was waited for did not happen in time."""


class ApiError(Exception):
    """An error answer of the Web API, in Slack's own words."""

    def __init__(self, code: str, *, status: int = 200, headers: dict[str, str] | None = None, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.headers = headers or {}
        self.extra = extra
