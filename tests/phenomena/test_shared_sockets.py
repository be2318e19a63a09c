"""Several readers of one UDP socket, and readers on softirq's core: Cloudflare, June 2015 (T37)."""

from dataclasses import replace

import pytest

from kbview.emulator.cost import Prices
from kbview.emulator.kernel.socket.wait import RecvCall
from kbview.emulator.keys import ScenarioError
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from kbview.tape.events import SocketQueued
from kbview.tape.meter import Meters
from tests.emulator.running import after, at_both_details, emulation, ended, finished

OLD = Settings(cores=2, queues=1, wait="read", reader_queue=False)  # before Linux 4.13
TWO = replace(OLD, cores=4, queues=2, readers=2)
SHARED = replace(TWO, reuseport=False)
SOME = Traffic(pattern="poisson", rate_pps=1e6, frames=3000, flows=64)


def rate(settings: Settings, pps: float, calibration: str = "xdp18", flows: int = 64) -> float:
    """Delivered datagrams a second where more arrive than are read."""
    offered = Traffic(rate_pps=pps, size=78, flows=flows)
    made = emulation("kernel", settings, offered, calibration=calibration)
    before = after(10_000, made).delivered
    return (after(30_000, made).delivered - before) / 20e-3


@pytest.mark.parametrize("call", ["recv", "recvmmsg"])
@pytest.mark.parametrize("reader_queue", [True, False])
def test_readers_of_one_socket_take_each_datagram_once(call: RecvCall, reader_queue: bool) -> None:
    """A socket that a yielding reader has named stands in the list of ready sockets once."""
    settings = replace(SHARED, recv_call=call, recv_batch=8, reader_queue=reader_queue)
    coarse, fine = at_both_details("kernel", settings, SOME)
    assert coarse == fine
    assert coarse.delivered == coarse.arrived == 3000
    assert coarse.syscalls < 3000 or call == "recv"
    assert min(core.syscall_ps for core in coarse.cores[2:]) > 0  # both read


def test_without_reuseport_there_is_one_socket() -> None:
    """man 7 socket: SO_REUSEPORT binds a socket of each thread to the same port."""
    named = {}
    for settings in (SHARED, TWO):
        events = ended("kernel", settings, SOME, Detail.STEPS).release()
        named[settings.reuseport] = {each.socket for each in events if isinstance(each, SocketQueued)}
    assert len(named[False]) * 2 == len(named[True])


def test_a_packet_wakes_one_reader() -> None:
    """prepare_to_wait_exclusive(): with a datagram at a time no reader wakes for nothing."""
    lone = Traffic(pattern="constant", rate_pps=1e4, frames=300)
    assert finished("kernel", SHARED, lone).wakeups == 300


def test_a_second_reader_of_the_same_socket_adds_little_and_a_second_socket_adds_more() -> None:
    """The post: a second thread on one socket adds nothing; SO_REUSEPORT does."""
    shape = {"recv_call": "recvmmsg", "recv_batch": 64, "link_gbps": 10.0}
    one, both, own = (
        rate(replace(settings, **shape), 1.6e6, "udp15")  # type: ignore[arg-type]
        for settings in (replace(SHARED, readers=1), SHARED, TWO)
    )
    assert both < 1.1 * one
    assert own > 1.2 * both


def test_the_old_lock_costs_its_lines_a_packet_on_each_side() -> None:
    """Softirq and a reader on another core take turns: each take fetches the lines of the lock."""
    new = replace(OLD, reader_queue=True)
    lines_ps = 4 * Prices(profile.load("xdp18")).step("line_transfer").cost_ps
    longer_ps = 1e12 / rate(OLD, 3e6) - 1e12 / rate(new, 3e6)
    assert lines_ps < longer_ps < 2 * lines_ps  # and waits while the other side holds the lock


def test_one_core_has_no_line_to_fetch() -> None:
    same = replace(OLD, app_cpu=0)
    old, new = (finished("kernel", replace(same, reader_queue=queue), SOME) for queue in (False, True))
    assert old.cores == new.cores
    assert old.latency == new.latency


def flooded(call: RecvCall) -> Meters:
    settings = replace(OLD, app_cpu=0, recv_call=call, recv_batch=64, link_gbps=10.0)
    made = emulation("kernel", settings, Traffic(rate_pps=1.6e6, size=78), calibration="udp15")
    return after(40_000, made)


@pytest.mark.parametrize("call", ["recv", "recvmmsg"])
def test_a_flood_on_the_readers_core_leaves_it_nothing(call: RecvCall) -> None:
    """Each datagram read enables bottom halves: skb_free_datagram_locked(), unlock_sock_fast().

    Before Linux 4.9 (commit 4cd13c21b207) pending softirqs then run in the reader's time.
    """
    meters = flooded(call)
    assert meters.delivered < 0.01 * meters.arrived


def test_readers_of_one_socket_wait_in_the_reading_call() -> None:
    with pytest.raises(ScenarioError, match='use wait = "read"'):
        emulation("kernel", replace(SHARED, wait="epoll"))
