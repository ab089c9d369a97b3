"""Tries on PostgreSQL what survived the changes of `make mutate` on SQLite, and names what survived both.

`python -m tests.survivors`, from the folder above `mutants`. For each change those tests of before run that know both
databases.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

MUTANTS = Path("mutants")
SURVIVED = 0
AT_ONCE = 4
MOST_SECONDS = 900


def main() -> None:
    """Say what survived on both databases."""
    tests = json.loads((MUTANTS / "mutmut-stats.json").read_text())["tests_by_mangled_function_name"]
    names = sorted(_survivors())
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(lambda name: _survives(name, tests.get(name.rpartition("__mutmut_")[0], [])), names)
        left = [name for name, survives in zip(names, found, strict=True) if survives]
    told = [f"{len(names)} survived on SQLite, {len(left)} of them on PostgreSQL too:", *left]
    sys.stdout.write("\n  ".join(told) + "\n")


def _survivors() -> Iterator[str]:
    for path in MUTANTS.rglob("*.meta"):
        for name, code in json.loads(path.read_text())["exit_code_by_key"].items():
            if code == SURVIVED:
                yield name


def _survives(name: str, tests: list[str]) -> bool:
    there = [test.replace("[sqlite", "[postgresql") for test in tests if "[sqlite" in test]
    if not there:
        return True
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *sorted(there)]
    environment = os.environ | {"MUTANT_UNDER_TEST": name}
    try:
        ran = subprocess.run(
            command, cwd=MUTANTS, env=environment, capture_output=True, timeout=MOST_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    if ran.returncode not in (0, 1):
        raise SystemExit(f"{name}: pytest ended with {ran.returncode}\n{ran.stdout.decode()}")
    return ran.returncode == 0


if __name__ == "__main__":
    main()
