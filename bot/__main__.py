"""The command line: campaign-bot run, web, worker, migrate, import, suppress, check, doctor."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.exc import OperationalError

from bot import __version__, log
from bot.config import Settings, load_settings
from bot.errors import BotError, ConfigError
from bot.pauses import uncollected

app = typer.Typer(
    name="campaign-bot",
    help="Collection campaigns run from Slack. Settings come from the environment; `check` says whether they work.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line; expected errors are said in plain words, with exit code 1."""
    log.configure()
    try:
        app()
    except ConfigError as error:
        print("The settings are not right:", file=sys.stderr)
        for fault in error.faults:
            print(f"  - {fault}", file=sys.stderr)
        sys.exit(1)
    except BotError as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    except OperationalError as error:
        print(_database_fault(error), file=sys.stderr)
        sys.exit(1)


@app.command()
def run() -> None:
    """Run everything in one process: Slack, HTTP and the sending of messages."""
    _run(web=True, worker=True)


@app.command()
def web() -> None:
    """Run the Slack half alone; any number on PostgreSQL."""
    _run(web=True, worker=False)


@app.command()
def worker() -> None:
    """Run the sending half alone; any number on PostgreSQL."""
    _run(web=False, worker=True)


@app.command()
def migrate() -> None:
    """Bring the database up to this release; a second call changes nothing."""
    from storage.migrate import upgrade

    print(f"The database is at revision {upgrade(load_settings().database_url)}.")


@app.command(name="import")
def import_book(
    files: Annotated[
        list[Path], typer.Argument(help="CSV, XLSX, XLS or ODS files; - for a Singer stream on standard input.")
    ],
    chosen: Annotated[
        list[str] | None, typer.Option("--map", help='What a column means: invoice.number="Invoice No". Remembered.')
    ] = None,
    date_order: Annotated[str | None, typer.Option(help="dmy, mdy or ymd, where dates can be read both ways.")] = None,
    decimal: Annotated[str | None, typer.Option(help='"." or ",", where amounts can be read both ways.')] = None,
    full: Annotated[bool, typer.Option("--full", help="Close open invoices that the files no longer list.")] = False,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Import the rest; write bad rows to a file.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Close invoices without asking.")] = False,
) -> None:
    """Import customers, contacts and invoices; all or nothing, and a second run changes nothing."""
    from bot import import_command
    from bot.app import home_workspace
    from storage.db import Database

    wishes = import_command.make_wishes(
        chosen or [], date_order=date_order, decimal=decimal, full=full, skip_bad=skip_bad, dry_run=dry_run
    )
    settings = load_settings()
    _ready(settings)
    db = Database(settings.database_url)
    import_command.run(db, home_workspace(settings, db), files, wishes, yes=yes)


@app.command()
def suppress(
    files: Annotated[list[Path], typer.Argument(help="CSV, XLSX, XLS or ODS lists of addresses and phone numbers.")],
    reason: Annotated[str, typer.Option(help="Why, for addresses without a reason of their own.")] = "From a list",
    country: Annotated[str | None, typer.Option(help="DE and so on: reads numbers without a country code.")] = None,
    skip_bad: Annotated[bool, typer.Option("--skip-bad", help="Leave out what is no address.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the lists hold.")] = False,
) -> None:
    """Suppress addresses, so that nothing goes out to them; all or nothing, and a second run changes nothing."""
    from bot import suppress_command
    from bot.app import home_workspace
    from storage.db import Database

    settings = load_settings()
    _ready(settings)
    db = Database(settings.database_url)
    suppress_command.run(
        db,
        home_workspace(settings, db),
        files,
        reason=reason,
        country=country,
        skip_bad=skip_bad,
        dry_run=dry_run,
    )


@app.command()
def check() -> None:
    """Try the settings, the database, the mail server's login and Slack, and say how each went."""
    from bot.checkup import checks

    settings = load_settings()
    print("ok    settings")
    failed = 0
    for name, attempt in checks(settings):
        fault = _attempt(attempt)
        failed += fault is not None
        print(f"{'fail' if fault else 'ok':5} {name}" + (f": {fault}" if fault else ""))
    if not settings.uses_socket_mode:
        print(f"Slack's request URL: {(settings.public_url or 'PUBLIC_URL').rstrip('/')}/slack/events")
    if failed:
        sys.exit(1)


@app.command()
def doctor(
    mend: Annotated[bool, typer.Option("--mend", help="Repair what can be repaired safely, then look again.")] = False,
) -> None:
    """Say how the engine stands: actions, workers, stuck claims, rows that don't agree; exit 1 where any is wrong."""
    from bot.doctor import examine
    from storage.db import Database

    settings = load_settings()
    _ready(settings)
    report = examine(Database(settings.database_url), mend=mend)
    for line in report.lines:
        print(line)
    for finding in report.findings:
        mended = f" ({finding.mended} mended)" if finding.mended else ""
        if finding.wrong:
            which = f" ({finding.which})" if finding.which else ""
            print(f"fault {finding.what}: {finding.wrong}{which}{mended}\n      {finding.advice}")
        else:
            print(f"ok    {finding.what}{mended}")
    if not report.is_well:
        sys.exit(1)


@app.command()
def demo(
    once: Annotated[bool, typer.Option("--once", help="Play a campaign on every channel by itself, and end.")] = False,
    keep: Annotated[bool, typer.Option("--keep", help="Go on where the last run ended.")] = False,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Where the page is; 0 for any.")] = 8765,
) -> None:
    """Use the bot in a local Slack in the browser, with its mail, SMS and letters; nothing leaves this machine."""
    log.configure(level=logging.WARNING)  # what goes well is on the page
    try:
        from bot.demo import play_once, show_page
    except ImportError as error:
        raise BotError(f"The demo needs {error.name}: pip install 'campaign-bot[sandbox]'") from None
    log.configure(level=logging.WARNING)  # what is going on is told by the demo itself
    if once:
        play_once()
    else:
        show_page(port, keep=keep)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _attempt(attempt: Callable[[], None]) -> str | None:
    try:
        attempt()
    except OperationalError as error:
        return _database_fault(error)
    except Exception as error:
        return str(error) or type(error).__name__
    return None


def _database_fault(error: OperationalError) -> str:
    """Return one line: a driver's own words have several, and SQLAlchemy adds a link to them."""
    words = str(error.orig).strip().partition("\n")[0].rstrip(".")
    return (
        f"The database can't be used: {words}. Check DATABASE_URL: the host, port, user, password and name of a server "
        "that runs, or a file in a folder that can be written to."
    )


def _run(*, web: bool, worker: bool) -> None:
    with uncollected():
        from bot.app import Bot

        settings = load_settings()
        _ready(settings)
        bot = Bot(settings, web=web, worker=worker, teller=not worker)
    bot.run()


def _ready(settings: Settings) -> None:
    """Bring an SQLite file up to date by itself; ask for `migrate` on PostgreSQL, where others may be running."""
    from storage.db import Database
    from storage.migrate import is_current, upgrade

    if settings.database_url.startswith("sqlite"):
        upgrade(settings.database_url)
        return
    db = Database(settings.database_url)
    try:
        if not is_current(db):
            raise ConfigError(["DATABASE_URL: the database is not at this release. Run `campaign-bot migrate` first."])
    finally:
        db.dispose()


if __name__ == "__main__":
    main()
