"""The templates of the page."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader

from sandbox.page import mrkdwn

TEMPLATES = Path(__file__).parent / "templates"


def make_environment() -> Environment:
    """Return the environment; everything is escaped that isn't Markup."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.do"],
    )
    environment.filters["plain"] = mrkdwn.plain
    environment.filters["mrkdwn"] = lambda text: mrkdwn.mrkdwn(text, mrkdwn.Reader({}, UTC))
    environment.filters["clock"] = clock
    environment.filters["pretty"] = pretty
    environment.filters["initials"] = initials
    return environment


def clock(seconds: float | str, zone: str | None = None, form: str = "%H:%M") -> str:
    """Return a Unix time in seconds as a time of day in an IANA time zone, None for that of this machine."""
    moment = datetime.fromtimestamp(float(seconds), ZoneInfo(zone) if zone else UTC)
    return (moment if zone else moment.astimezone()).strftime(form)


def pretty(value: Any) -> str:
    """Return a payload as indented JSON."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def initials(name: str) -> str:
    """Return up to two letters for an avatar."""
    words = [one for one in name.replace("-", " ").split() if one[0].isalnum()]
    return "".join(one[0] for one in words[:2]).upper() or "?"
