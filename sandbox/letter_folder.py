"""A folder into which letters are written for a printer: a folder for each campaign, in it a list and a PDF a letter.

It is watched, so that whoever shows it is told; what lies in it belongs to whoever writes it.
"""

from __future__ import annotations

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.5
LETTERS, LIST = "letters", "letters.csv"


@dataclass(frozen=True)
class SpooledLetter:
    """One PDF; what the list says of it is empty until the list is written. `at` is a Unix time."""

    path: Path
    at: float
    campaign: str = ""
    customer: str = ""
    address: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """Return what it is called in an address of the page."""
        return f"{self.path.parents[1].name}.{self.path.stem}"

    @property
    def pdf(self) -> bytes:
        """Return the letter itself; nothing where it was taken away."""
        with suppress(OSError):
            return self.path.read_bytes()
        return b""


class LetterFolder:
    """Watches the folder. Use as a context manager, or call `start` and `stop`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.listeners: list[Callable[[], None]] = []
        self._leave = threading.Event()
        self._watch: threading.Thread | None = None

    def start(self) -> LetterFolder:
        """Watch; return self."""
        self._leave.clear()
        self._watch = threading.Thread(target=self._run, name="letter-folder", daemon=True)
        self._watch.start()
        return self

    def stop(self) -> None:
        """Watch no longer; a second call does nothing."""
        self._leave.set()
        if self._watch is not None:
            self._watch.join()
            self._watch = None

    def __enter__(self) -> LetterFolder:
        return self.start()

    def __exit__(self, *failure: object) -> None:
        self.stop()

    @property
    def letters(self) -> list[SpooledLetter]:
        """Every letter in the folder, oldest first."""
        return sorted(self._found(), key=lambda one: (one.at, one.id))

    def _found(self) -> Iterator[SpooledLetter]:
        for campaign in self._campaigns():
            listed = _listed(campaign / LIST)
            for path in (campaign / LETTERS).glob("[!.]*.pdf"):
                said = listed.get(f"{LETTERS}/{path.name}", {})
                lines = tuple(filter(None, (said.get("address") or "").split(" / ")))
                name = said.get("campaign") or campaign.name.partition("-")[2].replace("-", " ").capitalize()
                with suppress(FileNotFoundError):
                    yield SpooledLetter(path, path.stat().st_mtime, name, said.get("customer") or "", lines)

    def _campaigns(self) -> list[Path]:
        with suppress(OSError):
            return [one for one in sorted(self.folder.iterdir()) if (one / LETTERS).is_dir()]
        return []

    def _run(self) -> None:
        seen = self._looks()
        while not self._leave.wait(LOOK_SECONDS):
            looks = self._looks()
            if looks != seen:
                seen = looks
                for listener in list(self.listeners):
                    listener()

    def _looks(self) -> list[tuple[str, float]]:
        """Return when something last changed, campaign by campaign: each letter is renamed into its folder."""
        looks = []
        for campaign in self._campaigns():
            for part in (campaign / LETTERS, campaign / LIST):
                with suppress(OSError):
                    looks.append((str(part), part.stat().st_mtime))
        return looks


def _listed(path: Path) -> dict[str, dict[str, str]]:
    with suppress(OSError, ValueError):
        rows = csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"), newline=""))
        return {row.get("file") or "": row for row in rows}
    return {}
