"""Core by core: growth of the softnet counters, and interrupt lines with the cores that take them."""

import os

from kbview.sources.counters.core_table import IrqTable, softnet
from kbview.sources.counters.device_counters import affinity
from kbview.sources.counters.reading import CounterReading
from kbview.sources.linux.netlink.links import LinkTotals
from kbview.sources.linux.procfs.cpu import Stat
from kbview.sources.linux.procfs.interrupts import InterruptLine
from kbview.sources.linux.procfs.softirq import CoreSoftnet, Softnet
from kbview.tape.kernel_meter import IrqMeter, SoftnetMeter


def reading(cores: dict[int, CoreSoftnet]) -> CounterReading:
    return CounterReading(LinkTotals(), 0, 0, Softnet(), Stat({}, 0), {}, cores)


def test_a_core_is_told_with_its_own_number() -> None:
    since = reading({1: CoreSoftnet(10, 0, 1, 4)})
    now = reading({1: CoreSoftnet(30, 2, 1, 9)})
    assert softnet(now, since) == [SoftnetMeter(1, 20, 2, 0, 5)]


def test_a_core_that_comes_later_begins_at_zero() -> None:
    now = reading({0: CoreSoftnet(7, 0, 0, 1), 2: CoreSoftnet(30, 2, 1, 9)})
    since = reading({0: CoreSoftnet(5, 0, 0, 1)})
    assert softnet(now, since) == [SoftnetMeter(0, 2, 0, 0, 0), SoftnetMeter(2, 30, 2, 1, 9)]


def test_a_kernel_without_a_count_of_rps_leaves_it_unknown() -> None:
    now, since = reading({0: CoreSoftnet(7, 0, 0)}), reading({0: CoreSoftnet(5, 0, 0)})
    assert softnet(now, since) == [SoftnetMeter(0, 2, 0, 0, None)]
    assert softnet(now, reading({})) == [SoftnetMeter(0, 7, 0, 0, None)]


def test_an_interrupt_line_is_told_with_its_cores_and_its_growth() -> None:
    line = next(name for name in sorted(os.listdir("/proc/irq")) if affinity(name))
    table = IrqTable()
    table.meters([InterruptLine(line, 100, "PCI-MSI 9 eth7-rx-0")])
    (told,) = table.meters([InterruptLine(line, 140, "PCI-MSI 9 eth7-rx-0")])
    assert told == IrqMeter(line, "eth7-rx-0", affinity(line), 40)


def test_a_line_whose_cores_the_kernel_does_not_tell_has_none() -> None:
    (told,) = IrqTable().meters([InterruptLine("no-such-line", 3, "")])
    assert told == IrqMeter("no-such-line", "", "", 0)
