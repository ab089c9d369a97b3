"""Debian's Chromium for tests of the page; they are skipped, saying so, where it is absent."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

WAIT_MS = 15_000
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
SERIOUS = ("serious", "critical")
_HOLD_ANSWER = """(ending) => {
  const { open, send } = XMLHttpRequest.prototype;
  XMLHttpRequest.prototype.open = function (method, address, ...more) {
    this.isHeld = address.endsWith(ending);
    return open.call(this, method, address, ...more);
  };
  XMLHttpRequest.prototype.send = function (...body) {
    if (this.isHeld) {
      Object.assign(XMLHttpRequest.prototype, { open, send });
      const { onload } = this;
      this.onload = (event) => {
        window.goOn = () => onload.call(this, event);
        document.documentElement.dataset.held = "";
      };
    }
    return send.apply(this, body);
  };
}"""


def chromium_path() -> str:
    """Return where Chromium is; skips the test where it is not."""
    path = shutil.which("chromium")
    if path is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    return path


@contextmanager
def running() -> Iterator[Browser]:
    """Run Chromium without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=["--no-sandbox"])
        yield browser
        browser.close()


def _is_replaced(said: str) -> bool:
    """Say whether htmx tells that one search gave way to the next, as it should; a failed one has lines of its own."""
    return said.startswith(("htmx:afterRequest,", "htmx:sendAbort,"))


@contextmanager
def tab(
    browser: Browser,
    *,
    width: int = 1280,
    height: int = 860,
    scheme: str = "light",
    scale: float = 1,
    strict: bool = True,
) -> Iterator[Page]:
    """Open a tab in a profile of its own; with `strict` any error of a script on the page fails the test."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    context.set_default_timeout(WAIT_MS)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on(
        "console", lambda one: faults.append(one.text) if one.type == "error" and not _is_replaced(one.text) else None
    )
    yield page
    said = "\n".join(faults)  # before closing: what is under way then ends in an error of its own
    context.close()
    assert not (strict and said), said


def hold(page: Page, url: str) -> list[Route]:
    """Keep requests to addresses like this waiting from now on; each is in the list, to be continued."""
    held: list[Route] = []
    page.route(url, lambda route: held.append(route))
    return held


def hold_answer(page: Page, ending: str) -> Callable[[], None]:
    """Let the next request of the page's scripts to such an address through, but have them wait for its answer.

    They have it once what is returned is called.
    """
    page.evaluate(_HOLD_ANSWER, ending)

    def go_on() -> None:
        expect(page.locator("html[data-held]")).to_be_attached()
        page.evaluate("() => window.goOn()")

    return go_on


def bring_axe(page: Page) -> None:
    """Have axe-core on every page the tab goes to from now on."""
    page.add_init_script(path=AXE)


def violations(page: Page) -> list[str]:
    """Return what axe finds serious on the page, with the elements."""
    found = page.evaluate("() => axe.run()")["violations"]
    return [
        f"{one['id']}: {one['help']} {[node['html'][:160] for node in one['nodes']][:4]}"
        for one in found
        if one["impact"] in SERIOUS
    ]
