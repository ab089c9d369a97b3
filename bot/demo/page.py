"""The demo in the browser: everything is up and seeded, and a newcomer uses the bot."""

from __future__ import annotations

import os
import signal
import sys
import threading
import webbrowser
from pathlib import Path

from bot.demo.stage import FOLDER, Stage
from bot.errors import UserError
from sandbox.errors import PortInUse

HOLD_SECONDS = 15
"""How long Send waits in the demo: long enough to find Undo, short enough to wait for."""
SAVE_SECONDS = 5.0


def show_page(port: int, *, keep: bool = False, folder: Path = FOLDER) -> None:
    """Serve the page on `port` until Ctrl-C; raises UserError where the port is in use."""
    leave = threading.Event()
    stage = Stage(folder, page_port=port, keep=keep, hold=HOLD_SECONDS, by_post=True)
    try:
        with stage:
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: leave.set())
            _welcome(stage, keep=keep)
            while not leave.wait(SAVE_SECONDS):
                stage.save()
            print("\nStopping. `make demo ARGS=--keep` goes on from here.")
    except PortInUse:
        raise UserError(
            f"Port {port} is in use, maybe by another demo. End that one, or take another port: "
            f'make demo ARGS="--port {port + 1}"'
        ) from None
    except KeyboardInterrupt:
        print()


def _welcome(stage: Stage, *, keep: bool) -> None:
    assert stage.page is not None
    address = stage.page.url
    if keep and not stage.resumed:
        print("There is no run to go on with: this is a new one.")
    print(f"campaign-bot runs in a local Slack, with {stage.imported}. Nothing leaves this machine.")
    print(f"\n    {address}\n\nType /campaign there. Ctrl-C ends the demo.", flush=True)
    if _has_screen():
        webbrowser.open(address)


def _has_screen() -> bool:
    """Tell whether somebody sits here who could see a browser."""
    shown = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(shown) and sys.stdout.isatty()
