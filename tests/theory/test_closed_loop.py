"""Laws of a closed loop: N clients that wait for their answers."""

import pytest

from kbview.emulator.hardware.cable import wire_ps
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from kbview.tape.detail import Detail
from kbview.tape.events import Event, FrameArrived, FrameSent
from tests.emulator.running import emulation

US_PS = 1_000_000
S_PS = 10**12
SIZE = 64


def milestones(
    datapath: str, clients: int, rtt_us: float, think_us: float, ms: int, app_cycles: int = 0
) -> list[Event]:
    """Arrivals and answers of an echo server in the last `ms` of a run, after as much of warm-up."""
    traffic = Traffic(pattern="request", flows=clients, size=SIZE, rtt_us=rtt_us, think_us=think_us)
    settings = Settings(cores=1, app="echo", app_cycles=app_cycles, clock_mhz=3000)
    made = emulation(datapath, settings, traffic, Detail.MILESTONES)
    made.advance(ms * 1000 * US_PS)
    made.release()
    made.advance(2 * ms * 1000 * US_PS)
    return [event for event in made.release() if isinstance(event, FrameArrived | FrameSent)]


def throughput(events: list[Event]) -> float:
    """Answers a second, from the first to the last."""
    times = [event.time_ps for event in events if isinstance(event, FrameSent)]
    return (len(times) - 1) * S_PS / (times[-1] - times[0])


def time_in_host(events: list[Event]) -> float:
    """Mean time from a request's last bit to its answer's last bit, ps.

    By Little's law: the time integral of the requests in the host over the number of answers.
    """
    inside = -min(0, *_running(events))
    area, before_ps = 0, events[0].time_ps
    for event in events:
        area += inside * (event.time_ps - before_ps)
        inside += 1 if isinstance(event, FrameArrived) else -1
        before_ps = event.time_ps
    return area / sum(isinstance(event, FrameSent) for event in events)


def _running(events: list[Event]) -> list[int]:
    total, found = 0, []
    for event in events:
        total += 1 if isinstance(event, FrameArrived) else -1
        found.append(total)
    return found


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
@pytest.mark.parametrize(
    ("clients", "rtt_us", "think_us"), [(1, 100, 0), (8, 200, 0), (8, 50, 300), (64, 400, 100)]
)
def test_throughput_is_clients_over_round_trip_and_service(
    datapath: str, clients: int, rtt_us: float, think_us: float
) -> None:
    """The interactive response-time law (Denning and Buzen 1978): X = N / (R + Z).

    R + Z is the round trip of the network, the request's time on its wire, the time in the host, and
    the client's thinking. A client has one request under way, so the ends of the stretch cut at most
    one round of each client.
    """
    ms = 60
    events = milestones(datapath, clients, rtt_us, think_us, ms)
    round_ps = (rtt_us + think_us) * US_PS + wire_ps(SIZE, 10) + time_in_host(events)
    rounds = ms * 1000 * US_PS / round_ps
    assert throughput(events) == pytest.approx(clients * S_PS / round_ps, rel=1.5 / rounds)


@pytest.mark.parametrize("datapath", ["kernel", "dpdk"])
def test_a_full_host_answers_as_fast_as_it_can_whoever_asks(datapath: str) -> None:
    """Asymptotic bounds (Denning and Buzen 1978): X is at most 1 / s for any number of clients.

    The application's work is 5 us, so s is more. A full host has no idle time: twice the clients and
    three times the distance change nothing. One client gets no more than its own round allows.
    Answers leave in bursts of at most 32, so the ends cut 32 of some 3000: 1.1 %.
    """
    full, more, farther, alone = (
        throughput(milestones(datapath, clients, rtt_us, 0, 20, app_cycles=15_000))
        for clients, rtt_us in ((64, 20), (128, 20), (128, 60), (1, 20))
    )
    assert full < S_PS / (5 * US_PS) * 1.011
    assert more == pytest.approx(full, rel=0.02)
    assert farther == pytest.approx(full, rel=0.02)
    assert alone < S_PS / (25 * US_PS)
