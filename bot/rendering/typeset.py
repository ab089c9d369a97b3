"""Sets documents in type, one after another, as its standard input asks: `python -I typeset.py`.

A question is a line of JSON: its `number`, the `template`'s path, whether the machine's fonts count, the `inputs`, and
`how` to write it. The answer is a line of JSON with the same number and the `sizes` of what was made, which follows, or
what Typst said when it `refused`. Native code reads what people wrote: whatever it comes to, by a panic, a crash or a
hunger for memory, only this process dies of it. It ends with its input, so nothing is left behind when the bot is gone.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
from functools import lru_cache
from typing import Any, BinaryIO

import typst

MOST_MEMORY = 2_000_000_000
"""Bytes that it may write to. A letter takes some 200 million, most of it fonts."""


def main(questions: BinaryIO, answers: BinaryIO) -> None:
    """Answer until there are no more questions."""
    # it ends when the bot has had its last answer, not when somebody tells both to stop
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (min(MOST_MEMORY, most) if most > 0 else MOST_MEMORY, most))
    for line in questions:
        question = json.loads(line)
        told: dict[str, Any] = {"number": question["number"]}
        made: list[bytes] = []
        try:
            made = _made(question)
            told["sizes"] = [len(each) for each in made]
        except RuntimeError as fault:
            told["refused"] = str(fault)
        answers.writelines([json.dumps(told).encode(), b"\n", *made])
        answers.flush()


def _made(question: dict[str, Any]) -> list[bytes]:
    compiler = _compiler(question["template"], machine_fonts=question["machine_fonts"])
    made = compiler.compile(sys_inputs=question["inputs"], **question["how"])
    return made if isinstance(made, list) else [made or b""]


@lru_cache(maxsize=8)
def _compiler(template: str, *, machine_fonts: bool) -> typst.Compiler:
    # by its path: made from bytes it fails the second time
    return typst.Compiler(template, ignore_system_fonts=not machine_fonts)


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
