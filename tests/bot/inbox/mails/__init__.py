"""Mails as real servers write them, with what differs from message to message left open."""

from __future__ import annotations

from pathlib import Path

HERE = Path(__file__).parent


def mail(
    name: str,
    message_id: str = "<unknown@elsewhere.example>",
    recipient: str = "gone@bolt.example",
    *,
    return_path: str = "alice@example.com",
    **others: str,
) -> bytes:
    """Return one of the mails: `message_id` and `return_path` are those of the message that it is about."""
    text = (HERE / f"{name}.eml").read_text(encoding="utf-8")
    values = {"message_id": message_id, "recipient": recipient, "return_path": return_path, "feedback": "abuse"}
    for key, value in (values | {"number": "1"} | others).items():
        text = text.replace(f"@@{key.upper()}@@", value)
    assert "@@" not in text, name
    return text.replace("\n", "\r\n").encode()
