"""Applications: the work on a packet after the datapath has brought it.

    sink      reads the packet and discards it
    http      answers each request on a connection     of TCP; closes after `requests` of them
    echo      sends the payload back to its sender          a datagram's or a stream's
    forward   sends the packet on, at the layer `forward_at`        ip | xdp_tx, xdp_redirect, xdp_fib
    drop      discards the packet, at the layer `drop_at`   driver | xdp, raw, input, reject
    generate  sends as fast as the path allows              no packet need arrive

`Datapath.serves` names the applications that a datapath supports.
"""

from abc import ABC
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal, NamedTuple

from kbview.emulator.hardware.machine import Machine, MachineSettings
from kbview.emulator.keys import MOST, MOST_WHOLE, ScenarioError, meaning, number
from kbview.emulator.traffic.flows import udp_flows
from kbview.packet.frame import ETHERNET_MINIMUM, Flow, Frame

_FLOWS_KNOWN = 65_536
LONGEST_FRAME = 9_622  # jumbo frame with FCS
_HEADERS = 14 + 20 + 8 + 4  # Ethernet, IPv4, UDP, FCS
GENERATED_PORT = 9  # discard, RFC 863


App = Literal["sink", "echo", "forward", "drop", "http", "generate"]


ForwardAt = Literal["ip", "xdp_tx", "xdp_redirect", "xdp_fib"]


@dataclass(frozen=True, kw_only=True)
class ApplicationSettings(MachineSettings):
    """The application: its work on a packet, its core, and the frames that it sends."""

    app: Annotated[
        App,
        meaning("the application's work on each packet"),
    ] = "sink"
    app_cpu: (
        Annotated[int, number("core of the application; unset: the last one", ge=0, le=255)] | None
    ) = None
    app_cycles: Annotated[
        float,
        number(
            "work of the application on each packet, beyond the profile's row app_work",
            "cycles",
            ge=0,
            le=MOST,
        ),
    ] = 0.0
    readers: Annotated[
        int, number("threads of the application, at most one on a core", "threads", ge=1, le=256)
    ] = 1
    burst: Annotated[
        int,
        number("frames that a user-space stack takes or sends in one call", "frames", ge=1, le=4096),
    ] = 32
    drop_at: Annotated[
        Literal["driver", "xdp", "raw", "input", "reject"],
        meaning('layer at which app = "drop" discards packets'),
    ] = "driver"
    forward_at: Annotated[
        ForwardAt,
        meaning('layer at which app = "forward" sends packets on'),
    ] = "ip"
    request: Annotated[int, number("length of a request", "bytes", ge=1, le=MOST_WHOLE)] = 64
    response: Annotated[
        int, number("length of the answer to a request", "bytes", ge=0, le=MOST_WHOLE)
    ] = 64
    requests: Annotated[
        int,
        number(
            "requests answered on a connection before it is closed; 0: never closed",
            "requests",
            ge=0,
            le=MOST,
        ),
    ] = 1
    send_size: Annotated[
        int,
        number(
            'length of each frame that app = "generate" sends, with FCS',
            "bytes",
            ge=ETHERNET_MINIMUM,
            le=LONGEST_FRAME,
        ),
    ] = 64
    send_frames: Annotated[
        int, number('frames that app = "generate" sends in all', "frames", ge=0, le=MOST)
    ] = 100_000
    generator: Annotated[
        Literal["sendto", "pktgen"], meaning('the sender of app = "generate" on the kernel path')
    ] = "sendto"

    def check_together(self) -> None:
        super().check_together()
        if self.readers > self.cores:
            raise ScenarioError(f"readers = {self.readers} is out of range; use 1 to {self.cores}")
        if self.app_cpu is not None and self.app_cpu >= self.cores:
            raise ScenarioError(
                f"app_cpu = {self.app_cpu} is not one of the {self.cores} cores; "
                f"use 0 to {self.cores - 1}"
            )

    @property
    def reader_cpu(self) -> int:
        """The core of the application's first thread: `app_cpu`, or the last core."""
        return self.cores - 1 if self.app_cpu is None else self.app_cpu

    @property
    def reader_cpus(self) -> list[int]:
        """The core of each thread: the first as `reader_cpu`, the others on the cores before it."""
        return [(self.reader_cpu - thread) % self.cores for thread in range(self.readers)]


class AppSession:
    """One connection, as the application uses it. This base class reads and never answers."""

    def take(self, length: int) -> "Reply":
        """The reply to `length` bytes that the application has read."""
        del length
        return Reply(0, close=False)


class Reply(NamedTuple):
    """Write so many bytes, then close if that was all."""

    length: int
    close: bool


class Echoing(AppSession):
    """Writes every byte back: RFC 862."""

    def take(self, length: int) -> Reply:
        return Reply(length, close=False)


class Serving(AppSession):
    """Requests of one length, one answer for each; after `requests` of them it closes, 0 is never."""

    def __init__(self, settings: ApplicationSettings) -> None:
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
    """An application. `step` is its own work on each packet, `app_cycles` included.

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

    def session(self, settings: ApplicationSettings) -> AppSession:
        """A connection was accepted."""
        del settings
        return AppSession()


class Sink(Application):
    """Looks at the packet and forgets it."""

    name = "sink"


class Echo(Application):
    """Sends every datagram back: RFC 862."""

    name = "echo"
    answers = True

    def answer(self, payload: int) -> int | None:
        return payload

    def session(self, settings: ApplicationSettings) -> AppSession:
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

    def session(self, settings: ApplicationSettings) -> AppSession:
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
        """The frame that carries `payload` bytes back to the sender of `frame`."""
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
