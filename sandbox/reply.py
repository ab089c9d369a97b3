"""What a slash command brought back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox.errors import PATIENCE
from sandbox.jsontypes import Json
from sandbox.render import Renderer, readable

if TYPE_CHECKING:
    from sandbox.conversation import Message
    from sandbox.person import Person


class Reply:
    """The ack of a command and every ephemeral message since."""

    def __init__(self, person: Person, seen_before: int) -> None:
        self._person = person
        self._seen_before = seen_before
        self._body: Json = {}
        self.trouble: str | None = None

    def answer(self, body: Json | None, *, trouble: str | None) -> None:
        """Take over what came with the ack."""
        self._body, self.trouble = body or {}, trouble

    @property
    def blocks(self) -> list[Json]:
        """The blocks of the ack, or of the newest ephemeral message since when the ack had no content."""
        if self._body or not self.ephemerals:
            return list(self._body.get("blocks") or [])
        return self.ephemerals[-1].blocks

    @property
    def text(self) -> str:
        """The answer as a person reads it: text and blocks of the ack, else of all ephemeral messages since."""
        if self._body:
            names = self._person.names()
            rendered = Renderer(names, None).blocks(self._body.get("blocks") or [])
            return "\n".join(part for part in (readable(self._body.get("text") or "", names), rendered) if part)
        return "\n".join(f"{one.text}\n{one.rendered}".strip() for one in self.ephemerals)

    @property
    def ephemerals(self) -> list[Message]:
        """What only this person saw since the command, the ack's own message included."""
        return self._person.ephemerals[self._seen_before :]

    def wait_for(self, wanted: str, timeout: float = PATIENCE) -> Reply:
        """Wait until the answer contains `wanted`; return self."""
        self._person.workspace.wait(lambda: wanted in self.text, timeout, f"an answer with {wanted!r}")
        return self
