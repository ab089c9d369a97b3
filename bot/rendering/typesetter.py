"""Typst, kept ready: one compiler a template, used by one thread at a time.

Two compilers in two threads are no faster than one (measured: Typst's Python binding lets only one work at a time), and
each keeps its own fonts in memory. A compiler needs a path: made from bytes it fails the second time.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.cores import CORE
from bot.rendering.content import TEMPLATES

if TYPE_CHECKING:
    import typst

_LOCK = threading.Lock()


class Refused(Exception):
    """Typst refused a document. `said` may hold what stands in the document, so it is neither shown nor logged."""

    def __init__(self, said: str) -> None:
        super().__init__("the document can't be set in type")
        self.said = said


def pdf_of(template: str, facts: Mapping[str, object]) -> bytes:
    """Return a document as PDF/A-2b, its fonts in it; the facts go in as JSON, never as Typst source.

    It is written without tags, which paper has no use for and which are a quarter of a file. Raises Refused.
    """
    return _compiled(template, facts, format="pdf", pdf_standards="a-2b", pdf_tags=False)[0]


def pngs_of(template: str, facts: Mapping[str, object], dots_per_inch: float) -> list[bytes]:
    """Return a picture of every page of a document; raises Refused."""
    return _compiled(template, facts, format="png", ppi=dots_per_inch)


def _compiled(template: str, facts: Mapping[str, object], **how: Any) -> list[bytes]:
    given = {"letter": json.dumps(facts, ensure_ascii=False)}
    try:
        with _LOCK, CORE.roaming():
            made = _compiler(template).compile(sys_inputs=given, **how)
    except RuntimeError as fault:
        raise Refused(str(fault)) from None
    return made if isinstance(made, list) else [made or b""]


@lru_cache(maxsize=4)
def _compiler(template: str) -> typst.Compiler:
    import typst  # imported when first used: an install that writes no letters never loads it

    # the fonts of the machine are left out: a letter looks the same wherever it is made
    return typst.Compiler(str(TEMPLATES / "letter" / f"{template}.typ"), ignore_system_fonts=True)
