"""Typst, kept ready in a process of its own (`typeset`), asked by one thread at a time.

Two compilers are no faster than one (measured: Typst's Python binding lets only one work at a time), and each keeps its
own fonts in memory.
"""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from bot.cores import CORE
from bot.log import get_logger
from bot.rendering.content import TEMPLATES

_log = get_logger(__name__)
_PROGRAM = Path(__file__).with_name("typeset.py")
TRIES = 2
"""Times that a document is begun before it counts as what its process died of: a process may be killed for others."""
MOST_SECONDS = 60.0
"""Seconds that a document may take; 75 invoices take a twentieth of one."""


class Refused(Exception):
    """Typst refused a document. `said` may hold what stands in the document, so it is neither shown nor logged."""

    def __init__(self, said: str) -> None:
        super().__init__("the document can't be set in type")
        self.said = said


class Broken(Exception):
    """The process died of a document, or was at no end with it, each time."""


class _Died(Exception):
    """The process gave no answer."""


class Typesetter:
    """One process that sets documents in type, begun when first asked and again after it died."""

    def __init__(self, program: Path = _PROGRAM, *, most_seconds: float = MOST_SECONDS) -> None:
        self._program, self._most_seconds = program, most_seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._lock, self._number = threading.Lock(), 0

    @property
    def pid(self) -> int | None:
        """Return the process's id; None while there is none."""
        return self._child.pid if self._child is not None else None

    def set(self, template: Path, inputs: Mapping[str, str], *, machine_fonts: bool = False, **how: Any) -> list[bytes]:
        """Return the document, a file or a picture a page. Raises Refused and Broken; the next one is not affected."""
        asked = {"template": str(template), "inputs": dict(inputs), "machine_fonts": machine_fonts, "how": how}
        with self._lock:
            for _ in range(TRIES):
                try:
                    return self._asked(asked)
                except _Died:
                    _log.warning("typesetter_died")
        raise Broken("the process that sets documents in type died of this one")

    def close(self) -> None:
        """End the process; the next document begins another."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            child.communicate()

    def _asked(self, asked: Mapping[str, object]) -> list[bytes]:
        child = self._child = self._child or self._begun()
        self._number += 1
        question = json.dumps({"number": self._number, **asked}, ensure_ascii=False).encode() + b"\n"
        overdue = threading.Timer(self._most_seconds, child.kill)
        overdue.daemon = True
        overdue.start()
        try:
            return self._answer(child, question)
        except Refused:
            raise
        except BaseException:  # whoever asks next must not read what is left of this answer
            self.close()
            raise
        finally:
            overdue.cancel()

    def _answer(self, child: subprocess.Popen[bytes], question: bytes) -> list[bytes]:
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(question)
            child.stdin.flush()
        except BrokenPipeError:
            raise _Died from None
        head = child.stdout.readline()
        if not head.endswith(b"\n"):
            raise _Died
        told = json.loads(head)
        if told["number"] != self._number:
            raise _Died
        if "refused" in told:
            raise Refused(told["refused"])
        return [_exactly(child.stdout, size) for size in told["sizes"]]

    def _begun(self) -> subprocess.Popen[bytes]:
        # by its path, and isolated: the package would bring much along. What it says of a crash may name what it read
        command, pipe = [sys.executable, "-I", str(self._program)], subprocess.PIPE
        with CORE.roaming():
            return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)  # noqa: S603 (our own)


def _exactly(stream: IO[bytes], size: int) -> bytes:
    found = stream.read(size)
    if len(found) < size:
        raise _Died
    return found


TYPESETTER = Typesetter()
"""The process's own."""
atexit.register(TYPESETTER.close)


def pdf_of(template: str, facts: Mapping[str, object]) -> bytes:
    """Return a document as PDF/A-2b, its fonts in it; the facts go in as JSON, never as Typst source.

    It is written without tags, which paper has no use for and which are a quarter of a file. Raises Refused and Broken.
    """
    return _letter(template, facts, format="pdf", pdf_standards="a-2b", pdf_tags=False)[0]


def pngs_of(template: str, facts: Mapping[str, object], dots_per_inch: float) -> list[bytes]:
    """Return a picture of every page of a document; raises Refused and Broken."""
    return _letter(template, facts, format="png", ppi=dots_per_inch)


def _letter(template: str, facts: Mapping[str, object], **how: Any) -> list[bytes]:
    given = {"letter": json.dumps(facts, ensure_ascii=False)}
    # the fonts of the machine are left out: a letter looks the same wherever it is made
    return TYPESETTER.set(TEMPLATES / "letter" / f"{template}.typ", given, **how)
