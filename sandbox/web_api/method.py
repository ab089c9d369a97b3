"""What the gateway knows of a method before it is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.jsontypes import Json
from sandbox.workspace import Workspace


@dataclass(frozen=True)
class Method:
    """`scope` the bot token needs (None: none), `app_token` instead of the bot token, calls `per_minute`.

    `call` runs with the workspace lock held, returns the answer without "ok", and raises ApiError.
    """

    call: Callable[[Workspace, Json], Json]
    scope: str | None = None
    app_token: bool = False
    per_minute: int = 50
