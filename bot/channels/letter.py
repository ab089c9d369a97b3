"""Letters into a folder for the printer: a PDF an action, a folder a campaign, with a list and one merged file.

Every file is written whole or not at all (a temporary file, fsync, rename), and a letter's file is named by its action:
whoever writes it twice writes the same file. The list and the merged file are made from what lies in the folder
(`assemble`), so no crash can leave them wrong for longer than until the next look.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bot.channels.base import AuthBroken, Message, Paper, Receipt, Rejected, SendError, Transient
from bot.channels.postal import MOST_PAGES, envelope

QUIET = 3.0
"""Seconds without a new letter after which the list and the merged file are made anew."""
AT_LEAST_EVERY = 120.0
"""Seconds after which they are made anew while letters still come."""
LEFT_OVER = 3600.0
"""Seconds after which a file that is half written is nobody's any more."""
CLOCK = 0.1
"""Seconds by which the times of files may lag behind the clock."""
LETTERS, ABOUT, LIST, MERGED = "letters", ".about", "letters.csv", "all-letters.pdf"
_COLUMNS = ("file", "first page", "pages", "campaign", "customer", "reference", "address", "country")
_SLUG = re.compile(r"[^a-z0-9]+")


class SpoolChannel:
    """Writes letters into a folder."""

    def __init__(self, folder: Path, *, connections: int = 2) -> None:
        self._folder, self._connections = folder, connections

    @property
    def connections(self) -> int:
        """Return how many threads write letters: setting them in type is what takes long."""
        return self._connections

    def open(self) -> Spool:
        """Make the folder where it is missing; raise AuthBroken where nobody lets us, Transient for a full disk."""
        spool = Spool(self._folder)
        spool.probe()
        return spool


class Spool:
    """The folder, used by one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, message: Message) -> Receipt:
        """Write one letter; a second call writes the same file. Raise Rejected for one too long for any envelope."""
        paper = message.paper
        if paper is None:
            raise Rejected("There is nothing to print.")
        if paper.pages > MOST_PAGES:
            raise Rejected(f"The letter has {paper.pages} pages; {MOST_PAGES} are the most.")
        campaign = self._folder / _folder_name(paper)
        try:
            for part in (campaign, campaign / LETTERS, campaign / ABOUT):
                part.mkdir(parents=True, exist_ok=True)
            write_whole(campaign / ABOUT / f"{message.action_id}.json", json.dumps(_about(paper)).encode())
            write_whole(campaign / LETTERS / f"{message.action_id}.pdf", paper.pdf)
        except OSError as error:
            raise _unwritable(error, self._folder) from None
        return Receipt(f"{campaign.name}/{LETTERS}/{message.action_id}.pdf")

    def probe(self) -> None:
        """Write and remove a file: raise AuthBroken or Transient with what is wrong with the folder."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            trial = self._folder / f".trial-{os.getpid()}-{threading.get_ident()}"
            trial.write_bytes(b"ok")
            trial.unlink()
        except OSError as error:
            raise _unwritable(error, self._folder) from None

    def close(self) -> None:
        """Do nothing: no file stays open."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that after any crash it is there whole, or as it was before."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def assemble(folder: Path, *, now: float | None = None) -> int:
    """Make the lists and merged files of the campaigns whose letters changed; return of how many campaigns.

    While letters still come, it waits for a pause of some seconds, or makes them every two minutes. `now` is a Unix
    time. One process at a time may call it; a second call does nothing.
    """
    moment = time.time() if now is None else now
    made = 0
    for campaign in sorted(folder.iterdir()) if folder.is_dir() else ():
        if (campaign / LETTERS).is_dir() and _is_due(campaign, moment):
            _assemble(campaign)
            made += 1
    return made


def letters_of(campaign: Path) -> list[Path]:
    """Return the letters of a campaign's folder, in the order of their actions."""
    found = (path for path in (campaign / LETTERS).glob("*.pdf") if path.stem.isdecimal())
    return sorted(found, key=lambda path: int(path.stem))


def _is_due(campaign: Path, now: float) -> bool:
    """Say whether letters came since the list was made: the folder's time tells, as each is renamed into it."""
    changed, made = (campaign / LETTERS).stat().st_mtime, _made_at(campaign)
    if made is not None and made >= changed and (campaign / MERGED).is_file():
        return False
    letters = letters_of(campaign)
    if not letters:
        return False
    since = made if made is not None else min(path.stat().st_mtime for path in letters)
    return now - changed >= QUIET or now - since >= AT_LEAST_EVERY


def _made_at(campaign: Path) -> float | None:
    try:
        return (campaign / LIST).stat().st_mtime
    except FileNotFoundError:
        return None


def _assemble(campaign: Path) -> None:
    """Merge first and list last: the list says that both are made, as of when this began."""
    _sweep(campaign, before=time.time() - LEFT_OVER)
    begun = time.time() - CLOCK
    letters = letters_of(campaign)
    write_whole(campaign / MERGED, _merged(letters))
    write_whole(campaign / LIST, _list(campaign, letters))
    os.utime(campaign / LIST, (begun, begun))  # what is written from now on is newer


def _sweep(campaign: Path, *, before: float) -> None:
    """Remove what killed workers left half written."""
    for folder in (campaign, campaign / LETTERS, campaign / ABOUT):
        for path in folder.glob(".*.*.*-*"):
            with contextlib.suppress(FileNotFoundError):
                if path.is_file() and path.stat().st_mtime < before:
                    path.unlink()


def _merged(letters: Sequence[Path]) -> bytes:
    from pypdf import PdfWriter  # here: whoever posts no letters need not load it

    writer, made = PdfWriter(), io.BytesIO()
    for path in letters:
        writer.append(path, import_outline=False)
    writer.write(made)
    writer.close()
    return made.getvalue()


def _list(campaign: Path, letters: Sequence[Path]) -> bytes:
    made = io.StringIO()
    rows = csv.DictWriter(made, _COLUMNS)
    rows.writeheader()
    page = 1
    for path in letters:
        about = _read_about(campaign / ABOUT / f"{path.stem}.json")
        rows.writerow(
            {
                "file": f"{LETTERS}/{path.name}",
                "first page": page,
                **{key: _harmless(str(about.get(key, ""))) for key in _COLUMNS[2:]},
            }
        )
        page += int(about.get("pages", 1))
    return made.getvalue().encode("utf-8-sig")


def _read_about(path: Path) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        found = json.loads(path.read_text())
        return found if isinstance(found, dict) else {}
    return {}


def _harmless(text: str) -> str:
    """Return a cell that no spreadsheet takes for a formula (OWASP, CSV injection)."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _about(paper: Paper) -> dict[str, Any]:
    return {
        "pages": paper.pages,
        "campaign": paper.campaign,
        "customer": paper.customer,
        "reference": paper.reference,
        "address": " / ".join(envelope(paper.to, paper.sender.country)),
        "country": paper.to.country,
    }


def _folder_name(paper: Paper) -> str:
    slug = _SLUG.sub("-", paper.campaign.casefold()).strip("-")[:40].strip("-")
    return f"{paper.campaign_id:06d}-{slug}" if slug else f"{paper.campaign_id:06d}"


def _unwritable(error: OSError, folder: Path) -> SendError:
    why = f"Letters can't be written to {folder} ({error.strerror or type(error).__name__})"
    if isinstance(error, PermissionError | NotADirectoryError | FileExistsError):
        return AuthBroken(f"{why}: check LETTER_FOLDER, and that the bot may write there.")
    return Transient(f"{why}.")
