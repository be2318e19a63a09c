"""Requests and responses over UDP: a client sends a request, waits for the answer, thinks, and repeats.

    request --rtt/2--> host --answer, rtt/2--> think --> next request
       |                                                     ^
       +---- no answer within `timeout_ps` ------------------+  given up

A client has one request under way: a closed loop. Its rate falls when the host is slow. The starts of
the clients are spread over a round trip.
"""

from functools import partial
from itertools import count

from kbview.emulator.hardware.nic import Nic
from kbview.emulator.hardware.peer import NetworkPath, Peer, Timer
from kbview.packet.frame import Flow, Frame


class UdpClient:
    """A client and the answer that it waits for."""

    __slots__ = ("asked", "flow", "timer")

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.asked = 0  # the number of its last request
        self.timer: Timer | None = None


class Requester(Peer):
    """A client for each flow. Counts `answered` requests and requests that were `given_up`."""

    think_ps = 0
    timeout_ps = 200_000_000_000

    def __init__(
        self, nic: Nic, way: NetworkPath, flows: list[Flow], length: int, payload: int
    ) -> None:
        super().__init__(nic, way, count())
        self.answered = 0
        self.left: int | None = None  # requests still to be made; None is without end
        self.given_up = 0
        self._length = length
        self._payload = payload
        self._clients = [UdpClient(flow) for flow in flows]
        self._by_ports = {(flow.source_port, flow.destination_port): client
                          for flow, client in zip(flows, self._clients, strict=True)}  # fmt: skip

    def start(self) -> None:
        apart_ps = 2 * self.lookahead_ps // max(1, len(self._clients))
        for number, client in enumerate(self._clients):
            self.call_at(number * apart_ps, partial(self._ask, client))

    def receive(self, frame: Frame) -> None:
        client = self._by_ports.get((frame.flow.destination_port, frame.flow.source_port))
        if client is None or client.asked != frame.packet or client.timer is None:
            return  # an answer that came after it was given up
        client.timer.cancel()
        client.timer = None
        self.answered += 1
        self._later(client)

    def _ask(self, client: UdpClient) -> None:
        if self.left is not None:
            if not self.left:
                return
            self.left -= 1
        client.asked = next(self.packets)
        self.send(Frame(self.now_ps, client.asked, self._length, client.flow, self._payload))
        client.timer = self.call_at(self.now_ps + self.timeout_ps, partial(self._give_up, client))

    def _give_up(self, client: UdpClient) -> None:
        client.timer = None
        self.given_up += 1
        self._later(client)

    def _later(self, client: UdpClient) -> None:
        self.call_at(self.now_ps + self.think_ps, partial(self._ask, client))
