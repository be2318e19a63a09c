"""The processes that use the cores are named, and only what they used since the watch began."""

import os
import time

import pytest

from kbview.sources.counters import cpu_users
from kbview.sources.counters.cpu_users import CpuUsers, parse, process_time


def a_round(users: CpuUsers) -> None:
    """Look until a round is over."""
    before = users._rounds
    while users._rounds == before:
        users.look()


def burn(seconds: float) -> None:
    """Use so much CPU time."""
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass


def test_a_process_at_work_is_named_with_its_cpu_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu_users, "_AGAIN_S", 0)
    monkeypatch.setattr(cpu_users, "_SHOWN", 1000)
    users = CpuUsers()
    a_round(users)
    assert users.gauges() == {}
    began = process_time(str(os.getpid()))
    assert began is not None
    burn(0.2)
    a_round(users)
    name = f"CPU ms of {began.name} {os.getpid()}"
    assert users.gauges()[name] >= 180
    told = process_time(str(os.getpid()))
    assert told is not None
    assert users.gauges()[name] <= (told.ticks - began.ticks + 20) * cpu_users._TICK_MS


def test_the_number_of_a_process_that_has_gone_counts_anew() -> None:
    users = CpuUsers()
    before, after = (cpu_users.ProcessTime("a", 1, 900), cpu_users.ProcessTime("b", 2, 50))
    users._since, users._now = {7: before}, {7: after}
    assert users.gauges() == {"CPU ms of b 7": round(50 * cpu_users._TICK_MS)}


@pytest.mark.parametrize("name", [b"a", b"ksoftirqd/0", b"(a) b) c", b"x\xff\x1b[31m"])
def test_any_name_is_read(name: bytes) -> None:
    rest = b" S 1 1 1 0 -1 0 0 0 0 0 12 30 0 0 20 0 1 0 777 0 0\n"
    found = parse(b"42 (" + name + b")" + rest)
    assert found is not None
    assert (found.start, found.ticks) == (777, 42)
    assert found.name == name.decode("utf-8", "replace")


@pytest.mark.parametrize("line", [b"", b"42 (a", b"42 (a) S 1", b"42 (a) " + b"x " * 30])
def test_a_line_of_another_kind_is_none(line: bytes) -> None:
    assert parse(line) is None
