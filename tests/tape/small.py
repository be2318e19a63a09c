"""A small tape of every kind of event, and ways to read tapes that are only bytes."""

from collections.abc import Sequence
from typing import Any, get_args, get_type_hints

import msgspec

from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.recording import Recording
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.meter import CoreMeter, Meters, Sample, StageMeter
from kbview.tape.source import Capabilities, Heading, Origin
from kbview.tape.station import Domain, Station

KINDS: list[type[ev.Event]] = list(ev.EVENTS)
HEADER = Header(Heading(Origin.EMULATED, "made up", "xdp18"), Capabilities(), program="0")
_STATIONS = (Station("app", Domain.USER, "where it ends", ("PacketDelivered",)),)


def value(hint: Any, number: int) -> Any:
    """Something of this type, different for each number."""
    if hint is int:
        return number
    if hint == tuple[Station, ...]:
        return _STATIONS
    if type(None) in get_args(hint):
        (known,) = set(get_args(hint)) - {type(None)}
        return value(known, number) if number % 2 else None
    choices = get_args(hint) or (list(hint) if hasattr(hint, "__members__") else None)
    if choices:
        return choices[number % len(choices)]
    return {str: f"word_{number}", bool: bool(number % 2), bytes: bytes([number % 256])}[hint]


def event(kind: type[ev.Event], time_ps: int) -> ev.Event:
    """One event of a class."""
    hints = get_type_hints(kind)
    names = kind.__struct_fields__[1:]
    return kind(time_ps, *(value(hints[name], time_ps + place) for place, name in enumerate(names)))


def records() -> list[ev.Event]:
    """Every class twice, in two orders, with samples between; at `milestones`: nothing is counted."""
    told: list[ev.Event] = [sample(0)]
    told += [event(kind, 10 * number) for number, kind in enumerate(KINDS, 1)]
    told.append(sample(10 * len(KINDS) + 10))
    told += [event(kind, 1000 + number // 2) for number, kind in enumerate(reversed(KINDS))]
    return told


def sample(time_ps: int) -> Sample:
    """Meters with something of every shape in them."""
    meters = Meters(arrived=time_ps, drops={"nic/FCS": 3}, cores=[CoreMeter(0, "app", 5)])
    meters.stages["udp_rcv"] = StageMeter(time_ps, 7)
    meters.latency.add([time_ps, 5])
    return Sample(time_ps, meters, Detail.MILESTONES)


def written(told: Sequence[ev.Event], chunk: int, *, close: bool = True) -> bytes:
    """A tape of these records, `chunk` of them in each chunk."""
    data = bytearray()
    writer = TapeWriter(data.extend, HEADER)
    for first in range(0, len(told), chunk):
        writer.extend(told[first : first + chunk])
        writer.flush()
    if close:
        writer.close()
    return bytes(data)


def opened(data: bytes, size: int | None = None) -> Recording:
    """The recording in these bytes."""
    return Recording(lambda offset, length: data[offset : offset + length], size or len(data))


def same(first: object, second: object) -> bool:
    """Whether two records, or lists of them, are alike in everything."""
    return msgspec.msgpack.encode(first) == msgspec.msgpack.encode(second)
