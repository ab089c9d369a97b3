"""Files of the workspace, from the bot and from people."""

from __future__ import annotations

import mimetypes
import secrets
import time
from dataclasses import dataclass, field

from sandbox.errors import ApiError
from sandbox.jsontypes import Json

_PICTURES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}


@dataclass
class SharedFile:
    """One file; `complete` once the bot has finished the upload."""

    file_id: str
    name: str
    owner: str
    content: bytes = b""
    title: str = ""
    length: int = 0
    upload_token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    uploaded: bool = False
    complete: bool = False
    channel_ids: list[str] = field(default_factory=list)
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def mimetype(self) -> str:
        """The media type guessed from the name."""
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    @property
    def picture_type(self) -> str | None:
        """The media type of a picture that browsers draw, read from its first bytes; None for anything else."""
        return next((kind for start, kind in _PICTURES.items() if self.content.startswith(start)), None)

    def as_json(self, base_url: str, team_id: str) -> Json:
        """Return the file object (https://docs.slack.dev/reference/objects/file-object)."""
        private = f"{base_url}/files-pri/{team_id}-{self.file_id}/{self.name}"
        return {
            "id": self.file_id,
            "created": self.created,
            "timestamp": self.created,
            "name": self.name,
            "title": self.title or self.name,
            "mimetype": self.mimetype,
            "filetype": self.name.rpartition(".")[2].lower() or "binary",
            "pretty_type": self.name.rpartition(".")[2].upper(),
            "user": self.owner,
            "user_team": team_id,
            "editable": False,
            "size": len(self.content),
            "mode": "hosted",
            "is_external": False,
            "external_type": "",
            "is_public": False,
            "public_url_shared": False,
            "display_as_bot": False,
            "username": "",
            "url_private": private,
            "url_private_download": f"{base_url}/files-pri/{team_id}-{self.file_id}/download/{self.name}",
            "permalink": f"{base_url}/files/{self.owner}/{self.file_id}/{self.name}",
            "channels": [],
            "groups": [],
            "ims": list(self.channel_ids),
            "has_rich_preview": False,
            "file_access": "visible",
        }


class Files:
    """All files by id."""

    def __init__(self) -> None:
        self.by_id: dict[str, SharedFile] = {}

    def add(self, file: SharedFile) -> SharedFile:
        """Add a file; return it."""
        self.by_id[file.file_id] = file
        return file

    def get(self, file_id: str) -> SharedFile:
        """Return a file; raises ApiError file_not_found."""
        if file_id not in self.by_id:
            raise ApiError("file_not_found")
        return self.by_id[file_id]

    def by_upload(self, token: str) -> SharedFile | None:
        """Return the file an upload URL belongs to, None when there is none."""
        return next((one for one in self.by_id.values() if one.upload_token == token), None)
