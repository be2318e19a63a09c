"""The application: what is done with a packet once it is there. How it gets there is the datapath's.

    sink      looks at it and forgets it
    http      answers each request on a connection     of TCP; closes after `requests` of them
    echo      sends it back to where it came from           a datagram's payload, unchanged
    forward   sends it on, at the layer `forward_at`        ip | xdp_tx, xdp_redirect, xdp_fib
    drop      throws it away, at the layer `drop_at`        driver | xdp, raw, input, reject
    generate  sends as fast as the path allows              nothing need arrive

A datapath says which of them its layer can serve.
"""

from abc import ABC
from typing import ClassVar, NamedTuple

from kbview.emulator.hardware.machine import Machine
from kbview.emulator.settings import Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.packet.frame import Flow, Frame

_FLOWS_KNOWN = 65_536
_HEADERS = 14 + 20 + 8 + 4  # Ethernet, IPv4, UDP, FCS
GENERATED_PORT = 9  # discard, RFC 863


class Session:
    """One connection as the application sees it. A sink's: what comes is read and forgotten."""

    def take(self, length: int) -> "Reply":
        """So many bytes were read; what is to be done now."""
        del length
        return Reply(0, close=False)


class Reply(NamedTuple):
    """Write so many bytes, then close if that was all."""

    length: int
    close: bool


class Echoing(Session):
    """Writes back what it reads: RFC 862."""

    def take(self, length: int) -> Reply:
        return Reply(length, close=False)


class Serving(Session):
    """Requests of one length, one answer for each; after `requests` of them it closes, 0 is never."""

    def __init__(self, settings: Settings) -> None:
        self._request = settings.request
        self._response = settings.response
        self._left = settings.requests or None
        self._read = 0

    def take(self, length: int) -> Reply:
        self._read += length
        whole = self._read // self._request
        self._read %= self._request
        if self._left is None:
            return Reply(whole * self._response, close=False)
        whole = min(whole, self._left)
        self._left -= whole
        return Reply(whole * self._response, close=not self._left)


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

    def session(self, settings: Settings) -> Session:
        """A connection was accepted."""
        del settings
        return Session()


class Sink(Application):
    """Looks at the packet and forgets it."""

    name = "sink"


class Echo(Application):
    """Sends every datagram back: RFC 862."""

    name = "echo"
    answers = True

    def answer(self, payload: int) -> int | None:
        return payload

    def session(self, settings: Settings) -> Session:
        del settings
        return Echoing()


class Forward(Application):
    """Sends every packet on."""

    name = "forward"
    transit = True


class Drop(Application):
    """Wants nothing."""

    name = "drop"
    transit = True


class Http(Application):
    """A small web server: reads requests, writes answers, closes."""

    name = "http"
    answers = True

    def session(self, settings: Settings) -> Session:
        return Serving(settings)


class Generate(Application):
    """Sends datagrams of its own, one after the other; `pktgen` of the lecture's comparisons."""

    name = "generate"


APPLICATIONS: dict[str, type[Application]] = {
    each.name: each for each in (Sink, Echo, Forward, Drop, Http, Generate)
}


class Production:
    """The frames that a generating application makes: `length` bytes each with FCS, `frames` in all.

    Each of its threads sends on a flow of its own.
    """

    def __init__(self, machine: Machine, length: int, frames: int, threads: int = 1) -> None:
        self.left = frames
        self._length = length
        self._payload = max(0, length - _HEADERS)
        self._packets = machine.packets
        self.flows = [Answers().back(flow) for flow in udp_flows(threads, GENERATED_PORT)]

    def make(self, count: int, now_ps: int, thread: int = 0) -> list[Frame]:
        """Up to `count` new frames, fewer at the end."""
        flow = self.flows[thread]
        count = min(count, self.left)
        self.left -= count
        return [
            Frame(now_ps, next(self._packets), self._length, flow, self._payload) for _ in range(count)
        ]


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
