"""The lecture's six mode switches a packet: two each for interrupt, softirq and read() (3.2-3.5)."""

import pytest

from kbview.state.why import explain
from kbview.tape import events as ev
from kbview.tape.meter import Meters
from kbview.tape.steps import meaning_of
from tests.contracts.played import Case, opened, played

BUSY = Case("six-switches", "kernel-irq")
NAPI = Case("six-switches", "kernel")
SPARE = (("app_cycles", "1000"),)
PACKET = 60  # the core has been busy for long


def meters_of(case: Case) -> Meters:
    """The totals of the whole run: 1000 packets, each delivered."""
    source = opened(case)
    source.emulation.advance(1 << 62)
    meters = source.emulation.sample().meters
    source.close()
    assert meters.delivered == 1000
    return meters


def test_six_for_each_packet_of_a_busy_core() -> None:
    assert meters_of(BUSY).mode_switches == pytest.approx(6000, rel=0.01)


def test_napi_switches_for_interrupt_and_read_alone() -> None:
    """handle_softirqs() runs in irq_exit(), so the softirq leaves user mode no second time."""
    meters = meters_of(NAPI)
    assert meters.mode_switches == pytest.approx(2 * meters.interrupts + 2 * meters.syscalls, rel=0.01)
    assert 3.5 < meters.mode_switches / meters.delivered <= 4


@pytest.mark.parametrize("case", [BUSY, NAPI], ids=str)
def test_two_on_an_idle_core(case: Case) -> None:
    """An idle core is in kernel mode already: interrupt and softirq switch nothing."""
    meters = meters_of(case._replace(overrides=SPARE))
    assert meters.interrupts == 1000
    assert meters.mode_switches == pytest.approx(2000, rel=0.01)


def test_each_switch_is_where_the_lecture_has_it() -> None:
    """Of a packet: irq, there and back; the soft interrupt, there and back; read(), there and back."""
    records = played(BUSY).records
    at: dict[str, int] = {}
    for number, record in enumerate(records):
        if getattr(record, "packet", ev.NO_PACKET) != PACKET:
            continue
        name = record.step if isinstance(record, ev.StepTaken) else type(record).__name__
        at.setdefault(name, number)

    def around(name: str) -> tuple[str, str]:
        turns = [
            (number, record)
            for number, record in enumerate(records)
            if isinstance(record, ev.ModeSwitched)
        ]
        before = [record for number, record in turns if number < at[name]][-1]
        after = next(record for number, record in turns if number > at[name])
        return f"{before.to} {before.why}", f"{after.to}"

    assert around("descriptor_read") == ("kernel irq", "user")
    assert around("skb_alloc") == ("kernel irq", "user")
    assert around("copy_to_user") == ("kernel syscall", "user")
    irq, softirq, read = at["descriptor_read"], at["skb_alloc"], at["copy_to_user"]
    for begin, end in ((irq, softirq), (softirq, read)):
        between = [record.to for record in records[begin:end] if isinstance(record, ev.ModeSwitched)]
        assert between[:2] == ["user", "kernel"]


def test_the_screen_says_why_there_are_fewer_elsewhere() -> None:
    assert "switches no mode" in meaning_of(ev.ContextSwitched(0, 0, "idle")).why
    assert "in kernel mode already" in explain(ev.SoftirqEntered(0, 0, "irq_exit")).text
