"""What came of a segment, a call or a timer: all that whoever runs the connection has to act on."""

from typing import NamedTuple

from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.state import TcpState


class Discard(NamedTuple):
    """Text that had been kept out of order and is not wanted after all."""

    segment: Segment
    reason: str


class Outcome:
    """`reason` is "" where the segment was taken, else why not, in the words of skb_drop_reason.

    `segments` go on the wire in this order. `delivered` is the peer's text in order, each segment cut
    to what is new; the last may be a bare FIN. A segment of text that is neither refused nor delivered
    is `held` until the gap before it is filled; it then comes out in a later outcome, as delivered or
    as discarded. `acknowledged` counts bytes of ours that the peer has now. `error` ends the
    connection: ECONNRESET, ECONNREFUSED or ETIMEDOUT.
    """

    __slots__ = (
        "acknowledged",
        "changes",
        "delivered",
        "discarded",
        "error",
        "held",
        "reason",
        "segments",
    )

    def __init__(self) -> None:
        self.reason = ""
        self.error = ""
        self.held = False
        self.acknowledged = 0
        self.segments: list[Segment] = []
        self.delivered: list[Segment] = []
        self.discarded: list[Discard] = []
        self.changes: list[tuple[TcpState, TcpState]] = []
