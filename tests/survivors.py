"""Tries on PostgreSQL what survived the changes of `make mutate` on SQLite, and names what survived both.

`python -m tests.survivors`, from the folder above `mutants`. For each change those tests of before run that know both
databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MUTANTS = Path("mutants")
SURVIVED, UNTRIED, TIMED_OUT = 0, 33, (24, -24, 36, 152, 255)
"""How mutmut notes a change that no test noticed, one that no test on SQLite runs, and one that came to no end."""
AT_ONCE = 4
MOST_SECONDS = 900


def main() -> None:
    """Say what survived on both databases."""
    covering = json.loads((MUTANTS / "mutmut-stats.json").read_text())["tests_by_mangled_function_name"]
    known = set(_pytest("--collect-only", "tests/bot", "tests/storage").stdout.splitlines())
    names, endless = sorted(_noted(SURVIVED, UNTRIED)), len(list(_noted(*TIMED_OUT)))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tests = (_there(covering.get(name.rpartition("__mutmut_")[0], ())) & known for name in names)
        found = pool.map(_survives, names, tests)
        left = [name for name, survives in zip(names, found, strict=True) if survives]
    told = [f"{endless} came to no end; {len(names)} survived on SQLite, {len(left)} of them on PostgreSQL too:", *left]
    sys.stdout.write("\n  ".join(told) + "\n")


def _noted(*codes: int) -> Iterator[str]:
    for path in MUTANTS.rglob("*.meta"):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            if code in codes:
                yield name


def _there(tests: Iterable[str]) -> set[str]:
    """Return what these tests would be called on PostgreSQL."""
    named = (test.partition("[") for test in tests if "[" in test)
    return {f"{name}[{given.replace('sqlite', 'postgresql')}" for name, _, given in named if "sqlite" in given}


def _survives(name: str, tests: set[str]) -> bool:
    if not tests:
        return True
    try:
        ran = _pytest("-x", *sorted(tests), mutant=name)
    except subprocess.TimeoutExpired:
        return False
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{name}: pytest ended with {ran.returncode}\n{ran.stdout}")
    return ran.returncode == 0


def _pytest(*words: str, mutant: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *words]
    environment = os.environ | {"MUTANT_UNDER_TEST": mutant}
    return subprocess.run(
        command, cwd=MUTANTS, env=environment, capture_output=True, text=True, timeout=MOST_SECONDS, check=False
    )


if __name__ == "__main__":
    main()
