"""Serve a Starlette app on 127.0.0.1 from a thread of its own."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from typing import Any

import uvicorn
from starlette.applications import Starlette

from sandbox.errors import PortInUse, SandboxError

HOST = "127.0.0.1"
START_SECONDS = 10.0


class Serving:
    """One app under uvicorn; `options` go to uvicorn.Config. Port 0 is any free one."""

    def __init__(self, name: str, port: int, **options: Any) -> None:
        self._name = name
        self.port = port
        self._options = options
        self._uvicorn: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self, app: Starlette) -> int:
        """Listen, and return the port once requests are answered; raises PortInUse."""
        listener = _listen(self.port)
        self.port = listener.getsockname()[1]
        ready = threading.Event()
        config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=1, **self._options)
        self._uvicorn = _Announcing(config, ready)
        serving = self._uvicorn.serve(sockets=[listener])
        self._thread = threading.Thread(target=asyncio.run, args=(serving,), name=self._name, daemon=True)
        self._thread.start()
        if not ready.wait(START_SECONDS):
            raise SandboxError(f"the {self._name} server did not start")
        return self.port

    def stop(self) -> None:
        """Close all connections and stop; a second call does nothing."""
        if self._uvicorn and self._thread:
            self._uvicorn.should_exit = True
            self._thread.join(10)
            self._uvicorn = self._thread = None


class _Announcing(uvicorn.Server):
    """Sets `ready` when it serves."""

    def __init__(self, config: uvicorn.Config, ready: threading.Event) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start serving, and say so."""
        await super().startup(sockets)
        self._ready.set()


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen()
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortInUse(port) from None
        raise
    return listener
