"""The demo's stage: who is in it, and how another run goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.demo.page import show_page
from bot.demo.stage import Stage
from bot.errors import UserError
from sandbox import Sandbox
from sandbox.page import Page


def test_everybody_sees_what_their_part_is_and_another_run_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with Stage(folder) as stage:
        assert not stage.resumed
        assert stage.imported.startswith("300 customers, ")
        people = {one.profile.title: one for one in stage.sandbox.people.values()}
        assert list(people) == ["Admin", "Finance user", "Account manager", "No access yet"]
        shown = {}
        for title in ("Admin", "Finance user", "Account manager"):
            people[title].command("/campaign")
            people[title].modal("Campaigns").click("New email campaign")
            who = people[title].modal("Who")
            shown[title] = next(text for text in who.options("who_all") if text.startswith("All "))
            who.close()
        assert shown["Admin"] == shown["Finance user"]
        assert shown["Account manager"] != shown["Admin"]
        answer = people["No access yet"].command("/campaign").wait_for("Alice Martin")
        assert "access" in answer.text
        assert stage.sandbox.violations == []
    with Stage(folder, keep=True) as stage:
        assert stage.resumed
        alice = stage.sandbox.people["U0ALICE001"]
        alice.command("/campaign")
        assert "Resume draft" in alice.modal("Campaigns").buttons


def test_a_port_in_use_leaves_the_other_run_alone(tmp_path: Path) -> None:
    (tmp_path / "demo.db").write_text("of the other run")
    with Page(Sandbox(), port=0) as other:
        port = int(other.url.rstrip("/").rpartition(":")[2])
        with pytest.raises(UserError, match=f'Port {port} is in use.*ARGS="--port {port + 1}"'):
            show_page(port, folder=tmp_path)
    assert (tmp_path / "demo.db").read_text() == "of the other run"
