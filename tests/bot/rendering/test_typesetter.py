"""The process that sets documents in type: it may die of one, and nothing else does."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from textwrap import dedent

import pytest
from structlog.testing import capture_logs

from bot.rendering.content import TEMPLATES
from bot.rendering.typesetter import Broken, Refused, Typesetter

Begin = Callable[[str], Typesetter]

ANYWHERE = Path("anywhere.typ")
ADDRESS = TEMPLATES / "letter" / "address.typ"
FITS = '{"layout": "din5008b", "recipient": ["2 High Street"]}'
PREFACE = """
import json, os, sys
from pathlib import Path
begun = len(list(Path(__file__).parent.glob("begun-*")))
Path(__file__).with_name(f"begun-{begun}").touch()
def answer(token, *made):
    head = json.dumps({"token": token, "sizes": [len(each) for each in made]}).encode() + b"\\n"
    sys.stdout.buffer.write(head + b"".join(made))
    sys.stdout.buffer.flush()
answer("")
for line in sys.stdin.buffer:
    question = json.loads(line)
    token, text = question["token"], question["inputs"]["text"]
"""


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Begin typesetters whose process runs a few lines of Python for each question."""
    begun: list[Typesetter] = []

    def begin(lines: str) -> Typesetter:
        program = tmp_path / "program.py"
        program.write_text(PREFACE + "".join(f"    {line}\n" for line in dedent(lines).strip().splitlines()))
        begun.append(Typesetter(program))
        return begun[-1]

    yield begin
    for typesetter in begun:
        typesetter.close()


def times_begun(folder: Path) -> int:
    return len(list(folder.glob("begun-*")))


