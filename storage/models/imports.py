"""Imports: what was chosen for which header, and the files that wait to be imported."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, deferred, mapped_column

from storage.db import BigId, UtcDateTime
from storage.models.base import Base, InWorkspace, Json, one_of, referable, within_workspace


class ImportMap(InWorkspace, Base):
    """What columns were said to mean, for headers of one shape."""

    __tablename__ = "import_maps"
    __table_args__ = (UniqueConstraint("workspace_id", "shape_hash"),)

    shape_hash: Mapped[str] = mapped_column(String(64))
    shape: Mapped[str] = mapped_column(Text)
    """The header's folded headings in order, separated by |."""
    fields: Mapped[dict[str, str]] = mapped_column(Json)
    """Folded heading -> field."""
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ImportState(StrEnum):
    """Where an import stands that was asked for in Slack, or a sync that failed."""

    READING = "reading"
    """Its files are to be fetched and compared with the book; again after each change of mind."""
    READY = "ready"
    """A person looks at what was recognised, and presses Import or not."""
    WAITING = "waiting"
    """Import was pressed; it starts once no other import of the workspace runs."""
    IMPORTING = "importing"
    """A worker reads and writes; when it dies, another one starts anew: nothing is written but all at once."""
    DONE = "done"
    FAILED = "failed"
    DISCARDED = "discarded"


class Import(InWorkspace, Base):
    """One import, on its way from the upload to the message that says how it went."""

    __tablename__ = "imports"
    __table_args__ = (
        referable(),
        within_workspace("requested_by", "users", on_delete="CASCADE"),
        one_of("state", ImportState),
        CheckConstraint("told_version <= version", name="told_not_ahead"),
        # never two imports of one workspace at once: the second waits
        Index(
            "uq_imports_running",
            "workspace_id",
            unique=True,
            sqlite_where=text("state = 'importing'"),
            postgresql_where=text("state = 'importing'"),
        ),
        Index("ix_imports_due", "state", "due_at"),
    )

    requested_by: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(20), default=ImportState.READING.value)
    choices: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """What the person chose: {"map": {...}, "date_order": ..., "decimal": ..., "full": ..., "skip_bad": ...}."""
    found: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """What was recognised, with the first rows, counts and warnings; for the screen. Emptied at the end."""
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    """Counts, for the message."""
    detail: Mapped[str] = mapped_column(Text, default="")
    """Why it failed, in words for the person."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with each change of mind and of state; `told_version` is what the person saw."""
    told_version: Mapped[int] = mapped_column(default=0)
    view_id: Mapped[str | None] = mapped_column(String(64))
    channel_id: Mapped[str | None] = mapped_column(String(32))
    ts: Mapped[str | None] = mapped_column(String(32))
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    claim_token: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ImportFile(InWorkspace, Base):
    """A file of an import: as uploaded, or the bad rows that go back. Its content is deleted after the import."""

    __tablename__ = "import_files"
    __table_args__ = (
        within_workspace("import_id", "imports", on_delete="CASCADE"),
        Index("ix_import_files_import", "import_id"),
    )

    import_id: Mapped[int] = mapped_column(BigId)
    slack_file_id: Mapped[str | None] = mapped_column(String(32))
    """Empty for a file of bad rows, which is ours."""
    name: Mapped[str] = mapped_column(String(300))
    content: Mapped[bytes | None] = deferred(mapped_column(LargeBinary))
