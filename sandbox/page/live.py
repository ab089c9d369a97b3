"""Live updates: each open page is a stream of server-sent events that carries only what changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial

from starlette.concurrency import run_in_threadpool
from starlette.responses import StreamingResponse

from sandbox.page.desk import Desk

BEAT_SECONDS = 15.0


@dataclass(frozen=True)
class Piece:
    """A part of a page: its id there, what it looks like now in short, and how to draw it.

    A piece with a `parent` is one of a list: new ones are put at the list's end, those that are gone are taken out.
    """

    id: str
    key: object
    draw: Callable[[], str]
    parent: str | None = None


@dataclass(frozen=True)
class Scene:
    """All pieces of a page as it is now, and the ids of its `lists`, which may be empty."""

    pieces: list[Piece]
    lists: tuple[str, ...] = ()

    @property
    def keys(self) -> dict[str, object]:
        """What each piece looks like, by id."""
        return {one.id: one.key for one in self.pieces}

    def whole(self) -> str:
        """Return the HTML that brings a page to this scene whatever it shows."""
        parts = [_in_place(one.draw()) for one in self.pieces if not one.parent]
        for name in self.lists:
            items = "".join(one.draw() for one in self.pieces if one.parent == name)
            parts.append(f'<div id="{name}" class="list" hx-swap-oob="morph">{items}</div>')
        return "".join(parts)

    def since(self, before: dict[str, object]) -> str:
        """Return the HTML that brings a page from `before` (key by id) to this scene, "" when nothing changed.

        Each part says itself where it goes (htmx's out-of-band swaps).
        """
        now = self.keys
        parts = [f'<div id="{gone}" hx-swap-oob="delete"></div>' for gone in before if gone not in now]
        for one in self.pieces:
            if one.id not in before and one.parent:
                parts.append(f'<div hx-swap-oob="beforeend:#{one.parent}">{one.draw()}</div>')
            elif before.get(one.id) != one.key:
                parts.append(_in_place(one.draw()))
        return "".join(parts)


def _in_place(drawn: str) -> str:
    """Mark the outermost element for morphing into the one of the same id."""
    name, _, rest = drawn.lstrip().partition(" ")
    return f'{name} hx-swap-oob="morph" {rest}'


def stream(desk: Desk, look: Callable[[], Scene], token: str) -> StreamingResponse:
    """Answer with a stream of what changes on a page.

    It begins from what the page looked like when it was drawn, as `Desk.remember` kept it under `token`. A token serves
    once: whoever comes back after a pause is sent the whole page first, whatever the browser still shows.
    """
    return StreamingResponse(_events(desk, look, desk.drawn.pop(token, None)), media_type="text/event-stream")


async def _events(desk: Desk, look: Callable[[], Scene], drawn: dict[str, object] | None) -> AsyncIterator[str]:
    changed = asyncio.Event()
    loop = asyncio.get_running_loop()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(changed.set)

    desk.wakers.append(wake)
    try:
        scene = await run_in_threadpool(look)
        yield _event(await run_in_threadpool(scene.whole if drawn is None else partial(scene.since, drawn)))
        while not desk.closing.is_set():
            if not await _wait(changed):
                yield ": still here\n\n"
            changed.clear()
            seen, scene = scene.keys, await run_in_threadpool(look)
            changes = await run_in_threadpool(scene.since, seen)
            if changes:
                yield _event(changes)
    finally:
        desk.wakers.remove(wake)


async def _wait(changed: asyncio.Event) -> bool:
    try:
        await asyncio.wait_for(changed.wait(), BEAT_SECONDS)
    except TimeoutError:
        return False
    return True


def _event(drawn: str) -> str:
    lines = "\n".join(f"data: {line}" for line in drawn.replace("\r", "").split("\n"))
    return f"event: pieces\n{lines}\n\n"
