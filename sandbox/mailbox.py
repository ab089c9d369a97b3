"""A mailbox that is read over IMAP: pymap's server in a thread of its own, on 127.0.0.1 alone."""

from __future__ import annotations

import asyncio
import ssl
import threading
from argparse import Namespace
from collections.abc import Coroutine
from concurrent.futures import Future
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import quote

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend
from pymap.backend.dict.filter import FilterSet
from pymap.backend.dict.mailbox import MailboxSet
from pymap.context import connection_exit
from pymap.imap import IMAPConnection, IMAPServer
from pymap.imap.state import ConnectionState
from pymap.parsing.command import Command
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement
from pymap.parsing.specials.flag import Seen
from pysasl.hashing import BuiltinHash

from sandbox.errors import SandboxError

HOST = "127.0.0.1"
START_SECONDS = 10.0
T = TypeVar("T")


@dataclass(frozen=True)
class Kept:
    """One mail in a folder: its UID, whether somebody has read it, and the mail itself."""

    uid: int
    seen: bool
    raw: bytes


class Mailbox:
    """One account over IMAP. Use as a context manager, or call `start` and `stop`; what is in it outlives both.

    `context` offers STARTTLS; with `implicit_tls` every connection begins with it. `cut_at` names a command, such as
    STORE: a connection that says it is cut before it is carried out.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        user: str = "bounces",
        password: str = "only for the sandbox",
        context: ssl.SSLContext | None = None,
        implicit_tls: bool = False,
    ) -> None:
        self.port = port
        self.user, self.password = user, password
        self.cut_at = ""
        self.commands: list[str] = []
        """What clients said, such as UID FETCH."""
        self.connections: set[IMAPConnection] = set()
        self._context, self._implicit_tls = context, implicit_tls
        self._folders = MailboxSet()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopping = asyncio.Event()

    def start(self) -> Mailbox:
        """Listen; return self."""
        ready: Future[int] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), name="imap", daemon=True)
        self._thread.start()
        self.port = ready.result(START_SECONDS)
        return self

    def stop(self) -> None:
        """End every connection and stop listening; a second call does nothing."""
        loop, self._loop = self._loop, None
        if loop is not None and self._thread is not None:
            loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(START_SECONDS)

    def __enter__(self) -> Mailbox:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """What BOUNCE_IMAP_URL is set to, user and password included."""
        scheme = "imaps" if self._implicit_tls else "imap+starttls" if self._context else "imap"
        return f"{scheme}://{quote(self.user, safe='')}:{quote(self.password, safe='')}@localhost:{self.port}"

    def deliver(self, raw: bytes, *, folder: str = "INBOX") -> None:
        """Put one mail into a folder, unread."""
        lines = raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
        self._do(self._append(AppendMessage(lines, datetime.now(UTC), frozenset()), folder))

    def mails(self, folder: str = "INBOX") -> list[Kept]:
        """Return what is in a folder, oldest first; nothing where there is no such folder."""
        return self._do(self._kept(folder))

    def renumber(self) -> None:
        """Give INBOX another UIDVALIDITY, as a server does that was restored from a backup."""
        self._do(self._renumber())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        if self._loop is None:
            work.close()
            raise SandboxError("the mailbox is not started")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(START_SECONDS)

    async def _append(self, mail: AppendMessage, folder: str) -> None:
        await (await self._folders.get_mailbox(folder)).append(mail)

    async def _kept(self, folder: str) -> list[Kept]:
        try:
            found = await self._folders.get_mailbox(folder)
        except KeyError:
            return []
        kept = []
        async for one in found.messages():
            content = await one.load_content(FetchRequirement.CONTENT)
            kept.append(Kept(one.uid, Seen in one.permanent_flags, bytes(content.get_body(binary=True))))
        return kept

    async def _renumber(self) -> None:
        (await self._folders.get_mailbox("INBOX"))._uid_validity += 1

    async def _serve(self, ready: Future[int]) -> None:
        try:
            self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
            server = await self._listen()
        except BaseException as error:
            ready.set_exception(error)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        async with server:
            await self._stopping.wait()
            for connection in list(self.connections):
                connection.close()

    async def _listen(self) -> asyncio.Server:
        backend, config = await DictBackend.init(
            Namespace(
                demo_data=False,
                demo_user=self.user,
                demo_password=self.password,
                host=HOST,
                port=self.port,
                debug=False,
                cert=None,
                key=None,
                passlib_cfg=None,
                tls=self._context is not None and not self._implicit_tls,
                proxy_protocol=None,
                inherited_sockets=None,
            ),
            ssl_context=self._context,
            invalid_user_sleep=0,
            hash_context=BuiltinHash(rounds=1),
        )
        config.set_cache[self.user] = (self._folders, FilterSet())
        serve = ProxyProtocolReader(config.proxy_protocol).get_callback(_Server(self, backend.login, config))
        tls = self._context if self._implicit_tls else None
        return await asyncio.start_server(serve, HOST, self.port, ssl=tls)


class _Server(IMAPServer):
    """Serves connections that know how to be cut."""

    def __init__(self, mailbox: Mailbox, login: Any, config: Config) -> None:
        super().__init__(login, config)
        self.mailbox, self.login, self.config = mailbox, login, config

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sock_info: Any) -> None:
        """Serve one connection."""
        connection = _Connection(self.commands, self.config, reader, writer, sock_info)
        connection.mailbox = self.mailbox
        self.mailbox.connections.add(connection)
        try:
            async with AsyncExitStack() as stack:
                connection_exit.set(stack)
                await connection.run(ConnectionState(self.login, self.config))
        finally:
            self.mailbox.connections.discard(connection)
            connection.close()


class _Connection(IMAPConnection):
    """One connection."""

    mailbox: Mailbox

    async def read_command(self, state: ConnectionState) -> Command:
        """Return the next command, or cut the connection."""
        command = await super().read_command(state)
        self.mailbox.commands.append(bytes(command.command).decode())
        if self.mailbox.cut_at and bytes(command.command).endswith(self.mailbox.cut_at.encode()):
            raise ConnectionError
        return command
