"""Letters pass what every channel passes: into a folder, and by PostGrid."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.channels.letter import SpoolChannel, letters_of
from bot.channels.postgrid import PostGridAccount, PostGridChannel
from bot.domain.letterhead import Letterhead
from bot.domain.postal import PostalAddress
from sandbox import LetterCatcher
from storage.models import Setting
from tests.bot.channels.conformance import Conformance, Desk, Stand
from tests.bot.dispatch.conftest import wait_until
from tests.builders import Builder

OURS = PostalAddress("Northwind Ltd", "", "1 Quay Street", "D02 XY45", "Dublin", "", "IE")
TO = PostalAddress("Acme GmbH", "Pat Payer", "Hauptstraße 5", "10115", "Berlin", "", "DE")


@pytest.fixture(autouse=True)
def letterhead(build: Builder) -> None:
    value = Letterhead(OURS, payment="IBAN: IE29 AIBK 9311 5212 3456 78").to_json()
    build.save(Setting(workspace_id=build.workspace_id, key="letters", value=value))


class _LetterStand:
    name = "letter"
    address = "Hauptstraße 5, 10115 Berlin, DE"
    recipient: dict[str, Any] = {"postal": TO.to_json()}
    refusal = "can't be delivered to"
    patience = timedelta(seconds=300)

    def too_large(self) -> str:
        return "x\n\n" * 990


class SpoolStand(_LetterStand):
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def channel(self) -> SpoolChannel:
        return SpoolChannel(self.folder)

    @property
    def arrived(self) -> int:
        return sum(len(letters_of(campaign)) for campaign in self.folder.iterdir()) if self.folder.is_dir() else 0

    def break_auth(self) -> None:
        self.folder.write_text("a file where the folder is to be")

    def put_off(self) -> None:
        """Let it be impossible to write this campaign's letters: its folder's name is taken, at first."""
        raise NotImplementedError

    refuse = throttle = hang = put_off


class PostGridStand(_LetterStand):
    def __init__(self, post: LetterCatcher) -> None:
        self._post = post

    @property
    def channel(self) -> PostGridChannel:
        return PostGridChannel(PostGridAccount(self._post.api_key, self._post.url, connect=5, answer=1))

    @property
    def arrived(self) -> int:
        return len(self._post.letters)

    def refuse(self) -> None:
        self._post.refuse(None)

    def put_off(self) -> None:
        self._post.fail()

    def throttle(self) -> None:
        self._post.throttle(retry_after=300)

    def hang(self) -> None:
        self._post.hang(taken=True)

    def break_auth(self) -> None:
        self._post.break_auth()


class TestPostGrid(Conformance):
    @pytest.fixture
    def stand(self) -> Iterator[Stand]:
        with LetterCatcher() as post:
            yield PostGridStand(post)


class TestSpool(Conformance):
    """A folder neither refuses a letter, nor throttles, nor leaves anybody waiting for an answer."""

    test_rejected_for_good = None  # type: ignore[assignment]
    test_transient = None  # type: ignore[assignment]
    test_throttled_waits_as_long_as_was_asked_for = None  # type: ignore[assignment]
    test_no_answer_in_time_is_uncertain_and_never_sent_again = None  # type: ignore[assignment]
    test_suppressed_before_its_second_try_it_is_a_persons = None  # type: ignore[assignment]

    @pytest.fixture
    def stand(self, tmp_path: Path) -> Stand:
        return SpoolStand(tmp_path / "letters")

    def test_a_folder_that_comes_back_gets_what_waited(self, desk: Desk, stand: SpoolStand) -> None:
        stand.break_auth()
        action = desk.action()
        desk.start()
        wait_until(lambda: self._campaign(desk).state == "paused")
        assert "LETTER_FOLDER" in (self._campaign(desk).pause_detail or "")
        stand.folder.unlink()
        with desk.db.write() as session:
            session.merge(self._campaign(desk)).state = "sending"
        assert desk.settled(action, lambda row: row.state == "sent").provider_id.endswith(f"letters/{action.id}.pdf")
