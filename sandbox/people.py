"""Who is in the workspace, as Slack's users.* methods show them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox.jsontypes import Json


@dataclass
class Profile:
    """One user. `tz` is an IANA name; everything may be changed in a test to change what users.info answers."""

    user_id: str
    name: str
    email: str | None = None
    owner: bool = False
    primary_owner: bool = False
    admin: bool = False
    tz: str = "Europe/Paris"
    locale: str = "en-US"
    email_confirmed: bool = True
    is_bot: bool = False
    deleted: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    app_id: str | None = None
    bot_id: str | None = None
    title: str = ""

    @property
    def username(self) -> str:
        """The lower-case handle Slack makes of the name."""
        return self.name.lower().replace(" ", ".")


def user_object(profile: Profile, team_id: str, *, with_email: bool, with_locale: bool) -> Json:
    """Return the user object (https://docs.slack.dev/reference/objects/user-object)."""
    offset = datetime.now(ZoneInfo(profile.tz)).utcoffset()
    shown: Json = {
        "title": profile.title,
        "phone": "",
        "real_name": profile.name,
        "real_name_normalized": profile.name,
        "display_name": profile.username,
        "display_name_normalized": profile.username,
        "avatar_hash": "g" + profile.user_id.lower(),
        "first_name": profile.name.split(" ")[0],
        "last_name": profile.name.partition(" ")[2],
        "team": team_id,
    }
    if with_email and profile.email and not profile.is_bot:
        shown["email"] = profile.email
    user: Json = {
        "id": profile.user_id,
        "team_id": team_id,
        "name": profile.username,
        "deleted": profile.deleted,
        "profile": shown,
        "is_bot": profile.is_bot,
        "is_app_user": False,
        "updated": 1700000000,
    }
    if profile.deleted:
        return user
    user |= {
        "color": "9f69e7",
        "real_name": profile.name,
        "tz": profile.tz,
        "tz_label": profile.tz.replace("_", " "),
        "tz_offset": int(offset.total_seconds()) if offset else 0,
        "is_admin": profile.admin or profile.owner,
        "is_owner": profile.owner,
        "is_primary_owner": profile.primary_owner,
        "is_restricted": profile.is_restricted or profile.is_ultra_restricted,
        "is_ultra_restricted": profile.is_ultra_restricted,
        "is_email_confirmed": profile.email_confirmed,
        "who_can_share_contact_card": "EVERYONE",
    }
    if with_locale:
        user["locale"] = profile.locale
    return user
