"""What the post reports of letters, asked for and told, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from bot.channels.base import Rejected, SendError, Uncertain
from bot.channels.postgrid import Fate, PostGridAccount, PostGridChannel, Status, is_signed
from bot.dispatch.letter_receipts import AT_ONCE, Watch, report
from bot.dispatch.receipts import apply_pending
from bot.domain.postal import PostalAddress
from bot.domain.states import ActionState, CampaignState
from sandbox import LetterCatcher, PostedLetter
from storage.db import Database, utcnow
from storage.models import Action, ActionHistory, ProviderReceipt
from tests.builders import NOW, Builder

TO = PostalAddress("Acme GmbH", "", "Hauptstraße 5", "10115", "Berlin", "", "DE")


@pytest.fixture
def post() -> Iterator[LetterCatcher]:
    with LetterCatcher() as running:
        yield running


def posted(build: Builder, post: LetterCatcher) -> tuple[int, PostedLetter]:
    """Make a letter that PostGrid has taken, and its action."""
    letter = post._keep(str(len(post.letters)), {"to[postalOrZip]": "10115"}, b"%PDF")
    campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel="letter")
    recipients = [{"contact_id": None, "name": "", "postal": TO.to_json()}]
    values = {"recipients": recipients, "provider_id": letter.id, "sent_at": utcnow() - timedelta(days=3)}
    return build.action(campaign, build.customer(email=None), state=ActionState.SENT, **values).id, letter


def now(db: Database, action_id: int) -> tuple[str, str, str | None]:
    with db.read() as session:
        row = session.scalars(select(Action).where(Action.id == action_id)).one()
        return row.state, row.reason, row.detail


def test_asked_for_letters_settle_as_delivered_returned_or_cancelled(
    db: Database, build: Builder, post: LetterCatcher
) -> None:
    (waits, _), (arrives, one), (returns, two), (stops, three) = (posted(build, post) for _ in range(4))
    post.becomes(one, "completed")
    post.becomes(two, "completed")
    post.becomes(three, "cancelled")
    watch = Watch(db, PostGridChannel(PostGridAccount(post.api_key, post.url)))
    assert (watch.look(), watch.look()) == (3, 0)
    assert apply_pending(db) == 3
    assert now(db, waits)[0] == "sent"
    assert now(db, arrives)[:2] == now(db, returns)[:2] == ("delivered", "delivered")
    assert now(db, stops) == ("manual", "withdrawn", "PostGrid cancelled it.")

    post.becomes(two, "completed", "returned_to_sender")  # the post may bring it back all the same
    watch.look()
    apply_pending(db)
    assert now(db, returns) == ("manual", "returned", "The post returned it to the sender. Check the address.")


@dataclass
class Post:
    """A provider that says of each letter what it is told to, and remembers what it was asked for."""

    says: dict[str, Fate | SendError]
    asked: list[str] = field(default_factory=list)
    opened: int = 0
    open_ways: int = 0

    def open(self) -> Post:
        self.opened += 1
        self.open_ways += 1
        return self

    def close(self) -> None:
        self.open_ways -= 1

    def status(self, provider_id: str) -> Status:
        self.asked.append(provider_id)
        said = self.says.get(provider_id, Fate.UNDER_WAY)
        if isinstance(said, SendError):
            raise said
        return Status(provider_id, said, said.value)

    def turn(self, watch: Watch) -> tuple[int, list[str]]:
        """Let it ask once, and return how many had something to tell, and for which it asked."""
        self.asked = []
        told = watch.look(now=NOW)
        assert self.open_ways == 0
        return told, self.asked


def letters(build: Builder, *ids: str, **values: Any) -> list[int]:
    """Make letters that were taken three days ago, with these ids of the provider."""
    campaign = build.campaign(build.user(), state=CampaignState.SENDING, channel="letter")
    given = {"sent_at": NOW - timedelta(days=3), "state": ActionState.SENT} | values
    return [build.action(campaign, build.customer(email=None), provider_id=each, **given).id for each in ids]


@pytest.mark.database("sqlite")
def test_some_are_asked_for_in_a_turn_and_after_the_last_the_first_again(db: Database, build: Builder) -> None:
    letters(build, "a", "b", "c")
    post = Post({"a": Fate.DELIVERED, "b": Fate.UNDER_WAY})
    watch = Watch(db, post, at_once=2)
    assert [post.turn(watch) for _ in range(3)] == [(1, ["a", "b"]), (0, ["c"]), (0, ["a", "b"])]
    with db.read() as session:
        assert session.scalars(select(ProviderReceipt.received_at)).all() == [NOW]
    assert AT_ONCE == 100


@pytest.mark.database("sqlite")
def test_they_are_asked_for_sixty_days(db: Database, build: Builder) -> None:
    post = Post({})
    letters(build, "old", sent_at=NOW - timedelta(days=60))
    assert (post.turn(Watch(db, post)), post.opened) == ((0, []), 0)
    letters(build, "young", sent_at=NOW - timedelta(days=60) + timedelta(seconds=1))
    letters(build, "there", state=ActionState.DELIVERED)  # it may come back all the same
    assert post.turn(Watch(db, post)) == (0, ["young", "there"])


@pytest.mark.database("sqlite")
def test_a_letter_that_the_provider_does_not_know_keeps_no_other_from_being_asked_for(
    db: Database, build: Builder
) -> None:
    """It was made under another key, or removed."""
    letters(build, "a", "gone", "c")
    post = Post({"gone": Rejected("Letter not found. (PostGrid 404)"), "c": Fate.DELIVERED})
    assert post.turn(Watch(db, post)) == (1, ["a", "gone", "c"])


@pytest.mark.database("sqlite")
def test_a_provider_that_can_not_say_is_asked_again_in_the_next_turn_for_what_comes_after(
    db: Database, build: Builder
) -> None:
    letters(build, "a", "b", "c")
    post = Post({"a": Fate.DELIVERED, "b": Uncertain("It can't be understood.")})
    watch = Watch(db, post)
    assert [post.turn(watch) for _ in range(3)] == [(1, ["a", "b"]), (0, ["c"]), (0, ["a", "b"])]


@pytest.mark.database("sqlite")
def test_what_tells_nothing_or_is_not_ours_is_not_kept(db: Database, build: Builder) -> None:
    [action] = letters(build, "a")
    assert not report(db, Status("a", Fate.UNDER_WAY, "printing"))
    assert not report(db, Status("", Fate.DELIVERED, "completed"), message_id=message_id(db, action))
    assert not report(db, Status("b", Fate.DELIVERED, "completed"))
    [queued] = letters(build, "c", state=ActionState.QUEUED, sent_at=None)
    assert not report(db, Status("c", Fate.DELIVERED, "completed")), "its next attempt will be told of this letter"
    assert apply_pending(db) == 0
    assert now(db, queued)[0] == "queued"


@pytest.mark.database("sqlite")
def test_what_is_told_is_kept_once_and_moves_the_letter_it_is_of(db: Database, build: Builder) -> None:
    [action] = letters(build, "a")
    cancelled = Status("a", Fate.CANCELLED, "cancelled", "PostGrid cancelled it.")
    assert [report(db, cancelled, now=NOW), report(db, cancelled, now=NOW)] == [True, False]
    earlier = Status("before", Fate.RETURNED, "returned_to_sender")
    assert report(db, earlier, message_id=message_id(db, action), now=NOW)
    [other] = letters(build, "b")
    assert report(db, Status("b", Fate.RETURNED, "returned_to_sender"), now=NOW + timedelta(days=1))
    assert apply_pending(db, now=NOW) == 3
    assert now(db, action) == ("manual", "withdrawn", "PostGrid cancelled it.")
    assert now(db, other) == ("manual", "returned", "")
    with db.read() as session:
        query = select(ProviderReceipt.status, ProviderReceipt.detail, ProviderReceipt.received_at)
        kept = session.execute(query.where(ProviderReceipt.action_id == action))
        assert [tuple(row) for row in kept] == [("cancelled", "PostGrid cancelled it.", NOW), ("returned", None, NOW)]
        [told] = session.scalars(select(ActionHistory).where(ActionHistory.action_id == action))
        assert (told.event, told.actor, told.at) == ("bounce", "provider:post", NOW)


def message_id(db: Database, action_id: int) -> str:
    with db.read() as session:
        return session.scalars(select(Action.message_id).where(Action.id == action_id)).one()


def test_only_what_was_signed_lately_counts() -> None:
    at = str(int(time.time() * 1000))
    made = "0d5f"
    assert not is_signed("secret", f"t={at},v1={made}", b"{}", now=time.time())
    assert not is_signed("secret", "", b"{}", now=time.time())
    # computed with `printf '1718932335515.{}' | openssl dgst -sha256 -hmac secret`
    header = "t=1718932335515,v1=1bce1ecf0447b0895a1b0c9b01fac44206fdd22396a9fa15344c430594729350"
    assert is_signed("secret", header, b"{}", now=1718932335 + 60)
    assert not is_signed("secret", header, b"{}", now=1718932335 + 4 * 3600)
    assert not is_signed("secret", header, b"{} ", now=1718932335)
