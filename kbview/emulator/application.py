"""The application: what is done with a packet once it is there. How it gets there is the datapath's.

    sink      looks at it and forgets it
    echo      sends it back to where it came from           a datagram's payload, unchanged
    forward   sends it on, out of the port it came in by    a router or bridge, no socket
    drop      throws it away, at the layer `drop_at`        driver | xdp, raw, input

A datapath says which of them its layer can serve.
"""

from abc import ABC
from typing import ClassVar

from kbview.emulator.hardware.machine import Machine
from kbview.packet.frame import Flow, Frame

_FLOWS_KNOWN = 65_536


class Application(ABC):
    """What one packet is worth to it. `step` is its own work on each, `app_cycles` included.

    `transit`: its packets go no higher than the network layer, no socket is involved. `answers`: it
    may send something back, see `answer`.
    """

    name: ClassVar[str]
    transit: ClassVar[bool] = False
    answers: ClassVar[bool] = False

    def __init__(self, machine: Machine) -> None:
        self.step = machine.prices.step("app_work")

    def answer(self, payload: int) -> int | None:
        """How many bytes it sends back for so many; None for no answer."""
        del payload
        return None


class Sink(Application):
    """Looks at the packet and forgets it."""

    name = "sink"


class Echo(Application):
    """Sends every datagram back: RFC 862."""

    name = "echo"
    answers = True

    def answer(self, payload: int) -> int | None:
        return payload


class Forward(Application):
    """Sends every packet on."""

    name = "forward"
    transit = True


class Drop(Application):
    """Wants nothing."""

    name = "drop"
    transit = True


APPLICATIONS: dict[str, type[Application]] = {each.name: each for each in (Sink, Echo, Forward, Drop)}


class Answers:
    """Frames that go back: the flow turned round, and the packet's number kept to follow it by."""

    def __init__(self) -> None:
        self._back: dict[Flow, Flow] = {}

    def answer(self, frame: Frame, payload: int, now_ps: int) -> Frame:
        """The frame that carries `payload` bytes back to who sent `frame`."""
        length = max(64, frame.length - frame.payload + payload) if frame.payload else frame.length
        return Frame(now_ps, frame.packet, length, self.back(frame.flow), payload)

    def back(self, flow: Flow) -> Flow:
        """The same conversation, the other direction."""
        turned = self._back.get(flow)
        if turned is None:
            if len(self._back) >= _FLOWS_KNOWN:
                self._back.clear()
            turned = self._back[flow] = Flow(
                flow.number,
                flow.protocol,
                flow.destination,
                flow.source,
                flow.destination_port,
                flow.source_port,
                flow.destination_mac,
                flow.source_mac,
                flow.rss_hash,
            )
        return turned
