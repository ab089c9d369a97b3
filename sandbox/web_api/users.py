"""users.*."""

from __future__ import annotations

from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.people import Profile, user_object
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def _shown(workspace: Workspace, profile: Profile, args: Json) -> Json:
    with_email = "users:read.email" in workspace.manifest.scopes
    return user_object(profile, workspace.team_id, with_email=with_email, with_locale=bool(args.get("include_locale")))


def info(workspace: Workspace, args: Json) -> Json:
    """Answer users.info."""
    return {"user": _shown(workspace, workspace.profile(args["user"]), args)}


def listing(workspace: Workspace, args: Json) -> Json:
    """Answer users.list."""
    everyone = list(workspace.profiles.values())
    start = int(args.get("cursor") or 0)
    end = start + (args.get("limit") or len(everyone) or 1)
    return {
        "members": [_shown(workspace, one, args) for one in everyone[start:end]],
        "cache_ts": 1700000000,
        "response_metadata": {"next_cursor": str(end) if end < len(everyone) else ""},
    }


def by_email(workspace: Workspace, args: Json) -> Json:
    """Answer users.lookupByEmail."""
    for one in workspace.profiles.values():
        if one.email and one.email.lower() == args["email"].lower() and not one.deleted:
            return {"user": _shown(workspace, one, args)}
    raise ApiError("users_not_found")


METHODS = {
    "users.info": Method(info, "users:read", per_minute=100),
    "users.list": Method(listing, "users:read", per_minute=20),
    "users.lookupByEmail": Method(by_email, "users:read.email"),
}
