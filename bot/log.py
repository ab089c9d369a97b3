"""Logging: structured lines that carry ids only, never names, amounts, addresses, message texts or tokens."""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

_QUIET = ("slack_bolt", "slack_sdk", "apscheduler", "uvicorn.error", "uvicorn.access", "alembic")


_TRACEBACKS = structlog.processors.ExceptionRenderer(
    # locals would carry names and addresses into the log
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False, max_frames=12)
)


def configure(*, json: bool | None = None, level: int = logging.INFO) -> None:
    """Send log lines to standard error: JSON where nobody is watching, readable on a terminal.

    Libraries are kept to warnings: their informative lines may quote payloads. A second call replaces the first.
    """
    as_json = not sys.stderr.isatty() if json is None else json
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if as_json
        else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    )
    structlog.configure(
        processors=[*shared, _TRACEBACKS, renderer] if as_json else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s")
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.ERROR)
    # it logs every failed call by its body; what a failure means is said by us, where it is met
    logging.getLogger("slack_sdk.web.base_client").setLevel(logging.CRITICAL)
    logging.getLogger("psycopg").setLevel(logging.CRITICAL)  # what it ignores may hold values of a row
    logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)  # it stumbles over odd mails, and that is foreseen


def get_logger(name: str) -> Any:
    """Return the logger of one module."""
    return structlog.get_logger(name)
