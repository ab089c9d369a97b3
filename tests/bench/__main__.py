"""`make bench`: measure everything side by side and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable
from pathlib import Path

from tests.bench import dispatching, importing, in_browser, letters, starting, typing_ahead
from tests.conftest import running_postgres

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: {} -->", "<!-- end -->"


def main() -> None:
    """Measure the parts that are asked for, and put each into its place on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="one of dispatch, first, search, import, page, letters")
    parser.add_argument("--mails", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--book", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=100_000)
    given = parser.parse_args()
    with running_postgres() as server:
        parts: dict[str, Callable[[], list[str]]] = {
            "dispatch": lambda: dispatching.measure(server, mails=given.mails, rounds=given.rounds),
            "first": lambda: starting.first_mail(server, rounds=given.rounds),
            "search": lambda: typing_ahead.measure(server, book=given.book),
            "import": lambda: importing.measure(server, lines=given.lines),
            "page": in_browser.measure,
            "letters": letters.measure,
        }
        for name, measured in parts.items():
            if given.only in ("", name):
                put(name, measured())


def put(name: str, lines: list[str]) -> None:
    """Replace what the page says of one part."""
    text = PAGE.read_text()
    before, found, rest = text.partition(BEGIN.format(name))
    load = f"Python {platform.python_version()}, {dispatching.cores()} cores, load {os.getloadavg()[0]:.0f} at the end."
    after = rest[rest.index(END) :]
    PAGE.write_text(before + found + "\n" + "\n".join([*lines, "", load]) + "\n" + after)


if __name__ == "__main__":
    main()
