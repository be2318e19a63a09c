"""Acknowledgements of the recorded host: how far it had a sender's text.

A capture may lack frames that the host received. The host's own acknowledgements (RFC 9293, 3.4) tell
a gap of the capture from a gap of the host.
"""

from kbview.packet.frame import Flow, Frame, Protocol
from kbview.packet.tcp import ACK, FIN, RST

_KEPT = 65_536  # flows; past that all are begun anew
_NUMBER = slice(4, 8)  # of the acknowledgement in TCP's numbers
_Ends = tuple[str, int, str, int]


def acknowledges_alone(frame: Frame) -> bool:
    """Whether the frame is an ACK or a SYN-ACK without text: TCP sends it, not the application."""
    return frame.tcp_flags & (ACK | FIN | RST) == ACK and not frame.payload


class Acknowledgements:
    """The latest acknowledgement in each direction that the host sent."""

    def __init__(self) -> None:
        self._latest: dict[Flow, bytes] = {}
        self._flows: dict[_Ends, Flow] = {}

    def hear(self, frame: Frame) -> None:
        """Note the acknowledgement in a frame of the host, if it has a number."""
        numbers, flow = frame.inner, frame.flow
        if not frame.tcp_flags & ACK or type(numbers) is not bytes or flow.protocol is not Protocol.TCP:
            return
        if flow not in self._latest:
            if len(self._latest) >= _KEPT:
                self._latest.clear()
                self._flows.clear()
            self._flows[flow.source, flow.source_port, flow.destination, flow.destination_port] = flow
        self._latest[flow] = numbers[_NUMBER]

    def to(self, flow: Flow) -> int | None:
        """The number up to which the host has acknowledged the text of a flow; None without answers."""
        ends = flow.destination, flow.destination_port, flow.source, flow.source_port
        answering = self._flows.get(ends)
        return None if answering is None else int.from_bytes(self._latest[answering], "big")
