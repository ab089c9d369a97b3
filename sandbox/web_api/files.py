"""files.*: the upload in three steps, and what is known of a file."""

from __future__ import annotations

from sandbox.channels import Posted
from sandbox.errors import ApiError
from sandbox.files import SharedFile
from sandbox.jsontypes import Json
from sandbox.web_api.method import Method
from sandbox.workspace import Workspace


def get_upload_url(workspace: Workspace, args: Json) -> Json:
    """Answer files.getUploadURLExternal."""
    file = SharedFile(workspace.next_id("F"), args["filename"], workspace.bot_user_id, length=args["length"])
    workspace.files.add(file)
    return {"upload_url": f"{workspace.base_url}/upload/v1/{file.upload_token}", "file_id": file.file_id}


def complete_upload(workspace: Workspace, args: Json) -> Json:
    """Answer files.completeUploadExternal; with a channel the files are shared there."""
    files = [workspace.files.get(one["id"]) for one in args["files"]]
    if any(not one.uploaded or one.complete for one in files):
        raise ApiError("file_update_failed")
    channel = workspace.channels.get(args["channel_id"]) if args.get("channel_id") else None
    for file, one in zip(files, args["files"], strict=True):
        file.complete, file.title = True, one.get("title") or file.name
        if channel:
            file.channel_ids.append(channel.channel_id)
    shown = [one.as_json(workspace.base_url, workspace.team_id) for one in files]
    if channel:
        message = workspace.bot_message({**args, "text": args.get("initial_comment")}) | {"files": shown}
        channel.messages.append(Posted(channel.channel_id, message))
    return {"files": shown}


def info(workspace: Workspace, args: Json) -> Json:
    """Answer files.info."""
    file = workspace.files.get(args["file"])
    return {"file": file.as_json(workspace.base_url, workspace.team_id), "comments": []}


def delete(workspace: Workspace, args: Json) -> Json:
    """Answer files.delete."""
    file = workspace.files.get(args["file"])
    if file.owner != workspace.bot_user_id:
        raise ApiError("cant_delete_file")
    del workspace.files.by_id[file.file_id]
    return {}


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, "files:write"),
    "files.completeUploadExternal": Method(complete_upload, "files:write"),
    "files.info": Method(info, "files:read"),
    "files.delete": Method(delete, "files:write"),
}
