"""The process that sets documents in type: it may die of one, and nothing else does."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from bot.rendering.content import TEMPLATES
from bot.rendering.typesetter import Broken, Refused, Typesetter

Begin = Callable[[str], Typesetter]

ANYWHERE = Path("anywhere.typ")
ADDRESS = TEMPLATES / "letter" / "address.typ"
FITS = '{"layout": "din5008b", "recipient": ["2 High Street"]}'
PREFACE = """
import json, os, sys, time
from pathlib import Path
begun = len(list(Path(__file__).parent.glob("begun-*")))
Path(__file__).with_name(f"begun-{begun}").touch()
def answer(number, *made):
    head = json.dumps({"number": number, "sizes": [len(each) for each in made]}).encode() + b"\\n"
    sys.stdout.buffer.write(head + b"".join(made))
    sys.stdout.buffer.flush()
for line in sys.stdin.buffer:
    question = json.loads(line)
    number, text = question["number"], question["inputs"]["text"]
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin typesetters whose process runs a few lines of Python for each question."""
    begun: list[Typesetter] = []

    def begin(lines: str) -> Typesetter:
        program = tmp_path / "program.py"
        program.write_text(PREFACE + "".join(f"    {line}\n" for line in dedent(lines).strip().splitlines()))
        begun.append(Typesetter(program, most_seconds=20))
        return begun[-1]

    yield begin
    for typesetter in begun:
        typesetter.close()


def times_begun(folder: Path) -> int:
    return len(list(folder.glob("begun-*")))


def test_one_process_sets_one_document_after_the_other(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("answer(number, b'first page of ' + text.encode(), b'', b'\\n{}' * 200_000)")
    assert typesetter.pid is None
    for text in ("Acme", "Grüße"):
        pages = typesetter.set(ANYWHERE, {"text": text})
        assert pages == [f"first page of {text}".encode(), b"", b"\n{}" * 200_000]
    assert times_begun(tmp_path) == 1


def test_a_process_that_was_killed_for_something_else_costs_no_document(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("os.abort() if begun == 0 else answer(number, text.encode())")
    assert typesetter.set(ANYWHERE, {"text": "Acme"}) == [b"Acme"]
    assert times_begun(tmp_path) == 2


@pytest.mark.parametrize(
    "deadly",
    [
        "os.abort()",
        "sys.exit()",
        "answer(number, b'half')\nos.abort()",
        "sys.stdout.buffer.write(b'{\"number\": 1')\nsys.stdout.flush()\nos.abort()",
        "sys.stdout.buffer.write(json.dumps({'number': number, 'sizes': [5]}).encode() + b'\\nhalf')\nsys.exit()",
        "answer(number - 1, b'what somebody else asked for')",
    ],
    ids=["aborts", "ends", "answers and aborts", "half a head", "half a document", "another answer"],
)
def test_a_document_that_it_dies_of_is_named_broken_and_the_next_is_set(
    begin: Begin, tmp_path: Path, deadly: str
) -> None:
    body = "".join(f"    {line}\n" for line in deadly.splitlines())
    lines = f"if text == 'deadly':\n{body}else:\n    answer(number, text.encode())"
    typesetter = begin(lines)
    assert typesetter.set(ANYWHERE, {"text": "one"}) == [b"one"]
    if deadly.startswith("answer(number, "):  # dead after its answer: that one was whole
        assert typesetter.set(ANYWHERE, {"text": "deadly"}) == [b"half"]
    else:
        with pytest.raises(Broken):
            typesetter.set(ANYWHERE, {"text": "deadly"})
        assert times_begun(tmp_path) == 2
    assert typesetter.set(ANYWHERE, {"text": "two"}) == [b"two"]


def test_a_document_without_an_end_is_given_up(begin: Begin, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    begin("time.sleep(600)")
    typesetter = Typesetter(program, most_seconds=0.2)
    with pytest.raises(Broken):
        typesetter.set(ANYWHERE, {"text": "endless"})
    assert times_begun(tmp_path) == 2
    assert typesetter.pid is None


def test_an_answer_nobody_understands_is_an_error_and_leaves_nothing_for_the_next(begin: Begin) -> None:
    typesetter = begin("answer(number, text.encode()) if begun else print('what is this', flush=True)")
    with pytest.raises(ValueError, match="Expecting value"):
        typesetter.set(ANYWHERE, {"text": "one"})
    assert typesetter.set(ANYWHERE, {"text": "two"}) == [b"two"]


def test_what_typst_refuses_costs_no_process() -> None:
    typesetter = Typesetter()
    try:
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")[0].startswith(b"%PDF")
        pid = typesetter.pid
        with pytest.raises(Refused) as refused:
            typesetter.set(ADDRESS, {"letter": FITS.replace("2", "株")}, format="pdf", pdf_standards="a-2b")
        assert refused.value.said
        assert "High" not in str(refused.value)
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="png", ppi=30)[0].startswith(b"\x89PNG")
        assert typesetter.pid == pid
    finally:
        typesetter.close()
    assert typesetter.pid is None


def test_a_document_that_takes_all_memory_takes_only_its_process(tmp_path: Path) -> None:
    hungry, modest = tmp_path / "hungry.typ", tmp_path / "modest.typ"
    hungry.write_text('#let grown = "x" * 1000\n#for _ in range(40) { grown = grown + grown }\n#grown.len()')
    modest.write_text("Dear customer")
    typesetter = Typesetter()
    try:
        with pytest.raises(Broken):
            typesetter.set(hungry, {}, format="pdf")
        assert typesetter.set(modest, {}, format="pdf")[0].startswith(b"%PDF")
    finally:
        typesetter.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_leaves_the_last_letters_to_be_set(number: signal.Signals) -> None:
    """As service managers and terminals send them: the bot still finishes what is in flight."""
    typesetter = Typesetter()
    try:
        typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")
        pid = typesetter.pid
        assert pid is not None
        os.kill(pid, number)
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")[0].startswith(b"%PDF")
        assert typesetter.pid == pid
    finally:
        typesetter.close()


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "pass"], ids=["killed", "ended"])
def test_it_does_not_outlive_the_bot(how: str) -> None:
    lines = f"""
        import os, sys
        from bot.rendering.typesetter import TYPESETTER, pdf_of
        pdf_of("address", {{"layout": "din5008b", "recipient": ["2 High Street"]}})
        print(TYPESETTER.pid, flush=True)
        sys.stdin.readline()
        {how}
    """
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", dedent(lines)], stdin=pipe, stdout=pipe, text=True) as bot:
        assert bot.stdin is not None
        assert bot.stdout is not None
        handle = os.pidfd_open(int(bot.stdout.readline()))
        bot.stdin.write("\n")
        bot.stdin.flush()
        try:
            assert select.select([handle], [], [], 30)[0], "the typesetter is still there"
        finally:
            os.close(handle)
