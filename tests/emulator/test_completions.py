"""An interrupt for sent frames alone is counted apart: it brings no frame."""

import pytest

from kbview.tape import events as ev
from kbview.tape.meter import Meters
from tests.contracts.played import Case, played


def irqs(scenario: str, datapath: str, **overrides: str) -> list[bool | None]:
    records = played(Case(scenario, datapath, tuple(overrides.items()))).records
    return [record.completes for record in records if isinstance(record, ev.IrqRaised)]


def test_a_lone_forwarded_frame_costs_one_interrupt_in_and_one_for_its_completion() -> None:
    """The driver's vector serves both rings of a queue pair: mlx5e_napi_poll(), ixgbe_poll()."""
    found = irqs("light-load", "kernel")
    assert len(found) > 3
    assert found == [one % 2 == 1 for one in range(len(found))]


def test_a_host_that_only_sends_takes_interrupts_for_completions_alone() -> None:
    found = irqs("light-load", "kernel", app="generate")
    assert found
    assert all(found)


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "af_packet", "psio", "netmap"])
def test_a_host_that_only_receives_takes_none(datapath: str) -> None:
    found = irqs("paced-udp", datapath)
    assert found
    assert not any(found)


def test_the_meter_and_the_events_agree_and_an_unknown_cause_counts_as_unknown() -> None:
    meters = Meters()
    ev.IrqRaised(0, 0, 0).change(meters)
    assert (meters.interrupts, meters.completion_interrupts) == (1, None)
    ev.IrqRaised(1, 0, 0, completes=False).change(meters)
    ev.IrqRaised(2, 0, 0, completes=True).change(meters)
    assert (meters.interrupts, meters.completion_interrupts) == (3, 1)
