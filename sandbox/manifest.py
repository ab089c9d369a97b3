"""The app as its manifest declares it: commands, scopes, events."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.errors import SandboxError


@dataclass(frozen=True)
class Manifest:
    """What the workspace knows of the installed app; `help` has description and usage hint of each command."""

    name: str
    bot_name: str
    commands: frozenset[str]
    scopes: frozenset[str]
    events: frozenset[str]
    home_tab: bool
    help: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_manifest(source: str | Path | dict[str, Any]) -> Manifest:
    """Read a manifest from a YAML file or from a dict of the same form.

    Raises SandboxError when the file is missing or is not a mapping.
    """
    if isinstance(source, dict):
        raw = source
    else:
        path = Path(source)
        if not path.is_file():
            raise SandboxError(f"no app manifest at {path}")
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(raw, dict):
        raise SandboxError("the app manifest must be a mapping")
    features = raw.get("features") or {}
    name = (raw.get("display_information") or {}).get("name", "App")
    scopes = ((raw.get("oauth_config") or {}).get("scopes") or {}).get("bot") or []
    subscriptions = (raw.get("settings") or {}).get("event_subscriptions") or {}
    commands = features.get("slash_commands") or []
    return Manifest(
        name=name,
        bot_name=(features.get("bot_user") or {}).get("display_name", name),
        commands=frozenset(one["command"] for one in commands),
        scopes=frozenset(scopes),
        events=frozenset(subscriptions.get("bot_events") or []),
        home_tab=bool((features.get("app_home") or {}).get("home_tab_enabled")),
        help={one["command"]: (one.get("description", ""), one.get("usage_hint", "")) for one in commands},
    )
