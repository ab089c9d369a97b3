"""Run the linter of Slack's limits over recorded payloads, with one mistake of its schema mended.

Its definition of what a response_url and a slash command may be answered with *requires* attachments, blocks and
markdown_text, which no answer can have together (and Slack's documentation asks for none of them).
"""

import json
import sys
from pathlib import Path

sys.path.insert(0, sys.argv[1])
import slack_lint

slack_lint.DEFS["RespondArguments"].pop("required", None)
count = bad = 0
for file in sys.argv[2:]:
    # split at line feeds alone: a name in a payload may hold other line separators
    for number, line in enumerate(Path(file).read_text(encoding="utf-8").removesuffix("\n").split("\n"), 1):
        call = json.loads(line)
        count += 1
        for place, message in slack_lint.check(call["method"], call.get("args")):
            bad += not message.startswith("WARN")
            print(f"{file}:{number} {call['method']} {place or '(top)'}: {message}")
print(f"{count} payloads, {bad} violations")
sys.exit(1 if bad or not count else 0)
