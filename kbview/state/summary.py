"""A packet in a line: protocol, source, destination and end; and filters that select lines.

udp port 53          tcp and host 10.0.0.2         dropped        not arp        len > 1000        #12
"""

from collections.abc import Callable, Sequence

import msgspec

from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_parser import parse_for
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from kbview.packet.frame import FCS_LENGTH
from kbview.packet.layout import Layout
from kbview.state.buffer import layout_of, length_of, recorded
from kbview.state.journeys import JourneyEvent
from kbview.tape import events as ev

EXAMPLES = "tcp port 80, host 10.0.0.2, dropped, not arp, len > 1000, #12"
_KNOWN = frozenset({"state", "packet"})


class Summary(msgspec.Struct):
    """`time_ps` is that of its first event that is known, `where` its station while it waits.

    `data` are the frame's first bytes, b"" where none were kept; `length` is with FCS, 0 if unknown.
    """

    packet: int
    time_ps: int
    length: int
    layout: Layout
    state: str
    where: str
    reason: str
    data: bytes = b""


Wanted = Callable[[Summary], bool]


def summary(packet: int, stops: Sequence[JourneyEvent]) -> Summary:
    """The line of a packet from its events, of which there is at least one."""
    ends = [stop.event for stop in stops if stop.ends]
    state, reason = fate_of(ends[-1]) if ends else ("waiting", "")
    where = next((stop.station for stop in reversed(stops) if stop.station), "")
    kept = recorded(stops)
    return Summary(
        packet,
        stops[0].time_ps,
        length_of(stops),
        layout_of(stops),
        state,
        where,
        reason,
        kept.data if kept is not None else b"",
    )


def fate_of(end: ev.Event) -> tuple[str, str]:
    """The state that an end of a journey leaves a packet in, and the reason of a drop."""
    match end:
        case ev.PacketDropped(reason=reason) | ev.FrameUnsent(reason=reason):
            return "dropped", reason
        case ev.FrameMissed():
            return "missed", ""
        case ev.FrameSent():
            return "sent", ""
        case ev.EndUnseen():
            return "unseen", ""
        case _:
            return "delivered", ""


def parse(text: str) -> Wanted | str:
    """The test that a filter stands for, or the line that names its fault and place."""
    try:
        verdict = verdict_of(parse_for(text, _KNOWN, "of a packet on a tape"))
    except FilterError as refused:
        return str(refused)
    return lambda one: decide(verdict, _subject(one))


def _subject(one: Summary) -> FilterSubject:
    facts = {"state": frozenset({one.state}), "packet": frozenset({str(one.packet)})}
    return FilterSubject(one.data, max(0, one.length - FCS_LENGTH), facts)