def test_one_process_sets_one_document_after_the_other(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("answer(token, b'first page of ' + text.encode(), b'', b'\\n{}' * 200_000)")
    assert typesetter.pid is None
    for text in ("Acme", "Grüße"):
        pages = typesetter.set(ANYWHERE, {"text": text})
        assert pages == [f"first page of {text}".encode(), b"", b"\n{}" * 200_000]
    assert times_begun(tmp_path) == 1


def test_a_process_that_was_killed_for_something_else_costs_no_document(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("os.abort() if begun == 0 else answer(token, text.encode())")
    assert typesetter.set(ANYWHERE, {"text": "Acme"}) == [b"Acme"]
    assert times_begun(tmp_path) == 2


@pytest.mark.parametrize(
    "deadly",
    [
        "os.abort()",
        "sys.exit()",
        "answer(token, b'half')\nos.abort()",
        "sys.stdout.buffer.write(b'{\"token\": 1')\nsys.stdout.flush()\nos.abort()",
        "sys.stdout.buffer.write(json.dumps({'token': token, 'sizes': [5]}).encode() + b'\\nhalf')\nsys.exit()",
        "answer('another', b'what somebody else asked for')",
    ],
    ids=["aborts", "ends", "answers and aborts", "half a head", "half a document", "another answer"],
)
def test_a_document_that_it_dies_of_is_named_broken_and_the_next_is_set(
    begin: Begin, tmp_path: Path, deadly: str
) -> None:
    body = "".join(f"    {line}\n" for line in deadly.splitlines())
    lines = f"if text == 'deadly':\n{body}else:\n    answer(token, text.encode())"
    typesetter = begin(lines)
    assert typesetter.set(ANYWHERE, {"text": "one"}) == [b"one"]
    if deadly.startswith("answer(token, "):  # dead after its answer: that one was whole
        assert typesetter.set(ANYWHERE, {"text": "deadly"}) == [b"half"]
    else:
        with pytest.raises(Broken):
            typesetter.set(ANYWHERE, {"text": "deadly"})
        assert times_begun(tmp_path) == 2
    assert typesetter.set(ANYWHERE, {"text": "two"}) == [b"two"]


def test_a_document_without_an_end_is_given_up_and_not_begun_again(tmp_path: Path) -> None:
    with closing(Typesetter(most_seconds=1)) as typesetter:
        with capture_logs() as logged, pytest.raises(Broken):
            typesetter.set(endless(tmp_path), {}, format="pdf")
        assert [(each["event"], each["code"]) for each in logged] == [("typesetter_died", -signal.SIGPROF)]
        assert typesetter.pid is None
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")[0].startswith(b"%PDF")


def endless(folder: Path) -> Path:
    """Write a document that takes hours: Typst has a limit for the rounds of one loop."""
    path = folder / "endless.typ"
    path.write_text("#for a in range(5000) { for b in range(5000) { for c in range(5000) { } } }")
    return path


def test_one_that_does_not_begin_says_so_and_tries_once(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("")
    (tmp_path / "program.py").write_text("import sys\nsys.exit(3)")
    with capture_logs() as logged, pytest.raises(Broken, match="does not begin"):
        typesetter.set(ANYWHERE, {"text": "Acme"})
    assert [(each["event"], each["code"]) for each in logged] == [("typesetter_did_not_begin", 3)]


def test_closed_it_begins_no_more(begin: Begin, tmp_path: Path) -> None:
    typesetter = begin("answer(token, text.encode())")
    typesetter.set(ANYWHERE, {"text": "Acme"})
    typesetter.close()
    with pytest.raises(Broken, match="closed"):
        typesetter.set(ANYWHERE, {"text": "Acme"})
    assert times_begun(tmp_path) == 1


def test_it_is_told_no_secrets(begin: Begin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    [found] = begin("answer(token, json.dumps(sorted(os.environ)).encode())").set(ANYWHERE, {"text": ""})
    assert set(json.loads(found)) <= {
        "HOME",
        "LANG",
        "LC_CTYPE",
        "LD_LIBRARY_PATH",
        "PATH",
        "RAYON_NUM_THREADS",
        "XDG_DATA_HOME",
    }


def test_an_answer_nobody_understands_is_an_error_and_leaves_nothing_for_the_next(begin: Begin) -> None:
    typesetter = begin("answer(token, text.encode()) if begun else print('what is this', flush=True)")
    with pytest.raises(ValueError, match="Expecting value"):
        typesetter.set(ANYWHERE, {"text": "one"})
    assert typesetter.set(ANYWHERE, {"text": "two"}) == [b"two"]


def test_what_typst_refuses_costs_no_process() -> None:
    with closing(Typesetter()) as typesetter:
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")[0].startswith(b"%PDF")
        pid = typesetter.pid
        with pytest.raises(Refused) as refused:
            typesetter.set(ADDRESS, {"letter": FITS.replace("2", "株")}, format="pdf", pdf_standards="a-2b")
        assert refused.value.said
        assert "High" not in str(refused.value)
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="png", ppi=30)[0].startswith(b"\x89PNG")
        assert typesetter.pid == pid
    assert typesetter.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems keep no such limits")
def test_a_document_that_takes_all_memory_takes_only_its_process(tmp_path: Path) -> None:
    hungry, modest = tmp_path / "hungry.typ", tmp_path / "modest.typ"
    hungry.write_text('#let grown = "x" * 1000\n#for _ in range(40) { grown = grown + grown }\n#grown.len()')
    modest.write_text("Dear customer")
    with closing(Typesetter(most_memory=300_000_000)) as typesetter:
        with capture_logs() as logged, pytest.raises(Broken):
            typesetter.set(hungry, {}, format="pdf")
        assert [each["code"] for each in logged] == [-signal.SIGABRT] * 2
        assert typesetter.set(modest, {}, format="pdf")[0].startswith(b"%PDF")
        limits = Path(f"/proc/{typesetter.pid}/limits").read_text()
        assert re.search(r"Max data size +300000000 ", limits)
        assert re.search(r"Max core file size +0 +0 ", limits)
        assert Path(f"/proc/{typesetter.pid}/oom_score_adj").read_text() == "1000\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_leaves_the_last_letters_to_be_set(number: signal.Signals) -> None:
    """As service managers and terminals send them: the bot still finishes what is in flight."""
    with closing(Typesetter()) as typesetter:
        typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")
        pid = typesetter.pid
        assert pid is not None
        os.kill(pid, number)
        assert typesetter.set(ADDRESS, {"letter": FITS}, format="pdf")[0].startswith(b"%PDF")
        assert typesetter.pid == pid


@pytest.mark.skipif(not hasattr(os, "pidfd_open"), reason="needs Linux")
@pytest.mark.parametrize("document", ["modest", "endless"])
@pytest.mark.parametrize("how", ["os.kill(os.getpid(), 9)", "pass"], ids=["killed", "ended"])
def test_it_does_not_outlive_the_bot(tmp_path: Path, how: str, document: str) -> None:
    """Idle it ends with its input; in the middle of a document by its limit, if nobody ends it."""
    given = tmp_path / "modest.typ"
    given.write_text("Dear customer")
    second = endless(tmp_path) if document == "endless" else given
    lines = f"""
        import os, sys, threading
        from pathlib import Path
        from bot.rendering import typesetter
        setter = typesetter.Typesetter(most_seconds=1)
        typesetter.atexit.register(setter.close)
        setter.set(Path({str(given)!r}), {{}}, format="pdf")
        threading.Thread(target=setter.set, args=(Path({str(second)!r}), {{}}), daemon=True).start()
        print(setter.pid, flush=True)
        sys.stdin.readline()
        {how}
    """
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", dedent(lines)], stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as bot:
        assert bot.stdin is not None
        assert bot.stdout is not None
        handle = os.pidfd_open(int(bot.stdout.readline()))
        bot.stdin.write("\n")
        bot.stdin.flush()
        try:
            assert select.select([handle], [], [], 60)[0], "the typesetter is still there"
        finally:
            os.close(handle)
