"""Sets documents in type, one after another, as its standard input asks: `python -I typeset.py SECONDS BYTES`.

A question is a line of JSON: a `token`, the `template`'s path, whether the machine's fonts count, the `inputs`, and
`how` to write it. The answer is a line of JSON with the same token and the `sizes` of what was made, which follows, or
what Typst said when it `refused`. A first line says that all is there.

Native code reads what people wrote: whatever it comes to, by a panic, a crash, a hunger for memory (on Linux) or by
having no end, only this process dies of it. It ends with its input, and at the latest with the seconds of processor
time that a document may take.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import typst


def main(seconds: float, memory: int) -> None:
    """Answer until there are no more questions."""
    # it ends when the bot has had its last answer, not when somebody tells both to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _bound(memory)
    answers = os.fdopen(os.dup(1), "wb")
    with Path(os.devnull).open("wb") as nothing:  # what libraries print is no answer
        os.dup2(nothing.fileno(), 1)
    _tell(answers, {"ready": True})
    for line in sys.stdin.buffer:
        question = json.loads(line)
        told: dict[str, Any] = {"token": question["token"]}
        made: list[bytes] = []
        signal.setitimer(signal.ITIMER_PROF, seconds)
        try:
            made = _made(question)
            told["sizes"] = [len(each) for each in made]
        except RuntimeError as fault:
            told["refused"] = str(fault)
        signal.setitimer(signal.ITIMER_PROF, 0)
        _tell(answers, told, made)


def _bound(memory: int) -> None:
    """Take no more than this, be the first to go where the machine has none left, and leave no picture of it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # elsewhere the system refuses such limits, or keeps none
        _, most = resource.getrlimit(resource.RLIMIT_DATA)
        resource.setrlimit(resource.RLIMIT_DATA, (min(memory, most) if most > 0 else memory, most))
        with contextlib.suppress(OSError):
            Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _tell(answers: BinaryIO, told: dict[str, Any], made: Iterable[bytes] = ()) -> None:
    answers.writelines([json.dumps(told).encode(), b"\n", *made])
    answers.flush()


def _made(question: dict[str, Any]) -> list[bytes]:
    compiler = _compiler(question["template"], machine_fonts=question["machine_fonts"])
    made = compiler.compile(sys_inputs=question["inputs"], **question["how"])
    if not made:
        raise RuntimeError("nothing was made")
    return made if isinstance(made, list) else [made]


@lru_cache(maxsize=8)
def _compiler(template: str, *, machine_fonts: bool) -> typst.Compiler:
    # by its path: made from bytes it fails the second time
    return typst.Compiler(template, ignore_system_fonts=not machine_fonts)


if __name__ == "__main__":
    main(float(sys.argv[1]), int(sys.argv[2]))
