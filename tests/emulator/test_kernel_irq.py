"""The textbook path: its mode switches, its queues, its priorities, and its books."""

from itertools import product
from typing import Any

import pytest

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.sources.emulated import profile
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS
from tests.emulator.running import emulation, finished, told

BUSY: dict[str, Any] = {"cores": 1, "app_cycles": 400_000}  # 111 us of work on each packet
ROUTER: dict[str, Any] = {"app": "forward", "cores": 1, "ring": 64, "tx_ring": 64, "txqueuelen": 50}
CURED: dict[str, Any] = {**ROUTER, "irq_cure": "polling"}


def second(events: list[ev.Event]) -> list[ev.Event]:
    """What happened from the arrival of the second packet on."""
    begin = next(
        at for at, event in enumerate(events) if isinstance(event, ev.FrameArrived) and event.packet
    )
    return events[begin:]


# ---- the lecture, sections 3.2 to 3.5 ------------------------------------------------------------


def test_a_packet_that_finds_the_application_at_work_crosses_the_wall_six_times() -> None:
    """Interrupt and back (3.2), soft interrupt and back (3.3, 3.4), read() and back (3.5)."""
    marks = (ev.ModeSwitched, ev.IrqRaised, ev.SoftirqEntered, ev.SocketQueued, ev.SyscallEntered)
    story = [
        (type(event).__name__, getattr(event, "to", ""), getattr(event, "why", ""))
        for event in second(told("kernel-irq", Settings(**BUSY), Traffic(rate_pps=20_000, frames=2)))
        if isinstance(event, (*marks, ev.PacketDelivered))
    ]
    assert story[: story.index(("PacketDelivered", "", "")) + 1] == [
        ("ModeSwitched", ev.Mode.KERNEL, "irq"),
        ("IrqRaised", "", ""),
        ("ModeSwitched", ev.Mode.USER, "irq"),
        ("ModeSwitched", ev.Mode.KERNEL, "irq"),
        ("SoftirqEntered", "", ""),
        ("SocketQueued", "", ""),
        ("ModeSwitched", ev.Mode.USER, "irq"),
        ("SyscallEntered", "", ""),
        ("ModeSwitched", ev.Mode.KERNEL, "syscall"),
        ("ModeSwitched", ev.Mode.USER, "syscall"),
        ("PacketDelivered", "", ""),
    ]


def test_the_process_goes_on_between_interrupt_and_soft_interrupt() -> None:
    """3.2: "CPU continues with the interrupted process"; its work is resumed, not begun again."""
    events = told("kernel-irq", Settings(**BUSY), Traffic(rate_pps=20_000, frames=2))
    steps = [event for event in second(events) if isinstance(event, ev.StepTaken)]
    names = [step.step for step in steps]
    raised, soft = names.index("isr"), names.index("netisr_dispatch")
    assert "app_work_resumed" in names[raised:soft]
    pieces = [
        event.duration_ps
        for event in events
        if isinstance(event, ev.StepTaken) and event.step.startswith("app_work") and not event.packet
    ]
    assert len(pieces) == 3
    assert sum(pieces) == profile_cost("app_work") + round(400_000 / 3.6e9 * 1e12)


def profile_cost(step: str) -> int:
    row = profile.load("xdp18").steps[step]
    return round(row.cycles / 3.6e9 * 1e12 + row.ns * 1000)


def test_a_soft_interrupt_of_the_kernel_crosses_no_wall() -> None:
    """The idle loop is interrupted in kernel mode: the soft interrupt follows the handler at once."""
    events = told("kernel-irq", Settings(cores=1), Traffic(rate_pps=20_000, frames=1))
    switches = [event.why for event in events if isinstance(event, ev.ModeSwitched)]
    assert set(switches) == {"syscall"}
    queued = next(event for event in events if isinstance(event, ev.RingProduced))
    entered = next(event for event in events if isinstance(event, ev.SoftirqEntered))
    assert entered.time_ps == queued.time_ps
    assert entered.by == "schednetisr"


def test_the_sk_buff_is_allocated_in_the_soft_interrupt_and_freed_by_read() -> None:
    """3.3 and 3.5: allocate, queue, copy once, release."""
    marks = (ev.IrqRaised, ev.SoftirqEntered, ev.SkbAllocated, ev.SocketQueued, ev.Copied, ev.SkbFreed)
    events = told("kernel-irq", Settings(cores=1), Traffic(rate_pps=20_000, frames=1))
    assert [type(event) for event in events if isinstance(event, marks)] == [*marks]


@pytest.mark.parametrize("rate_pps", [20_000, 500_000, 1_500_000])
def test_there_is_an_interrupt_for_each_packet_that_finds_a_descriptor(rate_pps: float) -> None:
    """No mask and no moderation, whatever the settings of other drivers are."""
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, frames=3000)
    meters = finished("kernel-irq", Settings(moderation_us=100.0, moderation_frames=64), traffic)
    assert meters.interrupts == meters.arrived - meters.missed
    assert meters.polls == 0
    assert meters.softirqs <= meters.interrupts


# ---- queues, priorities, books -------------------------------------------------------------------


