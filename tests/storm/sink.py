"""A fast SMTP server that keeps the Message-ID of everything it accepts, and may hang up at random.

`python -m tests.storm.sink` runs one in a process of its own and prints its port: the benchmark's workers must not
share a core's worth of Python with it more than they have to.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

_DOT = b"\r\n.\r\n"
_GREETING = b"220 sink ESMTP\r\n"
_EHLO = b"250-sink\r\n250-8BITMIME\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250 SIZE 50000000\r\n"


@dataclass
class Sink:
    """What the server does and has. The chances are those of hanging up, for each message."""

    latency: float = 0.0
    """Seconds before the final dot is answered."""
    drop_before: float = 0.0
    """Before DATA: nothing was taken."""
    drop_unheard: float = 0.0
    """After DATA, and the message is thrown away."""
    drop_unanswered: float = 0.0
    """After DATA, and the message is kept."""
    refusing: bool = False
    """Hang up on every connection, as a server that is down."""
    accepted: Counter[bytes] = field(default_factory=Counter)
    dropped_after: int = 0
    total: int = 0
    port: int = 0
    chance: random.Random = field(default_factory=lambda: random.Random(1))


class Session(asyncio.Protocol):
    """One connection."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._buffer = b""
        self._in_data = False
        self._answers: list[bytes] = []
        self._transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if self._sink.refusing:
            transport.abort()
        else:
            transport.write(_GREETING)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while self._take():
            pass
        if self._answers:  # to commands that came in one packet, in one packet
            self._transport.write(b"".join(self._answers))
            self._answers.clear()

    def _take(self) -> bool:
        if self._in_data:
            end = self._buffer.find(_DOT)
            if end < 0:
                return False
            content, self._buffer = self._buffer[:end], self._buffer[end + 5 :]
            self._in_data = False
            self._accept(content)
            return True
        line, found, rest = self._buffer.partition(b"\r\n")
        if not found:
            return False
        self._buffer = rest
        self._command(line[:4].upper())
        return not self._transport.is_closing()

    def _command(self, verb: bytes) -> None:
        if verb == b"DATA":
            if self._sink.refusing or self._happens(self._sink.drop_before):
                self._transport.abort()
                return
            self._in_data = True
            self._answers.append(b"354 go on\r\n")
        elif verb in (b"EHLO", b"HELO"):
            self._answers.append(_EHLO)
        elif verb == b"QUIT":
            self._transport.write(b"221 bye\r\n")
            self._transport.close()
        else:
            self._answers.append(b"250 ok\r\n")

    def _accept(self, content: bytes) -> None:
        if self._happens(self._sink.drop_unheard):
            self._sink.dropped_after += 1
            self._transport.abort()
            return
        start = content.find(b"Message-ID: ") + 12
        self._sink.accepted[content[start : content.find(b"\r\n", start)]] += 1
        self._sink.total += 1
        if self._happens(self._sink.drop_unanswered):
            self._sink.dropped_after += 1
            self._transport.abort()
        elif self._sink.latency:
            asyncio.get_running_loop().call_later(self._sink.latency, self._transport.write, b"250 ok\r\n")
        else:
            self._answers.append(b"250 ok\r\n")

    def _happens(self, chance: float) -> bool:
        return chance > 0 and self._sink.chance.random() < chance


async def _serve(sink: Sink, ready: threading.Event, stop: asyncio.Event) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: Session(sink), "127.0.0.1", sink.port, backlog=200)
    sink.port = server.sockets[0].getsockname()[1]
    ready.set()
    await stop.wait()
    server.close()


@contextlib.contextmanager
def sink(**options: float) -> Iterator[Sink]:
    """Run a sink in a thread."""
    made, ready = Sink(**options), threading.Event()  # type: ignore[arg-type]
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(made, ready, stop),), daemon=True)
    thread.start()
    assert ready.wait(5)
    try:
        yield made
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--latency", type=float, default=0.0)
    made, ready = Sink(latency=parser.parse_args().latency), threading.Event()

    def announce() -> None:
        ready.wait()
        sys.stdout.write(f"{made.port}\n")
        sys.stdout.flush()

    async def run() -> None:
        threading.Thread(target=announce, daemon=True).start()
        await _serve(made, ready, asyncio.Event())

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


if __name__ == "__main__":
    main()
