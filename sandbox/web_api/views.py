"""views.*."""

from __future__ import annotations

from sandbox.errors import ApiError
from sandbox.jsontypes import Json
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def open_view(workspace: Workspace, args: Json) -> Json:
    """Answer views.open."""
    trigger = workspace.take_trigger(args["trigger_id"])
    return {"view": workspace.screens.open(trigger.user_id, args["view"]).output()}


def push(workspace: Workspace, args: Json) -> Json:
    """Answer views.push."""
    trigger = workspace.take_trigger(args["trigger_id"])
    if trigger.view_id is None:
        raise ApiError("invalid_trigger_id")
    return {"view": workspace.screens.push(trigger.user_id, args["view"]).output()}


def update(workspace: Workspace, args: Json) -> Json:
    """Answer views.update."""
    view = workspace.screens.find(view_id=args.get("view_id"), external_id=args.get("external_id"))
    return {"view": workspace.screens.update(view, args["view"], args.get("hash")).output()}


def publish(workspace: Workspace, args: Json) -> Json:
    """Answer views.publish."""
    if not workspace.manifest.home_tab:
        raise ApiError("not_enabled")
    workspace.profile(args["user_id"])
    return {"view": workspace.screens.publish(args["user_id"], args["view"], args.get("hash")).output()}


METHODS = {
    "views.open": Method(open_view, per_minute=100),
    "views.push": Method(push, per_minute=100),
    "views.update": Method(update, per_minute=100),
    "views.publish": Method(publish, per_minute=100),
}