def test_interrupts_leave_nothing_for_soft_interrupts() -> None:
    """Four million a second: ipintrq holds as many as it may, and nothing is taken from it."""
    made = emulation(
        "kernel-irq", Settings(cores=1, ipintrq_maxlen=30), Traffic(rate_pps=4e6, frames=40_000)
    )
    made.advance(5 * 10**9)
    meters = made.sample().meters
    assert meters.delivered == 0
    assert meters.drops["ipintrq/CPU_BACKLOG"] > 5000
    assert meters.missed > 0
    (queue,) = [ring for ring in meters.rings if ring.kind == "ipintrq"]
    assert (queue.done, queue.size) == (30, 30)
    assert meters.cores[0].hardirq_ps > 0.99 * 5 * 10**9


def test_soft_interrupts_leave_nothing_for_the_application() -> None:
    """1.4 million a second: what soft interrupts bring up dies at the socket, by truesize."""
    made = emulation(
        "kernel-irq", Settings(cores=1, rcvbuf=40_000), Traffic(rate_pps=1.4e6, frames=40_000)
    )
    made.advance(10 * 10**9)
    meters = made.sample().meters
    assert meters.delivered < 0.01 * meters.arrived
    assert meters.drops["socket/SOCKET_RCVBUFF"] > meters.drops.get("ipintrq/CPU_BACKLOG", 0) > 0
    assert meters.sockets["udp :9000"].packets == 40_000 // 2304


def test_the_screening_queue_is_bounded_and_says_where_packets_die() -> None:
    meters = finished(
        "kernel-irq",
        Settings(screend=True, screenq_maxlen=8, **ROUTER),
        Traffic(rate_pps=900_000, frames=4000),
    )
    assert meters.drops["screenq/FULL_RING"] > 0
    assert meters.delivered == meters.sent > 0
    assert meters.syscalls >= meters.copies >= meters.sent
    assert meters.allocations == meters.frees


MACHINES: dict[str, dict[str, Any]] = {
    "sink": {"cores": 1, "ring": 64},
    "echo": {"cores": 2, "app": "echo", "tx_ring": 16},
    "router": ROUTER,
    "screend": {**ROUTER, "screend": True},
    "screend apart": {**ROUTER, "screend": True, "cores": 2},
    "polled sink": {"cores": 1, "irq_cure": "polling"},
    "no quota": {**CURED, "poll_quota": 0},
    "quota": CURED,
    "feedback": {**CURED, "screend": True, "queue_feedback": True},
    "feedback apart": {**CURED, "screend": True, "queue_feedback": True, "cores": 2, "queues": 2},
}


@pytest.mark.parametrize(("name", "rate_pps"), [*product(MACHINES, (4e5, 3e6))])
def test_all_is_conserved_at_every_instant(name: str, rate_pps: float) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=rate_pps, flows=8, frames=1500)
    made = emulation("kernel-irq", Settings(**MACHINES[name]), traffic)
    while not made.ended:
        made.advance(made.now_ps + 3_333_333)
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    assert meters.arrived == 1500
    assert meters.drops.keys() <= {
        "ipintrq/CPU_BACKLOG",
        "socket/SOCKET_RCVBUFF",
        "screenq/FULL_RING",
        "qdisc/QDISC_DROP",
    }


@pytest.mark.parametrize("name", MACHINES)
def test_meters_agree_with_the_events_and_with_coarser_detail(name: str) -> None:
    traffic = Traffic(pattern="poisson", rate_pps=1_200_000, flows=8, frames=800)
    made = emulation("kernel-irq", Settings(**MACHINES[name]), traffic, Detail.STEPS)
    state = State()
    state.apply(made.sample())
    made.advance(NEVER_PS)
    for event in made.release():
        state.apply(event)
    meters, coarse = made.sample().meters, finished("kernel-irq", Settings(**MACHINES[name]), traffic)
    for total in TOTALS:
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse, total) == getattr(meters, total), total
    for ring, folded in zip(meters.rings, state.meters.rings, strict=True):
        assert (ring.kind, ring.done, ring.masked) == (folded.kind, folded.done, folded.masked)


def test_it_leaves_nothing_behind_for_the_next_datapath() -> None:
    """A switch in the middle: interrupts are moderated and masked again by NAPI, nothing is lost."""
    made = emulation(
        "kernel-irq", Settings(**{**CURED, "screend": True}), Traffic(rate_pps=500_000, frames=2000)
    )
    made.advance(10**9)
    made.switch("kernel")
    before = made.sample().meters
    assert before.in_flight == 0
    made.advance(NEVER_PS)
    after = made.sample().meters
    assert after.arrived == 2000
    assert after.conserved()
    arrived = after.arrived - before.arrived
    assert after.interrupts - before.interrupts < arrived / 4


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"screend": True}, 'screend = true screens what is forwarded; use app = "forward"'),
        ({"irq_cure": "prayer"}, 'irq_cure = "prayer" is unknown; use "none" or "polling"'),
        ({"ipintrq_maxlen": 0}, "ipintrq_maxlen = 0 is out of range; use 1 to 2147483647"),
        ({"poll_quota": -1}, "poll_quota = -1 is out of range; use 0 to 2147483647"),
        ({"screenq_maxlen": 0}, "screenq_maxlen = 0 is out of range; use 1 to 2147483647"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        emulation("kernel-irq", Settings(**settings), Traffic(frames=1))
    assert str(caught.value) == message
