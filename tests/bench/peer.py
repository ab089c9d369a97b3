"""django-post_office beside ours: the same mails, the same mail server and database, and an environment of its own."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.dispatch.compose import compose
from tests.bench.processes import Process, Took, database
from tests.bench.work import claimed

HOME = Path(__file__).resolve().parents[2] / "build" / "post-office"
PACKAGES = ("django-post_office==3.12.0", "Django==5.2.19", "psycopg[binary]==3.3.9")


def interpreter() -> Path:
    """Return the Python that has django-post_office, installing it on first use."""
    python, done = HOME / "bin" / "python", HOME / ".ready"
    if not done.exists() or done.read_text() != " ".join(PACKAGES):
        subprocess.run([sys.executable, "-m", "venv", str(HOME)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", *PACKAGES], check=True)
        done.write_text(" ".join(PACKAGES))
    return python


@contextmanager
def written(database_url: str, mails: int) -> Iterator[Path]:
    """Yield a file with the mails that wait in a database of ours, rendered: post_office gets them ready-made."""
    messages = (compose(job) for job in claimed(database_url, mails))
    rows = [
        {"subject": m.subject, "message": m.text, "html_message": m.html, "recipients": [m.to[0][1]]} for m in messages
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(rows, file)
        file.flush()
        yield Path(file.name)


def run(kind: str, server: str, mails: Path, port: int) -> Took:
    """Send everything once."""
    runner = (str(interpreter()), str(Path(__file__).with_name("peer_run.py")))
    with database(kind, server, empty=True) as url:
        sender = Process("send", command=runner, database=url, port=port, mails=mails)
        sender.tell()
        return sender.result()
