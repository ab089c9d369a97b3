"""Why an address must not be contacted, in words."""

from __future__ import annotations

_CAUSES = {
    "opt_out": "asked not to be written to",
    "hard_bounce": "came back for good",
    "soft_bounces": "came back again and again",
    "complaint": "called a message spam",
}
LONGEST_NOTE = 200


def why(cause: str, note: str) -> str:
    """Return a cause of storage.suppressions with what was noted of it, as people read it behind the address."""
    words = _CAUSES.get(cause, cause.replace("_", " "))
    return f"{words}: {note[:LONGEST_NOTE]}" if note else words
