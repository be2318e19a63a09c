"""Transmission of segments: a frame each, through IP and the device.

    tcp_transmit_skb: clone of an sk_buff in the send queue, header --> ip_output --> dev_queue_xmit

The clone is freed after the frame was sent; the sk_buff in the send queue is freed when acknowledged.
Linux: net/ipv4/tcp_output.c __tcp_transmit_skb()
"""

from kbview.emulator.application import Answers
from kbview.emulator.engine import Process
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.send.xmit import TxQueues
from kbview.emulator.kernel.skb import truesize
from kbview.emulator.protocol.tcp import Segment
from kbview.emulator.protocol.tcp.header import frame_length
from kbview.packet.frame import Flow, Frame, endpoint
from kbview.tape.events import SegmentRetransmitted

_LOST = ("timeout", "fast")


class SegmentSender:
    """Sends segments in order. `tracked` are the steps of conntrack, see call/sender.py."""

    def __init__(self, machine: Machine, queues: TxQueues, tracked: tuple[str, ...] = ()) -> None:
        self.in_hand = 0  # built and not yet given to the device
        self._counts = machine.counts
        self._recorder = machine.recorder
        self._packets = machine.packets
        self._queues = queues
        self._answers = Answers()
        self._transmit = machine.prices.sequence(
            "tcp_transmit_skb", *tracked, "ip_output", "dev_queue_xmit"
        )

    def send(self, core: Core, received: Flow, segments: list[Segment]) -> Process:
        """Send these segments to the peer of a flow."""
        for segment in segments:
            frame = self._frame(core, received, segment)
            core.spend(self._transmit, frame.packet)
            if core.now_ps > core.horizon_ps:
                self.in_hand += 1
                yield  # other cores may be sending through the same ring
                self.in_hand -= 1
            self._queues.of(core).xmit(core, frame, passed_on=False)

    def replay(self, core: Core, frames: list[Frame]) -> Process:
        """Send these ACKs of a recorded host, as the capture has them."""
        for frame in frames:
            self._counts.skb_allocated(core, frame.packet, truesize(frame.length))
            core.spend(self._transmit, frame.packet)
            if core.now_ps > core.horizon_ps:
                self.in_hand += 1
                yield  # other cores may be sending through the same ring
                self.in_hand -= 1
            self._queues.of(core).xmit(core, frame, passed_on=False)

    def _frame(self, core: Core, received: Flow, segment: Segment) -> Frame:
        length = frame_length(segment)
        flow = self._answers.back(received)
        frame = Frame(
            core.now_ps,
            next(self._packets),
            length,
            flow,
            segment.length,
            segment.flags,
            "",
            segment,
        )
        self._counts.skb_allocated(core, frame.packet, truesize(length))
        if self._recorder.steps and segment.again in _LOST:
            name = connection_name(received)
            self._recorder.emit(
                SegmentRetransmitted(core.now_ps, core.number, name, frame.packet, segment.again)
            )
        return frame


def connection_name(received: Flow) -> str:
    """The name of a connection's socket; `received` is the flow from the peer."""
    remote = endpoint(received.source, received.source_port)
    return f"{received.protocol} :{received.destination_port} < {remote}"
