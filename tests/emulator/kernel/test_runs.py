"""Runs of reads (kernel/run/runs.py) beside other sockets: the meters are those of single packets."""

from itertools import product

import msgspec
import pytest

from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.kernel.socket.wait import Wait
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.tape.detail import Detail
from kbview.tape.meter import Meters


def _meters(scenario: Scenario, detail: Detail) -> Meters:
    loaded = profile.load(scenario.profile)
    chunks = scenario.chunks()
    made = Emulation(loaded, scenario.settings, SYNTHETIC_HOST, chunks, scenario.datapath)
    made.recorder.detail = detail
    made.advance(NEVER_PS)
    return made.sample().meters


@pytest.mark.parametrize(
    ("rates", "wait", "rcvbuf", "cores"),
    [*product([(2e5, 5e5), (8e5, 3e5), (8e5, 5e5)], ("read", "epoll"), (212_992, 40_000), (1, 2))],
)
def test_runs_change_nothing_where_two_sockets_are_read(
    rates: tuple[float, float], wait: Wait, rcvbuf: int, cores: int
) -> None:
    """A run of one socket ends before a packet can come to the other, which is read in turn then."""
    one, other = (
        Traffic(pattern="poisson", rate_pps=rate_pps, frames=2000, port=port)
        for rate_pps, port in zip(rates, (9, 77), strict=True)
    )
    settings = Settings(wait=wait, rcvbuf=rcvbuf, cores=cores)
    scenario = Scenario(name="two", summary="", traffic=one, flood=other, settings=settings)
    coarse, fine = (_meters(scenario, detail) for detail in (Detail.METERS, Detail.STEPS))
    assert msgspec.to_builtins(coarse) == msgspec.to_builtins(fine)
    assert len(coarse.sockets) == 2
