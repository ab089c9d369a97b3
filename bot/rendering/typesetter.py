"""Typst, kept ready in a process of its own (`typeset`), asked by one thread at a time.

Two compilers are no faster than one (measured: Typst's Python binding lets only one work at a time), and each keeps its
own fonts in memory.
"""

from __future__ import annotations

import atexit
import json
import os
import secrets
import signal
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
MOST_SECONDS = 20.0
"""Seconds of processor time that a document may take; 75 invoices take a twentieth of one."""
MOST_MEMORY = 2_000_000_000
"""Bytes that the process may write to. A letter takes some 200 million, most of it fonts."""
MOST_THREADS = 4
_NEEDED = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "XDG_DATA_HOME")
"""What the process is told of our environment, which has secrets that it has no use for."""


class Refused(Exception):
    """Typst refused a document. `said` may hold what stands in the document, so it is neither shown nor logged."""

    def __init__(self, said: str) -> None:
        super().__init__("the document can't be set in type")
        self.said = said


class Broken(Exception):
    """The process died of a document, or did not begin; the log has how."""


class _Died(Exception):
    """The process gave no answer."""


class Typesetter:
    """One process that sets documents in type, begun when first asked and again after it died."""

    def __init__(
        self, program: Path = _PROGRAM, *, most_seconds: float = MOST_SECONDS, most_memory: int = MOST_MEMORY
    ) -> None:
        self._command = [sys.executable, "-I", str(program), str(most_seconds), str(most_memory)]
        self._child: subprocess.Popen[bytes] | None = None
        self._lock, self._is_closed = threading.Lock(), False

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
                    code = self._end()
                    _log.warning("typesetter_died", code=code)
                    if code == -signal.SIGPROF:  # it had no end, and would have none the next time
                        break
                except Refused:
                    raise
                except BaseException:  # whoever asks next must not read what is left of this answer
                    self._end()
                    raise
        raise Broken("the process that sets documents in type died of this one")

    def close(self) -> None:
        """End the process for good."""
        self._is_closed = True
        self._end()

    def _end(self) -> int | None:
        """End the process, and return what it ended with; the next document begins another."""
        child, self._child = self._child, None
        if child is None:
            return None
        child.kill()
        child.communicate()
        return child.returncode

    def _asked(self, asked: Mapping[str, object]) -> list[bytes]:
        child = self._child or self._begun()
        assert child.stdin is not None
        assert child.stdout is not None
        token = secrets.token_hex(8)
        try:
            child.stdin.write(json.dumps({"token": token, **asked}, ensure_ascii=False).encode() + b"\n")
            child.stdin.flush()
        except BrokenPipeError:
            raise _Died from None
        told = _line(child.stdout)
        if told.get("token") != token:
            raise _Died
        if "refused" in told:
            raise Refused(told["refused"])
        return [_exactly(child.stdout, size) for size in told["sizes"]]

    def _begun(self) -> subprocess.Popen[bytes]:
        if self._is_closed:
            raise Broken("the process that sets documents in type has been closed")
        environment = {name: os.environ[name] for name in _NEEDED if name in os.environ}
        environment["RAYON_NUM_THREADS"] = str(min(MOST_THREADS, os.cpu_count() or 1))
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL  # what it says of a crash may name what it read
        with CORE.roaming():
            self._child = child = subprocess.Popen(  # noqa: S603 (our own module)
                self._command, stdin=pipe, stdout=pipe, stderr=nothing, env=environment
            )
        assert child.stdout is not None
        try:
            _line(child.stdout)
        except _Died:
            _log.error("typesetter_did_not_begin", code=self._end())
            raise Broken("the process that sets documents in type does not begin") from None
        return child


def _line(stream: IO[bytes]) -> dict[str, Any]:
    head = stream.readline()
    if not head.endswith(b"\n"):
        raise _Died
    told: dict[str, Any] = json.loads(head)
    return told


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
