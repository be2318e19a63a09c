"""Each step of a packet is declared by its datapath, explained, and has a station on its path."""

import pytest

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.hardware.machine import STEPS as HARDWARE
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meaning import STEPS
from kbview.tape.meaning.traced import without_break
from kbview.tape.station import Station
from kbview.tape.tape import Tape

LONGEST_PS = 3 * 10**9
MOST = 20_000  # records
MEMORY = {"second_tlb", "page_walk", "llc_miss", "cache_pollution"}  # a part of any station's work
# Steps without a station on the path of a scenario: to be fewer, never more.
GAPS = {
    "bulk-tcp": {"ip_output", "ndo_start_xmit", "dev_queue_xmit", "tx_clean", "tcp_transmit_skb"},
    "mirror-port": {"skb_free", "ip_rcv", "fib_lookup", "udp_rcv"},  # of the stack beside the ring
    "shared-counter": {"skb_free"},
}


def played(word: str) -> tuple[str, tuple[Station, ...], list[ev.StepTaken]]:
    source = resolve(word, Choice())
    source.set_detail(Detail.STEPS)
    tape, now_ps = Tape(), 0
    while not source.ended and now_ps < LONGEST_PS and tape.length < MOST:
        now_ps = source.pump(tape, now_ps + 20_000_000)
    source.close()
    records = list(tape.read(tape.start))
    (begun,) = [record for record in records if isinstance(record, ev.DatapathStarted)]
    return begun.datapath, begun.stations, [one for one in records if isinstance(one, ev.StepTaken)]


@pytest.mark.parametrize("word", list(scenarios()))
def test_every_step_is_declared_explained_and_has_a_station(word: str) -> None:
    name, stations, steps = played(word)
    assert steps
    taken = {without_break(step.step) for step in steps}
    assert taken <= {*DATAPATHS[name].steps, *HARDWARE}
    assert taken <= STEPS.keys()
    of_packets = {step.step for step in steps if step.packet != ev.NO_PACKET}
    placed = {step for station in stations for step in station.steps}
    assert of_packets - MEMORY - placed == GAPS.get(word, set())
