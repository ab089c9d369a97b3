"""The command line as an operator meets it: every fault in words, with what to do, and never a traceback."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import uuid
from pathlib import Path
from urllib.parse import quote

import pytest

from bot.config import Settings
from bot.domain.states import ActionState, CampaignState
from sandbox import LetterCatcher, Mailbox, MailCatcher, Sandbox
from storage.db import Database
from tests.builders import NOW, Builder

MANIFEST = Path(__file__).resolve().parents[2] / "manifest.yml"


def campaign_bot(*args: str, **settings: str) -> tuple[int, str]:
    """Run the command in a clean environment; return its exit code and all it printed."""
    kept = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
    done = subprocess.run(
        [sys.executable, "-m", "bot", *args],
        env=kept | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stdout
    return done.returncode, done.stdout


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    """Settings that are right, of services that do not answer."""
    return {
        "SLACK_BOT_TOKEN": "xoxb-1-secret",
        "SLACK_APP_TOKEN": "xapp-1-secret",
        "SLACK_API_URL": "http://127.0.0.1:9/api/",
        "SMTP_URL": "smtp://user:secret@127.0.0.1:9",
        "SECRET_KEY": "secret" * 8,
        "DATABASE_URL": f"sqlite:///{tmp_path}/bot.db",
        "HTTP_PORT": "0",
        "LETTER_FOLDER": f"{tmp_path}/letters",
    }


def test_help_names_every_command() -> None:
    code, said = campaign_bot("--help")
    assert code == 0
    for command in ("run", "web", "worker", "migrate", "import", "check", "doctor", "demo", "version"):
        assert f"│ {command} " in said


def test_every_missing_setting_is_named_at_once() -> None:
    code, said = campaign_bot("run")
    assert code == 1
    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET", "SMTP_URL", "SECRET_KEY"):
        assert f"  - {name}: " in said


@pytest.mark.parametrize("command", ["run", "web"])
def test_slack_out_of_reach(command: str, settings: dict[str, str]) -> None:
    code, said = campaign_bot(command, **settings)
    assert code == 1
    assert "Slack can't be reached at http://127.0.0.1:9/api/" in said
    assert "check the network and SLACK_API_URL" in said


def test_check_gives_a_verdict_on_each(settings: dict[str, str]) -> None:
    campaign_bot("migrate", **settings)
    code, said = campaign_bot("check", **settings)
    assert code == 1
    assert "ok    settings\nok    database\nfail  mail server: " in said
    assert "fail  Slack: Slack can't be reached" in said
    assert "secret" not in said


def test_check_is_content_with_what_works_and_names_a_wrong_token(settings: dict[str, str]) -> None:
    campaign_bot("migrate", **settings)
    with Sandbox(manifest=MANIFEST) as slack, MailCatcher() as mail, Mailbox() as bounces, LetterCatcher() as post:
        settings |= {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": slack.bot_token, "SMTP_URL": mail.url}
        settings |= {"SLACK_APP_TOKEN": slack.app_token, "BOUNCE_IMAP_URL": bounces.url}
        code, told = campaign_bot("check", **settings)
        assert code == 0
        folder = f"ok    letters (to {settings['LETTER_FOLDER']})\n"
        assert told == f"ok    settings\nok    database\nok    mail server\nok    bounce mailbox\n{folder}ok    Slack\n"
        posting = {"LETTER_DELIVERY": "postgrid", "POSTGRID_API_URL": post.url, "POSTGRID_API_KEY": post.api_key}
        assert (
            "ok    PostGrid (test key: nothing is really posted)\n" in campaign_bot("check", **(settings | posting))[1]
        )
        assert "fail  PostGrid: PostGrid refused our key" in said(
            settings | posting | {"POSTGRID_API_KEY": "live_sk_x"}
        )
        wrong = {"BOUNCE_IMAP_URL": bounces.url.replace(quote(bounces.password), "wrong")}
        told = said(settings | {"SLACK_APP_TOKEN": "xapp-1-x"} | wrong)
        assert "Slack answered invalid_auth: check SLACK_APP_TOKEN." in told
        assert "fail  bounce mailbox: The mailbox refused the login: [AUTHENTICATIONFAILED]" in told
        assert "Slack answered invalid_auth: check SLACK_BOT_TOKEN." in said(settings | {"SLACK_BOT_TOKEN": "xoxb-1-x"})
        code, told = campaign_bot("run", **(settings | {"SLACK_BOT_TOKEN": "xoxb-1-x"}))
        assert code == 1
        assert "check SLACK_BOT_TOKEN." in told


def said(settings: dict[str, str]) -> str:
    code, told = campaign_bot("check", **settings)
    assert code == 1
    return told


def test_the_doctor_says_how_things_stand_and_mends_what_it_finds(settings: dict[str, str]) -> None:
    campaign_bot("migrate", **settings)
    code, said = campaign_bot("doctor", **settings)
    assert (code, said.splitlines()[0]) == (0, "actions: none")
    assert "ok    claims whose lease ran out\n" in said

    db = Database(settings["DATABASE_URL"])
    build = Builder(db)
    campaign = build.campaign(build.user(), state=CampaignState.SENDING)
    build.action(campaign, state=ActionState.SENDING, lease_until=NOW)
    db.dispose()
    code, said = campaign_bot("doctor", **settings)
    assert code == 1
    assert "fault claims whose lease ran out: 1 (worker-1)\n      no worker rescues them: is one running? " in said
    code, said = campaign_bot("doctor", "--mend", **settings)
    assert "actions: 1 queued\n" in said
    assert "ok    claims whose lease ran out (1 mended)\n" in said


def test_a_port_in_use(settings: dict[str, str]) -> None:
    with Sandbox(manifest=MANIFEST) as slack, socket.create_server(("127.0.0.1", 0)) as taken:
        settings |= {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": slack.bot_token}
        settings |= {"SLACK_APP_TOKEN": slack.app_token}
        settings |= {"HTTP_HOST": "127.0.0.1", "HTTP_PORT": str(taken.getsockname()[1])}
        code, told = campaign_bot("run", **settings)
    assert code == 1
    assert told.startswith("Can't listen on 127.0.0.1:")
    assert "Address already in use" in told
    assert "set HTTP_PORT or HTTP_HOST." in told


@pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs two cores of a Linux machine"
)
def test_a_running_bot_keeps_to_one_core_and_ends_when_told(settings: dict[str, str]) -> None:
    # with marks of its own: bots of other tests, or of this machine, may have every core
    marks = f"test/{uuid.uuid4()}"
    begin = f"import runpy, bot.cores as c; c.CORE = c.OneCore('{marks}'); runpy.run_module('bot', {{}}, '__main__')"
    with Sandbox(manifest=MANIFEST) as slack:
        settings |= {"SLACK_API_URL": slack.api_url, "SLACK_BOT_TOKEN": slack.bot_token}
        settings |= {"SLACK_APP_TOKEN": slack.app_token}
        kept = {name: value for name, value in os.environ.items() if name.lower() not in Settings.model_fields}
        words = [sys.executable, "-c", begin, "run"]
        with subprocess.Popen(words, env=kept | settings, stderr=subprocess.PIPE, text=True) as running:
            try:
                assert running.stderr is not None
                assert '"event": "started"' in running.stderr.readline()
                allowed = len(os.sched_getaffinity(running.pid))
                running.terminate()
                assert running.wait(timeout=20) == 0
            finally:
                running.kill()
    assert allowed == 1


@pytest.mark.parametrize("url", ["sqlite:////nowhere/at/all/bot.db", "postgresql://nobody@127.0.0.1:9/none"])
def test_a_database_that_can_not_be_opened(settings: dict[str, str], url: str) -> None:
    code, told = campaign_bot("migrate", **(settings | {"DATABASE_URL": url}))
    assert code == 1
    assert "The database can't be used: " in told
    assert "Check DATABASE_URL: the host, port, user" in told
    assert len(told.splitlines()) == 1


def test_check_says_in_one_line_that_the_database_is_out_of_reach(settings: dict[str, str]) -> None:
    told = said(settings | {"DATABASE_URL": "postgresql://nobody:secret@127.0.0.1:9/none"})
    lines = told.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "ok    settings",
        "fail  database",
        "fail  mail server",
        f"ok    letters (to {settings['LETTER_FOLDER']})",
        "fail  Slack",
    ]
    assert "Check DATABASE_URL: the host, port, user" in lines[1]
    assert "sqlalche.me" not in told
    assert "secret" not in told


def test_postgresql_is_migrated_when_told_to(settings: dict[str, str], postgres_server: str) -> None:
    settings["DATABASE_URL"] = postgres_server
    code, told = campaign_bot("worker", **settings)
    assert code == 1
    assert "campaign-bot migrate" in told
