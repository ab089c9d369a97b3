"""The four people of the demo: one for every way to see the bot."""

from __future__ import annotations

from dataclasses import dataclass

from bot.app import make_defaults
from bot.config import Settings
from bot.domain.access import Position, Role
from bot.domain.letterhead import Letterhead
from bot.domain.postal import PostalAddress
from bot.people import identity, sending_settings, users
from bot.people.identity import SlackPerson, TeamFacts
from bot.people.sending_settings import SendingSettings, SmsTerms
from sandbox import Sandbox
from sandbox.person import Person
from storage.db import Database

SMS_PRICES = "EUR DE 0.09, FR 0.07, other 0.10"
LETTERHEAD = Letterhead(
    address=PostalAddress(street="1 Quay Street", postcode="D02 XY45", city="Dublin", country="IE"),
    contact="Accounts receivable\n+353 1 555 0100\naccounts@northwind.example",
    payment="Northwind Trading\nIBAN: IE29 AIBK 9311 5212 3456 78\nBIC: AIBKIE2D",
    prices="EUR letter 1.10, page 0.12",
)


@dataclass(frozen=True, slots=True)
class Part:
    """Somebody in the demo; `position` None has no access."""

    user_id: str
    name: str
    email: str
    title: str
    owner: bool = False
    position: Position | None = None


CAST = (
    Part("U0ALICE001", "Alice Martin", "alice@example.com", "Admin", owner=True, position=Position.FINANCE),
    Part("U0FELIX001", "Felix Weber", "felix@example.com", "Finance user", position=Position.FINANCE),
    Part("U0CAMILLE1", "Camille Roux", "camille@example.com", "Account manager", position=Position.ACCOUNT_MANAGER),
    Part("U0NOOR0001", "Noor Haddad", "noor@example.com", "No access yet"),
)


def add_people(sandbox: Sandbox) -> list[Person]:
    """Add everybody to the local Slack."""
    return [sandbox.add_person(one.name, one.email, one.user_id, owner=one.owner, title=one.title) for one in CAST]


def let_in(db: Database, settings: Settings, sandbox: Sandbox, people: list[Person]) -> None:
    """Make the workspace's owner its admin, as her first use would; do for her what she would do next.

    The others are let in, SMS leave at any hour, whenever the demo is played, and prices and letterhead are made up.
    """
    team = TeamFacts(sandbox.team_id, sandbox.workspace.team_name)
    everybody = {person.user_id: _as_slack_says(person) for person in people}
    admin = identity.recognise(db, make_defaults(settings), team, everybody[CAST[0].user_id])
    for one in CAST[1:]:
        if one.position is not None:
            users.grant(db, admin, everybody[one.user_id], role=Role.MEMBER, position=one.position)
    users.set_signature(db, admin, "Alice Martin\nAccounts receivable, Northwind Trading")
    terms = SmsTerms(prices=SMS_PRICES, opt_out=False)
    sending_settings.change(db, admin, SendingSettings(hours={"sms": ""}, sms=terms, letters=LETTERHEAD))


def _as_slack_says(person: Person) -> SlackPerson:
    profile = person.profile
    return SlackPerson(
        profile.user_id,
        profile.name,
        profile.email,
        email_confirmed=profile.email_confirmed,
        is_owner=profile.owner,
        time_zone=profile.tz,
    )
