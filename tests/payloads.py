"""Records payloads for a linter of Slack's published limits: one JSON object a line, where SANDBOX_RECORD_DIR says."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def record(method: str, **args: Any) -> None:
    """Append one call to this process's file; does nothing unless a folder was named."""
    folder = os.environ.get("SANDBOX_RECORD_DIR")
    if folder:
        with (Path(folder) / f"views-{os.getpid()}.jsonl").open("a", encoding="utf-8") as out:
            out.write(json.dumps({"method": method, "args": args}) + "\n")
