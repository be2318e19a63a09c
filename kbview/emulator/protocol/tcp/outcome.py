"""The outcome of a segment, a call or a timer, on which the caller of a connection acts."""

from typing import NamedTuple

from kbview.emulator.protocol.tcp.segment import Segment
from kbview.emulator.protocol.tcp.state import ConnectionState


class Discard(NamedTuple):
    """Text that was kept out of order and is dropped."""

    segment: Segment
    reason: str


class Outcome:
    """`reason` is "" for an accepted segment, else the reason of refusal from skb_drop_reason.

    `segments` go on the wire in this order. `delivered` is the peer's text in order, each segment cut
    to its new bytes; the last may be a bare FIN. A segment that is neither refused nor delivered is
    `held` until the gap before it is filled; a later outcome delivers or discards it. `acknowledged`
    counts the bytes that the peer has newly acknowledged. `error` ends the connection: ECONNRESET,
    ECONNREFUSED or ETIMEDOUT.
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
        self.changes: list[tuple[ConnectionState, ConnectionState]] = []
