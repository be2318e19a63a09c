"""Tracepoints counted by the kernel, without a record of any."""

import os
from collections.abc import Iterator
from contextlib import closing

import pytest

from kbview.sources.linux.perf.tally import Tally, allowed
from kbview.sources.linux.tracefs import Mount

pytestmark = pytest.mark.live

CALL = "syscalls:sys_enter_getppid"


@pytest.fixture
def mount() -> Iterator[Mount]:
    with closing(Mount()) as made:
        if not allowed(made.path):
            pytest.skip("this machine does not let tracepoints be counted")
        yield made


def test_every_pass_is_counted_once_whichever_core_it_is_on(mount: Mount) -> None:
    before = os.sched_getaffinity(0)
    with closing(Tally(mount.path, CALL, f"common_pid == {os.getpid()}")) as tally:
        for cpu in sorted(before):
            os.sched_setaffinity(0, {cpu})
            for _ in range(50):
                os.getppid()
        os.sched_setaffinity(0, before)
        assert tally.read() == 50 * len(before)


def test_what_the_condition_excludes_is_not_counted(mount: Mount) -> None:
    with closing(Tally(mount.path, CALL, "common_pid == 1")) as tally:
        os.getppid()
        assert tally.read() == 0


@pytest.mark.parametrize(("tracepoint", "condition"), [("no:such", ""), (CALL, "nonsense ==")])
def test_what_cannot_be_counted_is_refused_and_leaves_nothing(
    mount: Mount, tracepoint: str, condition: str
) -> None:
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(OSError, match=r"."):
        Tally(mount.path, tracepoint, condition)
    assert len(os.listdir("/proc/self/fd")) == before
