"""The spinlock, and an accept queue that threads share."""

from itertools import pairwise

import pytest

from kbview.emulator.cost import Prices
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.contention import Lock
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.counts import WorkCounts
from kbview.emulator.hardware.idle import Governor, idle_states
from kbview.emulator.hardware.placement import PlacementSettings, places
from kbview.emulator.hardware.running_totals import RunningTotals
from kbview.emulator.kernel.socket.wait import Wait
from kbview.emulator.recorder import Recorder
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from tests.emulator.test_tcp import calls, made

PRICES = Prices(profile.load("xdp18"))
TRANSFER_PS = PRICES.step("line_transfer").cost_ps
PLAIN = PlacementSettings()


def cores(count: int, placement: PlacementSettings = PLAIN) -> list[Core]:
    states = idle_states(PRICES, "C1")
    counts = WorkCounts(RunningTotals(), Recorder())
    return [Core(place, PRICES, Governor(states), counts) for place in places(count, placement)]


def held(lock: Lock, core: Core, duration_ps: int) -> tuple[int, int]:
    """From when till when a core has the lock."""
    lock.take(core)
    taken_ps = core.now_ps
    core.now_ps += duration_ps
    lock.release(core)
    return taken_ps, core.now_ps


def test_who_had_it_last_has_it_at_once() -> None:
    lock, (core,) = Lock(PRICES, 4), cores(1)
    assert held(lock, core, 1000) == (0, 1000)
    assert held(lock, core, 1000) == (1000, 2000)


def test_another_core_fetches_the_lines() -> None:
    lock, (first, second) = Lock(PRICES, 4), cores(2)
    held(lock, first, 1000)
    second.now_ps = 5000
    assert held(lock, second, 1000)[0] == 5000 + 4 * TRANSFER_PS


def test_it_is_one_core_s_at_a_time_in_the_order_they_came() -> None:
    lock, some = Lock(PRICES, 1), cores(6)
    for number, core in enumerate(some):
        core.now_ps = 100 * number
    spans = [held(lock, core, 50_000) for core in some]
    assert all(a[1] <= b[0] for a, b in pairwise(spans))


def test_the_hand_over_takes_longer_the_more_cores_spin() -> None:
    """Boyd-Wickizer et al., OLS 2012: all who spin read the line again."""
    lock, some = Lock(PRICES, 0), cores(6)
    spans = [held(lock, core, 50_000) for core in some]
    gaps = [b[0] - a[1] for a, b in pairwise(spans)]
    assert gaps == [TRANSFER_PS * spinning // 2 for spinning in (1, 2, 3, 4, 5)]


@pytest.mark.parametrize("reuseport", [True, False])
@pytest.mark.parametrize("wait", ["epoll", "read"])
def test_every_connection_is_accepted_once_whoever_listens(reuseport: bool, wait: Wait) -> None:
    chosen = Settings(
        app="http", cores=4, queues=4, readers=4, reuseport=reuseport, wait=wait, response=3000
    )
    emulation, clients = made("kernel", chosen, calls(160, flows=40, loss=0.01))
    emulation.recorder.detail = Detail.STEPS
    accepted: list[ev.ConnectionAccepted] = []
    while not emulation.ended:
        emulation.advance(emulation.now_ps + 200_000_000)
        meters = emulation.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + emulation.datapath.buffers()
        accepted += [each for each in emulation.release() if isinstance(each, ev.ConnectionAccepted)]
    assert clients.finished == len(accepted) == 160
    assert {event.cpu for event in accepted} == {0, 1, 2, 3}
    assert len({event.socket for event in accepted}) == (4 if reuseport else 1)


def test_with_one_queue_those_who_come_late_find_nothing() -> None:
    """Each connection is told to every thread; EAGAIN is what the others get."""
    tries = {}
    for reuseport in (True, False):
        chosen = Settings(app="http", cores=4, queues=4, readers=4, reuseport=reuseport)
        emulation, _ = made("kernel", chosen, calls(100, flows=4))
        emulation.recorder.detail = Detail.STEPS
        emulation.advance(NEVER_PS)
        names = [event.name for event in emulation.release() if isinstance(event, ev.SyscallEntered)]
        tries[reuseport] = names.count("accept4")
    assert tries[True] == pytest.approx(200, abs=10)  # one that finds it, one that finds no other
    assert tries[False] > 300
