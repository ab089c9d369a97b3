"""What keeps the pauses of a process short."""

from __future__ import annotations

import gc
import os
import socket
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.errors import UserError
from bot.pauses import keep_pauses_short, stand_back, uncollected
from bot.web import listen


def test_what_is_imported_is_not_collected_any_more_and_threads_wait_less_for_each_other() -> None:
    before, interval = gc.get_threshold(), sys.getswitchinterval()
    try:
        keep_pauses_short(answers_slack=False)
        assert sys.getswitchinterval() == interval
        keep_pauses_short(answers_slack=True)
        assert gc.get_freeze_count() > 50_000
        assert gc.get_threshold() == (10_000, 10, 10)
        assert sys.getswitchinterval() == pytest.approx(0.001)
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
        sys.setswitchinterval(interval)


def test_while_everything_is_built_nothing_is_collected_nor_is_it_later() -> None:
    try:
        with pytest.raises(UserError), uncollected():
            assert not gc.isenabled()
            raise UserError("the port is taken")
        assert gc.isenabled()
        assert gc.get_freeze_count() > 50_000
    finally:
        gc.unfreeze()


@pytest.mark.skipif(sys.platform != "linux", reason="threads have priorities of their own on Linux alone")
def test_a_thread_stands_back_alone() -> None:
    def priority() -> int:
        return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())

    mine = priority()
    with ThreadPoolExecutor(1, initializer=stand_back) as pool:
        assert pool.submit(priority).result() == min(mine + 5, 19)
    assert priority() == mine


def test_an_answer_leaves_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        with pytest.raises(UserError, match="set HTTP_PORT"):
            listen("127.0.0.1", listener.getsockname()[1])
