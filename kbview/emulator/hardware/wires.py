"""What all queues of a port share: the wire away from here, and the bus to memory."""

from typing import NamedTuple

from kbview.emulator.hardware.bus import Bus
from kbview.emulator.hardware.link import Link


class Wires(NamedTuple):
    """The two; each is a bound that more queues and cores do not move."""

    link: Link
    bus: Bus
