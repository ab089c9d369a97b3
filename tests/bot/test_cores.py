"""A core of its own for a process: in processes of their own, for a core once taken stays taken."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator

import pytest

from bot.cores import better

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2, reason="needs two cores of a Linux machine"
)
BEGIN = """
import json, os, subprocess, sys, threading
from bot.cores import OneCore
CORES = sorted(os.sched_getaffinity(0))[:2]
os.sched_setaffinity(0, CORES)
mine = lambda: sorted(os.sched_getaffinity(0))
def of_thread(run):
    found = []
    thread = threading.Thread(target=lambda: found.append(run()))
    thread.start()
    thread.join()
    return found[0]
def of_child():
    words = [sys.executable, "-c", "import os; print(sorted(os.sched_getaffinity(0)))"]
    return json.loads(subprocess.run(words, capture_output=True, text=True).stdout)
core = OneCore(sys.argv[1])
"""


@pytest.fixture
def marks() -> str:
    return f"test/{uuid.uuid4()}"


def _run(script: str, marks: str) -> list[object]:
    done = subprocess.run([sys.executable, "-c", BEGIN + script, marks], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_core_with_more_room_is_better() -> None:
    assert better(0, own=0.3, busy={0: 0.9, 1: 0.2}, cores={0, 1}) == 1
    assert better(0, own=0.3, busy={0: 0.9, 1: 0.4, 2: 0.1, 3: 0.0}, cores={0, 1, 2}) == 2


@pytest.mark.parametrize(
    ("own", "here", "there", "why"),
    [
        (0.9, 1.0, 0.0, "what is busy here is ours"),
        (0.1, 0.9, 0.0, "we hardly compute"),
        (0.3, 0.9, 0.55, "there is hardly more room there"),
        (0.5, 0.65, 0.0, "others take little here"),
        (0.5, 0.4, 0.0, "ours is partly on other cores"),
    ],
)
def test_one_stays_where_it_would_win_little(own: float, here: float, there: float, why: str) -> None:
    assert better(0, own=own, busy={0: here, 1: there}, cores={0, 1}) is None, why


def test_one_stays_where_there_is_nowhere_to_go() -> None:
    assert better(0, own=0.3, busy={0: 0.9, 1: 0.0}, cores={0}) is None


def test_every_thread_keeps_to_one_core_but_those_that_roam(marks: str) -> None:
    found = _run(
        """
go, over = threading.Event(), threading.Event()
early = []
before = threading.Thread(target=lambda: (go.wait(), early.append(mine()), over.wait()))
before.start()
print(json.dumps(core.keep()))
print(json.dumps(core.keep()))
go.set()
over.set()
before.join()
kept = mine()
with core.roaming():
    roaming = [mine(), of_child()]
    with core.roaming():
        pass
    roaming.append(mine())
print(json.dumps([len(kept), early[0] == kept, of_thread(mine) == kept, of_child() == kept, mine() == kept]))
print(json.dumps([each == CORES for each in roaming]))
print(json.dumps([of_thread(lambda: (core.roam(), mine())[1]) == CORES, mine() == kept]))
""",
        marks,
    )
    assert found == [True, True, [1, True, True, True, True], [True, True, True], [True, True]]


def test_nothing_roams_or_moves_where_no_core_is_kept(marks: str) -> None:
    found = _run(
        """
with core.roaming():
    core.roam()
core.look(0.5, {each: 0.9 for each in CORES})
print(json.dumps(mine() == CORES))
os.sched_setaffinity(0, CORES[:1])
print(json.dumps([core.keep(), mine() == CORES[:1]]))
""",
        marks,
    )
    assert found == [True, [False, True]]


def test_what_the_system_refuses_is_left_as_it_is(marks: str) -> None:
    found = _run(
        """
import resource, socket
taken = [socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) for _ in CORES]
taken[0].bind(f"\\0{sys.argv[1]}/{CORES[0]}")
core.keep()
here = mine()
for _ in range(100):
    core.look(0.3, {CORES[1]: 1.0, CORES[0]: 0.0})  # another bot has that one
print(json.dumps([here == CORES[1:], mine() == here]))
usual = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (0, usual[1]))
core.look(0.3, {CORES[1]: 1.0, CORES[0]: 0.0})
still = mine() == here
os.sched_setaffinity(0, CORES)
print(json.dumps([OneCore("test/none").keep(), mine() == CORES, still]))
resource.setrlimit(resource.RLIMIT_NOFILE, usual)
""",
        marks,
    )
    assert found == [[True, True], [False, True, True]]


def test_all_move_to_the_core_with_more_room_but_those_that_roam(marks: str) -> None:
    found = _run(
        """
core.keep()
here = mine()
there = [each for each in CORES if each not in here]
over, ready, roamed = threading.Event(), threading.Event(), threading.Event()
seen = {}
def stay():
    ready.set()
    over.wait()
    seen["kept"] = mine()
def wander():
    core.roam()
    roamed.set()
    over.wait()
    seen["roaming"] = mine()
threads = [threading.Thread(target=stay), threading.Thread(target=wander)]
for each in threads:
    each.start()
ready.wait()
roamed.wait()
for _ in range(100):
    core.look(0.9, {here[0]: 1.0, there[0]: 0.0})
print(json.dumps(mine() == here))
for _ in range(100):
    core.look(0.3, {here[0]: 1.0, there[0]: 0.0})
os.sched_setaffinity(threads[0].native_id, here)
core.look(0.3, {here[0]: 0.0, there[0]: 0.3})
over.set()
for each in threads:
    each.join()
print(json.dumps([mine() == there, seen["kept"] == there, seen["roaming"] == CORES]))
""",
        marks,
    )
    assert found == [True, [True, True, True]]


def test_each_bot_has_a_core_of_its_own_and_one_too_many_has_none(marks: str) -> None:
    script = BEGIN + "print(json.dumps([core.keep(), mine()]), flush=True)\nsys.stdin.readline()"

    def started() -> Iterator[subprocess.Popen[str]]:
        for _ in range(3):
            words = [sys.executable, "-c", script, marks]
            yield subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    cores = sorted(os.sched_getaffinity(0))[:2]
    running = list[subprocess.Popen[str]]()
    try:
        found = []
        for each in started():
            running.append(each)
            assert each.stdout is not None
            found.append(json.loads(each.stdout.readline()))
        assert sorted(found[:2], key=lambda each: each[1][0]) == [[True, [core]] for core in cores]
        assert found[2] == [False, cores]
        running[0].communicate("\n", timeout=60)
        assert _run("print(json.dumps([core.keep(), mine()]))", marks) == [found[0]]  # its mark went with it
    finally:
        for each in running:
            each.kill()
            each.communicate()
