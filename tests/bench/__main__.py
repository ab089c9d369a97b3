"""`make bench`: measure everything side by side and write docs/benchmarks.md."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.bench import acks, dispatching, freezing, importing, in_browser, letters, starting, typing_ahead
from tests.bench.processes import make_durable
from tests.conftest import running_postgres

PAGE = Path(__file__).resolve().parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- measured: {} -->", "<!-- end -->"


PARTS = ("dispatch", "memory", "first", "start", "acks", "search", "import", "letters", "sms", "page")


def main() -> None:
    """Measure the parts that are asked for, and put each into its place on the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help=f"some of {', '.join(PARTS)}, with commas between them")
    parser.add_argument("--quick", action="store_true", help="fewer rounds, smaller books: what changed, not how much")
    parser.add_argument("--mails", type=int)
    parser.add_argument("--rounds", type=int)
    given = parser.parse_args()
    rounds, mails = given.rounds or (2 if given.quick else 5), given.mails or (1000 if given.quick else 2000)
    large, book = (10_000, 100_000) if given.quick else (100_000, 1_000_000)
    with running_postgres() as server:
        make_durable(server)
        parts: dict[str, Callable[[], list[str]]] = {
            "dispatch": lambda: dispatching.measure(server, mails=mails, rounds=rounds),
            "memory": lambda: freezing.measure(server, large=large, rounds=rounds),
            "first": lambda: starting.first_mail(server, rounds=rounds),
            "start": lambda: starting.ready(rounds),
            "acks": lambda: acks.measure(large=large, seconds=2 if given.quick else 5),
            "search": lambda: typing_ahead.measure(server, book=book),
            "import": lambda: importing.measure(server, lines=large),
            "letters": letters.measure,
            "sms": lambda: sms(1_000 if given.quick else 10_000),
            "page": in_browser.measure,
        }
        for name in given.only.split(",") if given.only else PARTS:
            put(name, parts[name]())


def sms(messages: int) -> list[str]:
    """Measure SMS in a process of its own, whose memory nothing else has grown."""
    words = [sys.executable, "-m", "tests.bench.sms", "--messages", str(messages), "--rounds", "3"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.splitlines()


def put(name: str, lines: list[str]) -> None:
    """Replace what the page says of one part."""
    text = PAGE.read_text()
    before, found, rest = text.partition(BEGIN.format(name))
    load = f"Python {platform.python_version()}, {dispatching.cores()} cores, load {os.getloadavg()[0]:.0f} at the end."
    if not found:
        raise SystemExit(f"docs/benchmarks.md has no place for {name}")
    after = rest[rest.index(END) :]
    PAGE.write_text(before + found + "\n" + "\n".join([*lines, "", load]) + "\n" + after)


if __name__ == "__main__":
    main()
