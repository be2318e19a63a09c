"""The system calls that read datagrams: which, how many, at what price, and nothing lost between."""

from dataclasses import replace
from itertools import product

import msgspec
import pytest

from kbview.emulator.application import App
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.kernel.call.reader import CALLS
from kbview.emulator.kernel.socket.wait import RECV_CALLS, RecvCall, Wait
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from tests.emulator.running import at_both_details, emulation, finished, told

BUSY = Traffic(pattern="poisson", rate_pps=2_200_000, frames=1500)


@pytest.mark.parametrize(
    ("call", "wait", "app", "cores"),
    [*product(RECV_CALLS, ("read", "epoll"), ("sink", "echo"), (1, 2))],
)
def test_whatever_reads_nothing_is_lost_and_detail_changes_nothing(
    call: RecvCall, wait: Wait, app: App, cores: int
) -> None:
    settings = Settings(recv_call=call, wait=wait, app=app, cores=cores, recv_batch=7, rcvbuf=50_000)
    strided, coarse, fine = (emulation("kernel", settings, BUSY) for _ in range(3))
    while not strided.ended:
        strided.advance(strided.now_ps + 3_333_333)
        meters = strided.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + strided.datapath.buffers()
    fine.recorder.detail = Detail.STEPS
    for made in (coarse, fine):
        made.advance(NEVER_PS)
    left, right = (msgspec.to_builtins(each.sample().meters) for each in (coarse, fine))
    assert left == right
    calls = {event.name for event in fine.release() if isinstance(event, ev.SyscallEntered)}
    others = {"epoll_wait": wait == "epoll", "sendto": app == "echo"}
    assert calls == {call, *(name for name, made in others.items() if made)}


def test_a_vector_is_filled_while_there_is_something() -> None:
    """recvmmsg(2): up to vlen messages a call; MSG_WAITFORONE returns with fewer rather than sleep."""
    made = emulation(
        "kernel", Settings(wait="read", recv_call="recvmmsg", recv_batch=8), BUSY, Detail.STEPS
    )
    made.advance(NEVER_PS)
    meters = made.sample().meters
    assert meters.delivered / 8 <= meters.syscalls < meters.delivered / 6
    slow = Traffic(rate_pps=20_000, frames=50)
    made = emulation("kernel", Settings(wait="read", recv_call="recvmmsg"), slow)
    made.advance(NEVER_PS)
    # the last call has found nothing and sleeps
    assert made.sample().meters.syscalls == 51


def test_messages_of_a_call_are_the_application_s_when_it_returns() -> None:
    made = emulation(
        "kernel", Settings(wait="read", recv_call="recvmmsg", recv_batch=4), BUSY, Detail.STEPS
    )
    made.advance(NEVER_PS)
    inside = False
    copies = 0
    for event in made.release():
        if isinstance(event, ev.SyscallEntered):
            inside, copies = True, 0
        elif isinstance(event, ev.Copied):
            copies += 1
            assert copies <= 4
        elif isinstance(event, ev.ModeSwitched) and event.why == "syscall":
            inside = event.to == "kernel"
        elif isinstance(event, ev.PacketDelivered):
            assert not inside


def test_every_call_is_known_to_the_reader() -> None:
    assert tuple(CALLS) == RECV_CALLS


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"recv_call": "readv"},
            'recv_call = "readv" is unknown; use "recv", "read", "recvmsg" or "recvmmsg"',
        ),
        ({"recv_batch": 0}, "recv_batch = 0 is out of range; use 1 to 1024"),
        ({"recv_batch": 2000}, "recv_batch = 2000 is out of range; use 1 to 1024"),
    ],
)
def test_what_cannot_be_is_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Settings(**settings)  # type: ignore[arg-type]
    assert str(caught.value) == message


# ---- cache lines between cores -------------------------------------------------------------------


def lines_moved(settings: Settings, offered: Traffic, datapath: str = "kernel") -> tuple[int, int]:
    """How many packets were read, and for how many of them cache lines came from another core."""
    stages = finished(datapath, settings, offered).stages
    moved = stages["skb_lines"].count if "skb_lines" in stages else 0
    return stages["socket_recv"].count, moved


@pytest.mark.parametrize("call", RECV_CALLS)
@pytest.mark.parametrize("wait", ["read", "epoll"])
def test_a_reader_on_the_softirqs_core_has_the_lines_of_the_sk_buff(call: RecvCall, wait: Wait) -> None:
    settings = Settings(cores=2, recv_call=call, wait=wait)
    offered = Traffic(rate_pps=300_000, frames=300)
    assert lines_moved(replace(settings, app_cpu=0), offered) == (300, 0)
    assert lines_moved(replace(settings, app_cpu=1), offered) == (300, 300)


def test_kernel_irq_moves_the_same_lines() -> None:
    offered = Traffic(rate_pps=100_000, frames=200)
    assert lines_moved(Settings(cores=2, app_cpu=0), offered, "kernel-irq") == (200, 0)
    assert lines_moved(Settings(cores=2, app_cpu=1), offered, "kernel-irq") == (200, 200)


@pytest.mark.parametrize("rate_pps", [400_000, 1_700_000])
def test_each_packet_of_two_softirqs_is_priced_by_the_core_that_queued_it(rate_pps: float) -> None:
    """The reader's core polls one of two queues: runs end where the next packet is of the other."""
    settings = Settings(cores=2, queues=2, wait="read")
    offered = Traffic(pattern="poisson", rate_pps=rate_pps, flows=64, frames=3000)
    events = told("kernel", settings, offered)
    queued = {event.packet: event.cpu for event in events if isinstance(event, ev.SocketQueued)}
    moved = {
        event.packet
        for event in events
        if isinstance(event, ev.StepTaken) and event.step == "skb_lines"
    }
    read = {event.packet for event in events if isinstance(event, ev.SocketDequeued)}
    assert moved == {packet for packet in read if queued[packet] == 0}
    assert 0 < len(moved) < len(read)
    coarse, fine = at_both_details("kernel", settings, offered)
    assert coarse == fine
