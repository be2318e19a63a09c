"""Traffic as a scenario describes it: what is offered to the host, and by whom.

constant, poisson, onoff, train, pareto   open loop: frames come whether or not the host keeps up
request                                   closed loop: clients wait for the answer before they ask again
tcp                                       closed loop: clients connect, send, read the answer, and close
"""

from collections.abc import Callable, Iterator
from math import floor

import msgspec

from kbview.emulator.bounds import LONGEST_FRAME
from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import Peer, Way
from kbview.emulator.protocol.clients import Clients, Offer, Script
from kbview.emulator.protocol.requester import Requester
from kbview.emulator.protocol.tcp import Parameters
from kbview.emulator.refusal import ScenarioError, at_least, one_of, within
from kbview.emulator.settings import US_PS, Settings
from kbview.emulator.traffic import gaps, lengths, stream
from kbview.emulator.traffic.flows import udp_flows
from kbview.emulator.traffic.wire import byte_ps, line_rate_pps
from kbview.packet.frame import ETHERNET_MINIMUM, Frame

MOST_RATE_PPS = 1e9
MOST_FLOWS = 40_000
LONGEST_BURST = 1e6
LONGEST_US = 60e6  # a minute
CLIENT_RCVBUF = 4 << 20  # an ideal client is not what limits a transfer
REQUEST = "request"
TCP = "tcp"
CLOSED = (REQUEST, TCP)
OPEN = ("constant", "poisson", "onoff", "train", "pareto")


def check_rate(rate_pps: float) -> None:
    """Refuse rates that no wire carries."""
    if not 0 < rate_pps <= MOST_RATE_PPS:
        raise ScenarioError(f"rate = {rate_pps:g} frames/s cannot be; use more than 0, up to 1e9")


class Traffic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """UDP towards the host from `flows` senders to one `port`. `frames` of None is without end.
    `destinations`: to so many addresses, of which one is the host's; a router passes the others on.

    With tcp, `flows` clients have a connection each at a time, one after the other, `connections` in
    all, or none begun after `frames`; what is asked and answered on one is in the settings, for both
    sides keep to it.

    size: bytes with FCS, or "imix". rate_pps: the mean, in open loop. burst_frames: in a burst, the
    mean, or in each train; peak_pps: the rate in one, None is the link's; shape: of pareto's tails.
    rtt_us, think_us, timeout_us: of a request's round trip, between answer and next request, until it
    is given up.
    loss: share of frames that the network loses, each way; late: share that it delays by rtt_us.
    """

    pattern: str = "constant"
    rate_pps: float = 1_000_000.0
    size: int | str = 64
    flows: int = 1
    destinations: int = 1
    port: int = 9000
    frames: int | None = None
    burst_frames: float = 32.0
    peak_pps: float | None = None
    shape: float = 1.5
    rtt_us: float = 50.0
    think_us: float = 0.0
    timeout_us: float = 200_000.0
    loss: float = 0.0
    late: float = 0.0
    connections: int | None = None

    def __post_init__(self) -> None:
        one_of("pattern", self.pattern, (*OPEN, *CLOSED))
        check_rate(self.rate_pps)
        if isinstance(self.size, str):
            one_of("size", self.size, tuple(lengths.MIXES))
        elif not ETHERNET_MINIMUM <= self.size <= LONGEST_FRAME:
            raise ScenarioError(
                f"size = {self.size} cannot be a frame; use {ETHERNET_MINIMUM} to {LONGEST_FRAME} bytes"
            )
        within("flows", self.flows, MOST_FLOWS)
        within("destinations", self.destinations, MOST_FLOWS)
        within("port", self.port, 65_535)
        if self.frames is not None and self.frames < 0:
            raise ScenarioError(f"frames = {self.frames} is negative; use 0 or more")
        self._check_bursts()
        self._check_loop()

    def _check_bursts(self) -> None:
        at_least("burst_frames", self.burst_frames, 1, LONGEST_BURST)
        at_least("shape", self.shape, 1.05, 2)
        if self.peak_pps is not None and not self.rate_pps <= self.peak_pps <= MOST_RATE_PPS:
            raise ScenarioError(
                f"peak_pps = {self.peak_pps:g} is not between rate_pps = {self.rate_pps:g} and 1e9"
            )

    def _check_loop(self) -> None:
        at_least("rtt_us", self.rtt_us, 1, LONGEST_US)
        at_least("think_us", self.think_us, 0, LONGEST_US)
        at_least("timeout_us", self.timeout_us, 1, LONGEST_US)
        at_least("loss", self.loss, 0, 0.9)
        at_least("late", self.late, 0, 1)
        if self.connections is not None:
            at_least("connections", self.connections, 0)
        if self.pattern == REQUEST and self.size not in range(ETHERNET_MINIMUM, LONGEST_FRAME + 1):
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

    def stream(self, seed: int, link_gbps: float, first_flow: int = 0) -> stream.Frames:
        """As `chunks`, one by one."""
        if self.pattern in CLOSED:
            return iter(())
        flows = udp_flows(self.flows, self.port, first_flow, self.destinations)
        times = self._gaps(seed, link_gbps)
        if isinstance(self.size, int):
            made = stream.alike(times, self.size, flows)
        else:
            sizes = lengths.mixed(lengths.MIXES[self.size], seed)
            made = stream.mixed(times, sizes, byte_ps(link_gbps), flows)
        return stream.first(made, self.frames)

    def _gaps(self, seed: int, gbps: float) -> Iterator[int]:
        fixed = isinstance(self.size, int)
        peak_pps = self.peak_pps or line_rate_pps(self.mean_length, gbps)
        if self.pattern == "poisson":
            frame_ps = round(1e12 / line_rate_pps(self.mean_length, gbps)) if fixed else 0
            return gaps.poisson(self.rate_pps, seed, frame_ps)
        if self.pattern == "onoff":
            return gaps.onoff(self.rate_pps, peak_pps, self.burst_frames, seed)
        if self.pattern == "train":
            return gaps.train(self.rate_pps, peak_pps, self.burst_frames)
        if self.pattern == "pareto":
            return gaps.pareto(self.rate_pps, peak_pps, self.burst_frames, self.shape, seed)
        return gaps.constant(self.rate_pps)

    # ---- closed loop -----------------------------------------------------------------------

    def peer(self, seed: int, settings: Settings) -> Callable[[Nic], Peer] | None:
        """What makes the host at the other end of the cable; None in open loop."""
        if self.pattern not in CLOSED:
            return None

        def connect(nic: Nic) -> Peer:
            way = Way(round(self.rtt_us * US_PS), self.loss, settings.link_gbps, seed, self.late)
            if self.pattern == TCP:
                return self._clients(nic, way, settings)
            return self._requester(nic, way)

        return connect

    def _requester(self, nic: Nic, way: Way) -> Peer:
        length = int(self.size)
        payload = max(0, length - stream.UDP_HEADERS)
        made = Requester(nic, way, udp_flows(self.flows, self.port), length, payload)
        made.left = self.frames
        made.think_ps = round(self.think_us * US_PS)
        made.timeout_ps = round(self.timeout_us * US_PS)
        return made

    def _clients(self, nic: Nic, way: Way, settings: Settings) -> Peer:
        script = Script(
            settings.request,
            settings.response if settings.app == "http" else 0,
            max(1, settings.requests),
            round(self.think_us * US_PS),
            settings.app == "http" and settings.requests > 0,
        )
        parameters = Parameters(mss=settings.mss, rcvbuf=CLIENT_RCVBUF)
        return Clients(
            nic, way, Offer(self.flows, self.port, self.connections, self.frames), script, parameters
        )
