"""auth.test, team.info, bots.info, apps.connections.open."""

from __future__ import annotations

import secrets

from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def auth_test(workspace: Workspace, args: Json) -> Json:
    """Answer auth.test."""
    return {
        "url": f"{workspace.base_url}/",
        "team": workspace.team_name,
        "user": workspace.manifest.bot_name,
        "team_id": workspace.team_id,
        "user_id": workspace.bot_user_id,
        "bot_id": workspace.bot_id,
        "is_enterprise_install": False,
    }


def team_info(workspace: Workspace, args: Json) -> Json:
    """Answer team.info."""
    if args.get("team") not in (None, workspace.team_id):
        raise ApiError("team_not_found")
    return {
        "team": {
            "id": workspace.team_id,
            "name": workspace.team_name,
            "url": f"{workspace.base_url}/",
            "domain": workspace.domain,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def bots_info(workspace: Workspace, args: Json) -> Json:
    """Answer bots.info."""
    if args.get("bot") not in (None, workspace.bot_id):
        raise ApiError("bot_not_found")
    return {
        "bot": {
            "id": workspace.bot_id,
            "deleted": False,
            "name": workspace.manifest.bot_name,
            "app_id": workspace.app_id,
            "user_id": workspace.bot_user_id,
            "updated": 1700000000,
        }
    }


def connections_open(workspace: Workspace, args: Json) -> Json:
    """Answer apps.connections.open with a WebSocket address that serves once."""
    ticket = secrets.token_urlsafe(16)
    workspace.tickets.add(ticket)
    url = workspace.base_url.replace("http://", "ws://")
    return {"url": f"{url}/link/?ticket={ticket}&app_id={workspace.app_id}"}


METHODS = {
    "auth.test": Method(auth_test, per_minute=600),
    "team.info": Method(team_info, "team:read"),
    "bots.info": Method(bots_info, "users:read"),
    "apps.connections.open": Method(connections_open, "connections:write", app_token=True),
}
