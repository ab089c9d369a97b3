"""django-post_office on its own, with its defaults: run by the interpreter of its own environment, knows none of ours.

Queues the mails of a file, says `ready`, sends them at a line, and prints what that took.
"""

from __future__ import annotations

import argparse
import json
import logging
import resource
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("mode")
    parser.add_argument("--database", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--mails", required=True)
    given = parser.parse_args()
    logging.disable(logging.CRITICAL)
    settle(given.database, given.port)
    from django.core.management import call_command
    from post_office.mail import send_many, send_queued_mail_until_done
    from post_office.models import STATUS, Email

    call_command("migrate", verbosity=0)
    waiting = json.loads(Path(given.mails).read_text())
    send_many([{**mail, "sender": "alice@example.com"} for mail in waiting])
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    before, begun = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    send_queued_mail_until_done()
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    assert Email.objects.filter(status=STATUS.sent).count() == len(waiting)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    sys.stdout.write(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": 0}) + "\n")


def settle(database: str, port: int) -> None:
    """Set Django up as its and post_office's documentation say, and nothing more."""
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={"default": connection(database)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        USE_TZ=True,
        SECRET_KEY="bench",
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    )
    django.setup()


def connection(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": parts.path}
    host = parse_qs(parts.query).get("host", [parts.hostname or ""])[0]
    found = {"ENGINE": "django.db.backends.postgresql", "NAME": parts.path.strip("/"), "HOST": host}
    return {**found, "USER": parts.username or "", "PASSWORD": parts.password or "", "PORT": parts.port or ""}


if __name__ == "__main__":
    main()
