"""`campaign-bot demo` as a person runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen


def test_it_prints_its_address_and_ends_with_ctrl_c_and_goes_on(tmp_path: Path) -> None:
    for arguments, said in (([], "300 customers"), (["--keep"], "the book of the last run")):
        command = [sys.executable, "-m", "bot", "demo", "--port", "0", *arguments]
        with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as demo:
            assert demo.stdout is not None
            shown = ""
            while not re.search(r"Ctrl-C ends", shown):
                line = demo.stdout.readline()
                assert line, shown
                shown += line
            (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", shown)
            with urlopen(address, timeout=10) as page:
                assert "Alice Martin · Sandbox workspace" in page.read().decode()
            demo.send_signal(signal.SIGINT)
            rest, _ = demo.communicate(timeout=60)
        assert said in shown
        assert "ARGS=--keep" in rest
        assert demo.returncode == 0


def test_there_is_nothing_to_go_on_with(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bot", "demo", "--port", "0", "--keep"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as demo:
        assert demo.stdout is not None
        assert demo.stdout.readline() == "There is no run to go on with: this is a new one.\n"
        demo.send_signal(signal.SIGTERM)
        demo.communicate(timeout=60)
    assert demo.returncode == 0
