"""Measured receivers stand side by side at one offered load, and beside a twin that works alike."""

import pytest

from kbview.cli.beside import twin
from kbview.cli.together import equal_loads, run_together
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve_all
from kbview.state.report import Report
from tests.state.test_bottleneck import report


def _at(pps: float, name: str = "kernel") -> Report:
    return report(datapath=name, rates={"offered_pps": pps}, notes=[])


def test_unequal_loads_are_said_with_their_numbers() -> None:
    told = equal_loads([_at(15_900, "kernel"), _at(10_400, "af_packet"), _at(20_000, "af_xdp")])
    (note,) = told[0].notes
    assert "kernel 15,900, af_packet 10,400, af_xdp 20,000" in note
    assert "did not keep up" in note


@pytest.mark.parametrize("loads", [[], [5000.0], [5000.0, 5100.0], [0.0]])
def test_equal_loads_need_no_word(loads: list[float]) -> None:
    assert not [note for each in equal_loads([_at(pps) for pps in loads]) for note in each.notes]


def test_the_twin_of_af_xdp_copies_and_sleeps_as_the_lab_s_receiver_does() -> None:
    """drivers/net/veth.c has no zero-copy mode; workers/receivers/af_xdp.py waits in poll()."""
    measured = report(datapath="af_xdp", rates={"offered_pps": 20_000.0})
    (told,) = run_together(resolve_all("paced-udp", [twin(Choice(), measured)], None), None)
    assert told.counts["copies"] == told.frames["delivered"] == measured.frames["arrived"]
    empty = told.counts["empty_polls"]
    assert empty is not None
    assert empty < 3 * measured.packets
    assert sum(core["poll_empty_ps"] for core in told.cores) == 0
