"""Meters of a live kernel: the causes of drops, the receive softirq core by core, interrupt lines."""

import msgspec

from kbview.tape.vocabulary import Place, Reason


class SoftnetMeter(msgspec.Struct, frozen=True, gc=False):
    """A core's receive softirq, as /proc/net/softnet_stat counts since watching began.

    `dropped`: packets that found the core's backlog full. `received_rps`: how often another core handed
    packets over, None where the kernel does not count it.
    """

    cpu: int
    processed: int
    dropped: int
    squeezed: int
    received_rps: int | None = None


class IrqMeter(msgspec.Struct, frozen=True, gc=False):
    """An interrupt line that received frames raise: its number, its name, how often it fired.

    `cores` take it, such as "0-3"; "" where the kernel does not say.
    """

    label: str
    name: str
    cores: str
    count: int


class DropMeter(msgspec.Struct, frozen=True, gc=False):
    """Packets dropped at one place for one reason. An empty text is unknown.

    `function` is the kernel's. `port` is the destination's with its protocol, "udp :53"; `process` has
    the socket of that port open.
    """

    where: Place
    reason: Reason
    function: str
    port: str
    process: str
    count: int
