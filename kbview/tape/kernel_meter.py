"""Meters of a live kernel: its receive softirq core by core, and its interrupt lines."""

import msgspec


class SoftnetMeter(msgspec.Struct, frozen=True):
    """A core's receive softirq, as /proc/net/softnet_stat counts since watching began.

    `dropped`: packets that found the core's backlog full. `received_rps`: how often another core handed
    packets over, None where the kernel does not count it.
    """

    cpu: int
    processed: int
    dropped: int
    squeezed: int
    received_rps: int | None = None


class IrqMeter(msgspec.Struct, frozen=True):
    """An interrupt line that received frames raise: its number, its name, how often it fired.

    `cores` take it, such as "0-3"; "" where the kernel does not say.
    """

    label: str
    name: str
    cores: str
    count: int
