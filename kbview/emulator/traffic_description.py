"""Traffic as a scenario describes it: the load that is offered to the host.

constant, poisson, onoff, train, pareto   open loop: frames come whether or not the host keeps up
request                                   closed loop: clients wait for the answer before they ask again
tcp                                       closed loop: clients connect, send, read the answer, and close
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import floor
from typing import Annotated, Literal

import msgspec

from kbview.emulator.application import LONGEST_FRAME
from kbview.emulator.engine import US_PS
from kbview.emulator.hardware.cable import line_rate_pps, wire_ps
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import NetworkPath, Peer
from kbview.emulator.kernel.call.accept import ServerSettings
from kbview.emulator.keys import (
    MOST_WHOLE,
    Keys,
    ScenarioError,
    keys_of,
    meaning,
    number,
    prefix,
    quoted,
)
from kbview.emulator.protocol.tcp import Parameters
from kbview.emulator.traffic import gaps, lengths, stream
from kbview.emulator.traffic.flows import CLIENT_ADDRESS, by_second_port, udp_flows
from kbview.emulator.traffic.ports import PortChoice, source_ports
from kbview.emulator.traffic.tcp_clients import Clients, Offer, Script
from kbview.emulator.traffic.udp_requester import Requester
from kbview.packet.frame import ETHERNET_MINIMUM, Frame

LEAST_RATE_PPS = 1e-3  # a frame in 17 minutes
MOST_RATE_PPS = 1e9
MOST_FLOWS = 40_000
LONGEST_US = 60e6  # a minute
CLIENT_RCVBUF = 4 << 20  # large enough that the client does not limit a transfer
Pattern = Literal["constant", "poisson", "onoff", "train", "pareto", "request", "tcp"]
REQUEST = "request"
TCP = "tcp"
CLOSED = (REQUEST, TCP)
OPEN: tuple[Pattern, ...] = ("constant", "poisson", "onoff", "train", "pareto")


def check_rate(rate_pps: float) -> None:
    """Refuse a rate that no traffic can have: ScenarioError."""
    next(key for key in keys_of(Traffic) if key.name == "rate_pps").check(rate_pps)


Size = Annotated[int, msgspec.Meta(ge=ETHERNET_MINIMUM, le=LONGEST_FRAME)] | Literal["imix"]


@dataclass(frozen=True, kw_only=True)
class Traffic(Keys):
    """The traffic that is sent to the host, from `flows` senders to one port.

    With pattern = "tcp" each of `flows` clients has one connection at a time. The lengths of request
    and answer are in the settings, because both sides keep to them.
    """

    pattern: Annotated[
        Pattern,
        meaning("how frames follow each other; request and tcp wait for answers, the others do not"),
    ] = "constant"
    rate_pps: Annotated[
        float,
        number(
            "mean rate of the frames that do not wait for answers", ge=LEAST_RATE_PPS, le=MOST_RATE_PPS
        ),
    ] = 1_000_000.0
    size: Annotated[
        Size,
        msgspec.Meta(
            description="length of each frame with FCS, or a mix of lengths", extra={"unit": "bytes"}
        ),
    ] = 64
    flows: Annotated[
        int, number("senders, each with a flow of its own", "flows", ge=1, le=MOST_FLOWS)
    ] = 1
    destinations: Annotated[
        int,
        number(
            "addresses that the frames go to; the host has one, a router forwards the others",
            "addresses",
            ge=1,
            le=MOST_FLOWS,
        ),
    ] = 1
    source_ports: Annotated[
        PortChoice,
        meaning("at random as clients choose them, or one after the other as packet generators do"),
    ] = "ephemeral"
    source: Annotated[
        str,
        prefix("IPv4 addresses of the senders, in turn"),
    ] = CLIENT_ADDRESS
    port: Annotated[int, number("destination port", ge=1, le=65_535)] = 9000
    frames: (
        Annotated[
            int,
            number(
                "frames or requests in all; tcp begins no connection after them; unset: without end",
                "frames",
                ge=0,
                le=MOST_WHOLE,
            ),
        ]
        | None
    ) = None
    burst_frames: Annotated[
        float,
        number("frames in a train, and the mean in a burst of onoff or pareto", "frames", ge=1, le=1e6),
    ] = 32.0
    peak_pps: (
        Annotated[
            float,
            number("rate inside a burst; unset: that of the link", ge=LEAST_RATE_PPS, le=MOST_RATE_PPS),
        ]
        | None
    ) = None
    shape: Annotated[float, number("shape of the tail of pareto's bursts", ge=1.05, le=2)] = 1.5
    rtt_us: Annotated[
        float, number("round-trip time of the network, without the host", ge=1, le=LONGEST_US)
    ] = 50.0
    think_us: Annotated[
        float, number("time between an answer and the next request", ge=0, le=LONGEST_US)
    ] = 0.0
    timeout_us: Annotated[
        float, number("time after which a request is given up", ge=1, le=LONGEST_US)
    ] = 200_000.0
    loss: Annotated[
        float, number("share of frames that the network loses, each way", "of 1", ge=0, le=0.9)
    ] = 0.0
    late: Annotated[
        float, number("share of frames that the network delays by rtt_us", "of 1", ge=0, le=1)
    ] = 0.0
    connections: (
        Annotated[
            int,
            number("connections in all; unset: no limit", "connections", ge=0, le=MOST_WHOLE),
        ]
        | None
    ) = None

    def check_together(self) -> None:
        super().check_together()
        if self.peak_pps is not None and self.peak_pps < self.rate_pps:
            raise ScenarioError(
                f"peak_pps = {self.peak_pps:g} is not between rate_pps = {self.rate_pps:g} and 1e9"
            )
        if ":" in self.source or not self.source:
            raise ScenarioError(f"source = {quoted(self.source)} is not IPv4, as the host's address is")
        if self.pattern == TCP and self.source != CLIENT_ADDRESS:
            raise ScenarioError('source: the clients of pattern = "tcp" have one address')
        if self.pattern == REQUEST and isinstance(self.size, str):
            raise ScenarioError('pattern = "request" needs one size; use a number of bytes')

    # ---- open loop -------------------------------------------------------------------------

    @property
    def mean_length(self) -> float:
        """Of its frames, bytes."""
        return lengths.mean(lengths.MIXES[self.size]) if isinstance(self.size, str) else self.size

    def check_link(self, gbps: float) -> None:
        """Refuse more than a link carries."""
        most_pps = line_rate_pps(self.mean_length, gbps)
        for name, rate_pps in (("rate_pps", self.rate_pps), ("peak_pps", self.peak_pps or 0)):
            if self.pattern in OPEN and rate_pps > most_pps:
                raise ScenarioError(
                    f"{name} = {rate_pps:g} is more than link_gbps = {gbps:g} carries of "
                    f"{self.mean_length:g}-byte frames; use {floor(most_pps)} or less"
                )

    def chunks(self, seed: int, link_gbps: float = 100.0) -> Iterator[list[Frame]]:
        """The frames, one after the other on a link of that rate; none in a closed loop."""
        return stream.in_chunks(self.stream(seed, link_gbps))

    def stream(
        self, seed: int, link_gbps: float, others: int = 0, *, second_port: bool = False
    ) -> stream.Frames:
        """As `chunks`, one by one. `others` flows belong to another stream, with the seed before."""
        if self.pattern in CLOSED:
            return iter(())
        ports = source_ports(self.source_ports, seed - 1 if others else seed)
        flows = udp_flows(self.flows, self.port, others, self.destinations, ports, self.source)
        if second_port:
            flows = by_second_port(flows)
        times = self._gaps(seed, link_gbps)
        if isinstance(self.size, int):
            made = stream.alike(times, self.size, flows)
        else:
            sizes = lengths.mixed(lengths.MIXES[self.size], seed)
            made = stream.mixed(times, sizes, link_gbps, flows)
        return stream.first(made, self.frames)

    def _gaps(self, seed: int, gbps: float) -> Iterator[int]:
        fixed = isinstance(self.size, int)
        peak_pps = self.peak_pps or line_rate_pps(self.mean_length, gbps)
        if self.pattern == "poisson":
            frame_ps = wire_ps(self.mean_length, gbps) if fixed else 0.0
            return gaps.poisson(self.rate_pps, seed, frame_ps)
        if self.pattern == "onoff":
            return gaps.onoff(self.rate_pps, peak_pps, self.burst_frames, seed)
        if self.pattern == "train":
            return gaps.train(self.rate_pps, peak_pps, self.burst_frames)
        if self.pattern == "pareto":
            return gaps.pareto(self.rate_pps, peak_pps, self.burst_frames, self.shape, seed)
        return gaps.constant(self.rate_pps)

    # ---- closed loop -----------------------------------------------------------------------

    def peer(self, seed: int, settings: ServerSettings) -> Callable[[Nic], Peer] | None:
        """Constructor of the host at the other end of the cable; None in open loop."""
        if self.pattern not in CLOSED:
            return None

        def connect(nic: Nic) -> Peer:
            way = NetworkPath(
                round(self.rtt_us * US_PS), self.loss, settings.link_gbps, seed, self.late
            )
            ports = source_ports(self.source_ports, seed)
            if self.pattern == TCP:
                return self._clients(nic, way, settings, ports)
            return self._requester(nic, way, ports)

        return connect

    def _requester(self, nic: Nic, way: NetworkPath, ports: Iterator[int]) -> Peer:
        length = int(self.size)
        payload = max(0, length - stream.UDP_HEADERS)
        flows = udp_flows(self.flows, self.port, source_ports=ports, source=self.source)
        made = Requester(nic, way, flows, length, payload)
        made.left = self.frames
        made.think_ps = round(self.think_us * US_PS)
        made.timeout_ps = round(self.timeout_us * US_PS)
        return made

    def _clients(
        self, nic: Nic, way: NetworkPath, settings: ServerSettings, ports: Iterator[int]
    ) -> Peer:
        script = Script(
            settings.request,
            settings.response if settings.app == "http" else 0,
            max(1, settings.requests),
            round(self.think_us * US_PS),
            settings.app == "http" and settings.requests > 0,
        )
        parameters = Parameters(mss=settings.mss, rcvbuf=CLIENT_RCVBUF)
        offer = Offer(self.flows, self.port, self.connections, self.frames)
        return Clients(nic, way, offer, script, parameters, ports)
