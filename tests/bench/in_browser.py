"""The sandbox's page with much on it: how soon an update is on the screen, and whether it stays fluid."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from statistics import quantiles
from typing import Any

from playwright.sync_api import Page as Tab
from slack_bolt.adapter.socket_mode import SocketModeHandler

from sandbox import Sandbox
from sandbox.page import Page
from tests import browser as chromium
from tests.sandbox.page.conftest import Mirror, run
from tests.sandbox.tiny_app import MANIFEST, actions, button, section, text_input

MESSAGES, BLOCKS, TIMES = 200, 100, 40
TYPED = "Dear customer, our records show"

SEEN = """([selector, text]) => { window.seen = new Promise((done) => {
  const look = () => {
    const found = document.querySelector(selector);
    const shown = found && (found.value ?? found.textContent).includes(text);
    if (!shown) return requestAnimationFrame(look);
    requestAnimationFrame(() => setTimeout(() => done(performance.timeOrigin + performance.now())));
  };
  look();
}); }"""
"""Promise the time at which an element with this text is painted."""

SCROLL = """async (selector) => {
  const box = document.querySelector(selector), gaps = [];
  box.scrollTop = 0;
  let last = await new Promise(requestAnimationFrame);
  for (let step = 1; step <= 90; step++) {
    box.scrollTop = (box.scrollHeight - box.clientHeight) * step / 90;
    const now = await new Promise(requestAnimationFrame);
    gaps.push(now - last);
    last = now;
  }
  return gaps;
}"""

KEYS = """(selector) => {
  window.keys = [];
  document.querySelector(selector).addEventListener("keydown", () => {
    const pressed = performance.now();
    requestAnimationFrame(() => setTimeout(() => window.keys.push(performance.now() - pressed)));
  });
}"""
"""Keep how long each key took to its frame."""


def measure() -> list[str]:
    """Return a table: p50, p95 and the slowest, in milliseconds."""
    lines = ["| page | p50 ms | p95 ms | slowest ms |", "| --- | ---: | ---: | ---: |"]
    with Sandbox(manifest=MANIFEST) as slack, Page(slack, port=0) as site, chromium.running() as browser:
        alice = slack.add_person("Alice Martin", user_id="U0ALICE001", owner=True)
        mirror = Mirror(slack)
        connection = SocketModeHandler(mirror.app, slack.app_token, web_client=mirror.client, ping_interval=1)
        connection.connect()  # type: ignore[no-untyped-call]
        slack.wait_connected()
        posted = [_post(mirror, alice.user_id, number) for number in range(MESSAGES)]
        with chromium.tab(browser) as tab:
            tab.goto(site.url)
            tab.get_by_text(f"Message {MESSAGES - 1}").wait_for()
            for name, took in [*_of_messages(tab, mirror, posted), *_of_a_modal(tab, mirror)]:
                cuts = quantiles(took, n=20)
                lines.append(f"| {name} | {cuts[9]:.0f} | {cuts[18]:.0f} | {max(took):.0f} |")
        connection.close()  # type: ignore[no-untyped-call]
    return lines


def _of_messages(tab: Tab, mirror: Mirror, posted: list[Any]) -> list[tuple[str, list[float]]]:
    channel = posted[0]["channel"]
    gaps = tab.evaluate(SCROLL, "[data-scroll]")
    fresh, redrawn = [], []
    for number in range(TIMES):
        text = f"New {number}."
        said = {"channel": channel, "text": text, "blocks": _blocks(text)}
        fresh.append(_until(tab, "#messages > :last-child", text, partial(mirror.client.chat_postMessage, **said)))
        ts, text = posted[MESSAGES // 2 + number]["ts"], f"Redrawn {number}."
        change = partial(mirror.client.chat_update, channel=channel, ts=ts, text=text, blocks=_blocks(text))
        redrawn.append(_until(tab, f"#m-{ts.replace('.', '-')}", text, change))
    return [
        (f"a new message in a direct message with {MESSAGES}", fresh),
        ("a message redrawn there", redrawn),
        ("between frames, scrolling there", gaps),
    ]


def _of_a_modal(tab: Tab, mirror: Mirror) -> list[tuple[str, list[float]]]:
    live = {"dispatch_action_config": {"trigger_actions_on": ["on_character_entered"]}}
    typed = {**text_input("typed", "Typed", "typed", **live), "dispatch_action": True}
    rows = [section(f"Row {number}", button("Open", f"open{number}")) for number in range(BLOCKS - 2)]
    mirror.show(section("Drawn first."), typed, *rows)
    run(tab)
    tab.get_by_text(f"Row {BLOCKS - 3}", exact=True).wait_for()
    view = mirror.slack.people["U0ALICE001"].modal().view["id"]
    box = tab.get_by_label("Typed")
    tab.evaluate(KEYS, f"#{box.get_attribute('id')}")
    box.press_sequentially(TYPED, delay=60)
    keys = tab.evaluate("() => window.keys")
    redrawn = []
    for number in range(TIMES):
        changed = {**mirror.view, "blocks": [section(f"Drawn {number}."), typed, *rows]}
        change = partial(mirror.client.views_update, view_id=view, view=changed)
        redrawn.append(_until(tab, ".modal[data-top]", f"Drawn {number}.", change))
    gaps = tab.evaluate(SCROLL, ".modal-body")
    return [
        (f"a modal of {BLOCKS} blocks redrawn", redrawn),
        ("a character typed in it, dispatched each time", keys),
        ("between frames, scrolling it", gaps),
    ]


def _until(tab: Tab, selector: str, text: str, call: Callable[[], Any]) -> float:
    """Return the milliseconds from the call to the frame that shows the text."""
    tab.evaluate(SEEN, [selector, text])
    begun = time.time()
    call()
    shown: float = tab.evaluate("() => window.seen")
    return shown - begun * 1000


def _post(mirror: Mirror, user_id: str, number: int) -> Any:
    text = f"Message {number}"
    return mirror.client.chat_postMessage(channel=user_id, text=text, blocks=_blocks(text))


def _blocks(text: str) -> list[dict[str, Any]]:
    buttons = [button(name, name.lower()) for name in ("Send", "Ignore", "Fix contact")]
    context = {"type": "context", "elements": [{"type": "mrkdwn", "text": "Left out at Send: 4 paused, 2 disputed"}]}
    return [section(f"*{text}*\nPartially successful"), context, {"type": "divider"}, actions(*buttons)]
