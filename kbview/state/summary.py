"""A packet in a line: protocol, source, destination and end; and expressions that select lines.

udp and port 53          tcp 10.0.0.2         dropped        not arp        len > 1000        #12
"""

import re
from collections.abc import Callable, Sequence

import msgspec

from kbview.packet.layout import Layout
from kbview.state.buffer import layout_of, length_of
from kbview.state.journeys import JourneyEvent
from kbview.tape import events as ev

STATES = ("waiting", "delivered", "dropped", "missed", "sent")
PROTOCOLS = ("arp", "icmp", "ip", "other", "tcp", "udp")
EXAMPLES = "tcp port 80, 10.0.0.2, dropped, not arp, len > 1000, #12"
_SYMBOLS = re.compile(r"\s*(#\d+|len\s*[<>=]\s*\d+|port\s+\d+|:\d+|[^\s]+)", re.ASCII)
_LENGTH = re.compile(r"len\s*([<>=])\s*(\d{1,9})", re.ASCII)


class Summary(msgspec.Struct):
    """`told` is the time of its first event that is known, `where` its station while it waits."""

    packet: int
    time_ps: int
    length: int
    layout: Layout
    state: str
    where: str
    reason: str


Wanted = Callable[[Summary], bool]


def summary(packet: int, stops: Sequence[JourneyEvent]) -> Summary:
    """The line of a packet from its events, of which there is at least one."""
    ends = [stop.event for stop in stops if stop.ends]
    state, reason = _fate(ends[-1]) if ends else ("waiting", "")
    where = next((stop.station for stop in reversed(stops) if stop.station), "")
    return Summary(packet, stops[0].time_ps, length_of(stops), layout_of(stops), state, where, reason)


def _fate(end: ev.Event) -> tuple[str, str]:
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
    """The test that an expression stands for, or the sentence that names its fault.

    Words side by side must all be true; `or` and `not` are as in speech, `or` binds least.
    """
    choices: list[list[Wanted]] = [[]]
    negated = False
    for symbol in _SYMBOLS.findall(text):
        word = symbol.lower()
        if word == "or":
            choices.append([])
        elif word in ("not", "!"):
            negated = not negated
        elif word not in ("and", "&&"):
            test = _test(word)
            if test is None:
                return f"{symbol!r} is no protocol, state, address or port; examples: {EXAMPLES}"
            choices[-1].append(_inverted(test) if negated else test)
            negated = False
    if (any(not tests for tests in choices) and len(choices) > 1) or negated:
        return f"something is missing in {text!r}; examples: {EXAMPLES}"
    return lambda one: any(all(test(one) for test in tests) for tests in choices)


def _inverted(test: Wanted) -> Wanted:
    return lambda one: not test(one)


def _test(word: str) -> Wanted | None:
    if word in PROTOCOLS:
        return lambda one: one.layout.protocol == word
    if word in STATES:
        return lambda one: one.state == word
    if found := _LENGTH.fullmatch(word):
        return _length(found[1], int(found[2]))
    if word.startswith("#") and word[1:].isdecimal():
        return lambda one: one.packet == int(word[1:])
    if port := re.fullmatch(r"(?:port\s+|:)(\d{1,5})", word, re.ASCII):
        number = int(port[1])
        return lambda one: number in (one.layout.source_port, one.layout.destination_port)
    if re.fullmatch(r"[0-9a-f.:]*[.:][0-9a-f.:]*", word, re.ASCII):
        return lambda one: word in (one.layout.source, one.layout.destination)
    return None


def _length(sign: str, length: int) -> Wanted:
    if sign == "<":
        return lambda one: one.length < length
    return (lambda one: one.length > length) if sign == ">" else lambda one: one.length == length
