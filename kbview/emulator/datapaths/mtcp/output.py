"""The sending half of a TCP thread: segments gather during a round and become frames at its end.

A pure ACK is left out if a later segment of the round acknowledges at least as much.
mtcp/src/tcp_out.c WriteTCPACKList(), FlushTCPSendingBuffer(); dpdk_module.c dpdk_send_pkts()
"""

from kbview.emulator.application import Answers
from kbview.emulator.datapaths.mtcp.tcp_stream import name_of
from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.protocol.tcp import Segment
from kbview.emulator.protocol.tcp.header import frame_length
from kbview.emulator.protocol.tcp.sequence import after
from kbview.packet.frame import Flow, Frame
from kbview.packet.tcp import ACK
from kbview.tape.events import SegmentRetransmitted
from kbview.tape.vocabulary import CopyKind

_LOST = ("timeout", "fast")


class Output:
    """`frames` are written and not sent yet; `alloc` names the steps that allocate a buffer."""

    def __init__(self, machine: Machine, core: Core, alloc: tuple[str, ...]) -> None:
        self.frames: list[Frame] = []
        self._segments: list[tuple[Flow, Segment]] = []
        self._replayed: list[Frame] = []  # ACKs of a recorded host, to be written
        self._core = core
        self._counts = machine.counts
        self._recorder = machine.recorder
        self._packets = machine.packets
        self._answers = Answers()
        self._write = machine.prices.sequence(*alloc, "mtcp_tcp_out")
        self._write_text = machine.prices.sequence(*alloc, "mtcp_tcp_out", "mtcp_copy_frame")

    @property
    def idle(self) -> bool:
        """Whether there is nothing to send."""
        return not self._segments and not self._replayed and not self.frames

    def add(self, received: Flow, segments: list[Segment]) -> None:
        """Send these segments at the end of the round, as answers to the flow `received`."""
        for segment in segments:
            self._segments.append((received, segment))

    def replay(self, acks: list[Frame]) -> None:
        """Send ACKs of a recorded host at the end of the round, as the capture has them."""
        self._replayed += acks

    def write(self) -> None:
        """WritePacketsToChunks: write headers and text of each segment into a frame."""
        for frame in self._replayed:
            self._core.spend(self._write, frame.packet)
        self.frames += self._replayed
        self._replayed = []
        segments, self._segments = self._segments, []
        last = dict(segments)
        for flow, segment in segments:
            if not _says_less(segment, last[flow]):
                self.frames.append(self._frame(flow, segment))

    def _frame(self, received: Flow, segment: Segment) -> Frame:
        core, length = self._core, segment.length
        flow, wire_length = self._answers.back(received), frame_length(segment)
        packet = next(self._packets)
        if length:
            core.spend_copying(self._write_text, length, packet)
            self._counts.copied(core, packet, CopyKind.TO_FRAME, length)
        else:
            core.spend(self._write, packet)
        if segment.again in _LOST and self._recorder.steps:
            self._recorder.emit(
                SegmentRetransmitted(core.now_ps, core.number, name_of(received), packet, segment.again)
            )
        return Frame(core.now_ps, packet, wire_length, flow, length, segment.flags, "", segment)


def _says_less(segment: Segment, last: Segment) -> bool:
    """Whether a segment is a pure ACK, and `last` of its flow acknowledges more or carries text."""
    if segment is last or segment.flags != ACK or segment.length or segment.again:
        return False
    return after(last.ack, segment.ack) or bool(last.span)
