"""Run the linter of Slack's limits over recorded payloads, each once, with one mistake of its schema mended.

Its definition of what a response_url and a slash command may be answered with *requires* attachments, blocks and
markdown_text, which no answer can have together (and Slack's documentation asks for none of them).
"""

import functools
import json
import sys
import urllib.parse
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs

sys.path.insert(0, sys.argv[1])
import slack_lint

slack_lint.DEFS["RespondArguments"].pop("required", None)
slow = slack_lint.validator


def quoted(schema: Any) -> Any:
    """Return a schema whose references are proper URIs, as the quick validator wants them."""
    if isinstance(schema, list):
        return [quoted(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        key: urllib.parse.quote(each, safe="#/~:%") if key == "$ref" and isinstance(each, str) else quoted(each)
        for key, each in schema.items()
    }


class Quick:
    """The linter's validator behind a quick one: only what the quick one refuses is looked at closely."""

    def __init__(self, method: str) -> None:
        self._slow = slow(method)
        self._quick = jsonschema_rs.Draft7Validator(quoted(self._slow.schema))

    def iter_errors(self, args: object) -> Iterable[jsonschema.ValidationError]:
        """Return what is wrong."""
        return () if self._quick.is_valid(args) else self._slow.iter_errors(args)


slack_lint.validator = functools.cache(Quick)


def faults(call: tuple[str, str]) -> list[tuple[str, str, str]]:
    """Return the method, place and words of whatever breaks a limit in one payload."""
    method, args = call
    return [(method, place or "(top)", words) for place, words in slack_lint.check(method, json.loads(args))]


def payloads(files: list[str]) -> list[tuple[str, str]]:
    """Return every different payload of the files."""
    found: dict[tuple[str, str], None] = {}
    for file in files:
        # split at line feeds alone: a name in a payload may hold other line separators
        for line in Path(file).read_text(encoding="utf-8").removesuffix("\n").split("\n"):
            call = json.loads(line)
            found[call["method"], json.dumps(call.get("args"), sort_keys=True)] = None
    return list(found)


if __name__ == "__main__":
    calls = payloads(sys.argv[2:])
    bad = 0
    for call in calls:
        found = faults(call)
        for method, place, words in found:
            print(f"{method} {place}: {words}")
        wrong = sum(not words.startswith("WARN") for _, _, words in found)
        if wrong:
            print(f"  in {call[1][:2000]}")
        bad += wrong
    print(f"{len(calls)} different payloads, {bad} violations")
    sys.exit(1 if bad or not calls else 0)
