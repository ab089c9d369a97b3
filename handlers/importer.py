"""The worker's half of imports: fetches files from Slack, has them read and imported, and tells their person."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError

from bot.errors import UserError
from bot.imports import jobs
from bot.imports.jobs import MOST_BYTES, ImportState, Leaving, Untold
from bot.imports.requests import ImportView
from bot.log import get_logger
from handlers.blocks import imports as blocks

if TYPE_CHECKING:
    from storage.db import Database

log = get_logger(__name__)

PROGRESS_SECONDS = 2.0
"""Between two redraws of a progress message: Slack takes about one a second in a channel."""
VIEW_GONE = {"not_found", "view_not_found", "hash_conflict"}
"""Slack's answers for a window that was closed."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: the token must not go elsewhere."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""
        return


class Importer:
    """Does what imports wait for; safe to run in several processes, as each import is claimed."""

    def __init__(self, db: Database, client_for: Callable[[str], WebClient]) -> None:
        self._db, self._client_for = db, client_for
        self._leaving = threading.Event()
        self._drawn_at = 0.0

    def stop(self) -> None:
        """Let go of what is being read, for the next worker; what is being written is written."""
        self._leaving.set()

    def read_due(self) -> bool:
        """Read the files of one import; False when none is due."""
        return jobs.read_next(self._db, self._fetch)

    def import_due(self) -> bool:
        """Run one import; False when none is due, or another one of its workspace runs."""
        return jobs.import_next(self._db, self._progress)

    def sweep(self) -> int:
        """Discard what nobody started within a day."""
        return jobs.sweep(self._db)

    def tell_due(self) -> int:
        """Tell people where their imports stand; return how many were told."""
        told, faults = 0, []
        for each in jobs.untold(self._db):
            try:
                self._tell(each)
                told += 1
            except SlackApiError as error:
                faults.append(error)
                log.warning("import_not_told", import_id=each.id, error=str(error.response.get("error")))
        return told

    def _tell(self, each: Untold) -> None:
        if each.slack_user_id is None or each.state is ImportState.DISCARDED:
            jobs.told(self._db, each)
            return
        client = self._client_for(each.team_id)
        if each.state is ImportState.READY and self._draw_window(client, each):
            jobs.told(self._db, each)
            return
        channel = each.channel_id or str(client.conversations_open(users=each.slack_user_id)["channel"]["id"])
        text, drawn = self._message(each)
        if each.ts is None:
            ts = str(client.chat_postMessage(channel=channel, text=text, blocks=drawn)["ts"])
        else:
            client.chat_update(channel=channel, ts=each.ts, text=text, blocks=drawn)
            ts = each.ts
        for file_id, name, content in jobs.bad_rows(self._db, each) if each.state is ImportState.DONE else ():
            comment = "The rows that could not be read, with the reasons. Mend them and import this file."
            client.files_upload_v2(channel=channel, filename=name, content=content, initial_comment=comment)
            jobs.forget_bad_rows(self._db, each, file_id)
        keep = each.state in (ImportState.WAITING, ImportState.IMPORTING)
        jobs.told(self._db, each, channel_id=channel, ts=ts if keep else None)

    def _draw_window(self, client: WebClient, each: Untold) -> bool:
        """Redraw the window that the files were given in; False when it is closed."""
        if each.view_id is None:
            return False
        view = ImportView(each.id, each.state, each.choices, each.found, each.version)
        try:
            client.views_update(view_id=each.view_id, view=blocks.ready_view(view))
        except SlackApiError as error:
            if error.response.get("error") in VIEW_GONE:
                return False
            raise
        return True

    def _message(self, each: Untold) -> tuple[str, list[dict[str, Any]]]:
        if each.state is ImportState.READY:
            return blocks.ready_text(each.found), blocks.ready_blocks(each.id, each.found)
        if each.state is ImportState.DONE:
            text = blocks.done_text(each.result)
        elif each.state is ImportState.FAILED:
            text = blocks.failed_text(each.detail)
        else:
            text = blocks.waiting_text(other=jobs.waits_for_another(self._db, each))
        return text, blocks.message(text)

    def _progress(self, import_id: int, done: int, total: int) -> None:
        """Redraw the import's message now and then."""
        if self._leaving.is_set():
            raise Leaving
        if time.monotonic() - self._drawn_at < PROGRESS_SECONDS:
            return
        self._drawn_at = time.monotonic()
        where = jobs.message_of(self._db, import_id)
        if where is None:
            return
        text = blocks.progress_text(done, total)
        try:
            self._client_for(where.team_id).chat_update(
                channel=where.channel_id, ts=where.ts, text=text, blocks=blocks.message(text)
            )
        except SlackApiError as error:  # the next one, or the result, says it
            log.warning("import_progress_not_told", import_id=import_id, error=str(error.response.get("error")))

    def _fetch(self, team_id: str, file_id: str) -> bytes:
        """Return a file's content; raise UserError where Slack does not give it, or gives too much.

        Where to fetch it is asked of Slack by id: nothing that came with a click says where the token goes.
        """
        client = self._client_for(team_id)
        try:
            file = client.files_info(file=file_id)["file"]
        except SlackApiError as error:
            if error.response.get("error") in ("file_not_found", "file_deleted", "missing_scope", "access_denied"):
                raise UserError(
                    f"Slack does not give the file ({error.response.get('error')}). Upload it again."
                ) from None
            raise
        if int(file.get("size") or 0) > MOST_BYTES:
            raise UserError(
                f"A file has more than {MOST_BYTES // 1_000_000} MB: split it, or import on the command line."
            )
        url = str(file.get("url_private_download") or "")
        if not _is_slack(url, client.base_url):
            raise UserError("The file is not kept by Slack itself. Upload it from your computer.")
        request = urllib.request.Request(url, headers={"Authorization": f"Bearer {client.token}"})  # noqa: S310 (checked)
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=60) as answer:
                content: bytes = answer.read(MOST_BYTES + 1)
        except urllib.error.HTTPError as error:
            raise UserError(f"Slack does not give the file (HTTP {error.code}). Upload it again.") from None
        if len(content) > MOST_BYTES:
            raise UserError(
                f"A file has more than {MOST_BYTES // 1_000_000} MB: split it, or import on the command line."
            )
        return content


def _is_slack(url: str, base_url: str) -> bool:
    """Say whether an address is Slack's own: files are at slack.com, or where the Web API is."""
    parts, api = urlsplit(url), urlsplit(base_url)
    host = parts.hostname or ""
    if parts.scheme == "https" and (host == "slack.com" or host.endswith(".slack.com")):
        return True
    return (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
