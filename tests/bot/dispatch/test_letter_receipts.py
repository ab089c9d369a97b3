"""What the post reports of letters, asked for and told, over real sockets."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.postgrid import PostGridAccount, PostGridChannel, is_signed
from bot.dispatch.letter_receipts import Watch
from bot.dispatch.receipts import apply_pending
from bot.domain.postal import PostalAddress
from bot.domain.states import ActionState, CampaignState
from sandbox import LetterCatcher, PostedLetter
from storage.db import Database, utcnow
from storage.models import Action
from tests.builders import Builder

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
