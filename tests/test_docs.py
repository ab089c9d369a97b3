"""The documentation can't rot: what it says of the code is compared with the code."""

from __future__ import annotations

import re

import yaml

from bot.config import Settings
from bot.domain.tags import TAGS
from handlers import ids
from tests.docs import README, ROOT, STATES, readme, states_page


def test_readme_lists_every_setting_and_tag() -> None:
    text = README.read_text(encoding="utf-8")
    assert [name for name in Settings.model_fields if f"\n| `{name.upper()}` |" not in text] == []
    assert [tag.code for tag in TAGS if f"\n| `{tag.code}` |" not in text] == []
    assert readme(text) == text


def test_state_diagrams_are_those_of_the_code() -> None:
    assert STATES.read_text(encoding="utf-8") == states_page()


def test_house_map_names_what_is_there() -> None:
    block = re.search(r"<!-- map -->\n```\n(.*?)```", README.read_text(encoding="utf-8"), re.S)
    assert block
    paths = [line.split()[0] for line in block[1].splitlines() if line.strip()]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_make_target_of_the_readme_exists() -> None:
    found = re.findall(r"^make (\w+)|`make (\w+)", README.read_text(encoding="utf-8"), re.M)
    targets = {either or other for either, other in found}
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert {target for target in targets if f"\n{target}:" not in makefile} == set()


def test_manifest_has_the_command_and_the_scopes_that_are_used() -> None:
    manifest = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    assert [c["command"] for c in manifest["features"]["slash_commands"]] == [ids.COMMAND]
    code = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "handlers").rglob("*.py"))
    used = {"commands"}
    for method, scopes in {
        "users_info": ["users:read", "users:read.email"],
        "chat_postMessage": ["chat:write"],
        "conversations_open": ["im:write"],
        "conversations_history": ["im:history"],
        "files_info": ["files:read"],
        "files_upload_v2": ["files:write"],
    }.items():
        used |= set(scopes) if method in code else set()
    assert set(manifest["oauth_config"]["scopes"]["bot"]) == used


def test_no_two_ids_are_the_same() -> None:
    found = [value for name, value in vars(ids).items() if name.isupper() and name != "SEPARATOR"]
    assert len(found) == len(set(found))
