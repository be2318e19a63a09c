"""The beginning of every bundled scenario and of captures on every datapath, and of other ways."""

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

import msgspec

from kbview.emulator.datapaths import DATAPATHS
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.source import SourceError
from kbview.tape.station import Station
from kbview.tape.tape import Tape

LONGEST_PS = 3 * 10**9
MOST = 6_000  # records
OWN_MOST = 20_000  # of a scenario on its own datapath
GAP_PS = 30_000_000  # the longest silence of a capture


class Case(NamedTuple):
    """A scenario on a datapath, with settings that differ from the scenario's."""

    scenario: str
    datapath: str
    overrides: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return " ".join([self.scenario, self.datapath, *(f"{k}={v}" for k, v in self.overrides)])


class Played(NamedTuple):
    """A path, the steps that may be taken on it, and the records of the beginning."""

    stations: tuple[Station, ...]
    declared: frozenset[str]
    records: Sequence[ev.Event]

    @property
    def steps(self) -> list[ev.StepTaken]:
        return [one for one in self.records if isinstance(one, ev.StepTaken)]


def opened(case: Case) -> EmulatorSource:
    word = recording(case.scenario)
    choice = Choice(datapath=case.datapath, overrides=case.overrides)
    if word is not None:
        choice = msgspec.structs.replace(choice, longest_gap_ps=GAP_PS)
    source = resolve(word or case.scenario, choice)
    assert isinstance(source, EmulatorSource)
    return source


def served(case: Case) -> bool:
    try:
        opened(case).close()
    except SourceError:
        return False
    return True


# Ways that no scenario takes by default.
OTHERS = [
    Case("steady-udp", "af_xdp", (("xdp_mode", "copy"),)),
    Case("steady-udp", "af_xdp", (("xdp_mode", "copy"), ("app", "echo"))),
    Case("steady-udp", "af_xdp", (("app", "echo"),)),
    Case("steady-udp", "af_xdp", (("app", "generate"),)),
    Case("steady-udp", "netmap", (("app", "forward"),)),
    Case("steady-udp", "psio", (("app", "echo"),)),
    Case("steady-udp", "dpdk", (("app", "generate"),)),
    Case("steady-udp", "kernel", (("app", "generate"),)),
    Case("steady-udp", "kernel", (("app", "generate"), ("generator", "pktgen"))),
    Case("steady-udp", "kernel", (("app", "drop"), ("xdp_generic", "true"), ("drop_at", "xdp"))),
    Case("steady-udp", "kernel", (("app", "drop"), ("drop_at", "reject"), ("conntrack", "true"))),
    Case("steady-udp", "kernel-irq", (("app", "echo"),)),
    Case("short-connections", "mtcp", (("mtcp_io", "psio"),)),
    Case("paced-udp", "af_xdp", (("xdp_mode", "copy"), ("xsk_wait", "poll"))),
    Case("steady-udp", "kernel", (("recv_call", "recvmmsg"),)),
    Case("paced-udp", "dpdk", (("dpdk_interrupts", "true"),)),
]
# Recorded TCP is received by other parts of the stack than a conversation with the model's clients.
CAPTURES = ("http.pcap", "mixed.pcap")
CASES = [
    case for word in (*scenarios(), *CAPTURES) for name in DATAPATHS if served(case := Case(word, name))
] + OTHERS


@cache
def played(case: Case) -> Played:
    source = opened(case)
    source.set_detail(Detail.STEPS)
    own = case.scenario in scenarios() and scenarios()[case.scenario].datapath == case.datapath
    tape, now_ps, most = Tape(), 0, OWN_MOST if own else MOST
    while not source.ended and now_ps < LONGEST_PS and tape.length < most:
        now_ps = source.pump(tape, now_ps + 20_000_000)
    source.close()
    records = list(tape.read(tape.start))
    (begun,) = [record for record in records if isinstance(record, ev.DatapathStarted)]
    return Played(begun.stations, source.emulation.steps, records)
