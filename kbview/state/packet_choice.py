"""The packets of a tape that a filter takes, and their records."""

from collections.abc import Container, Iterable, Iterator

from kbview.packet.layout import Layout
from kbview.state.journeys import ENDS
from kbview.state.summary import Summary, Wanted, fate_of
from kbview.tape import events as ev


def chosen_packets(records: Iterable[ev.Event], wanted: Wanted) -> set[int]:
    """The numbers of the packets that the filter takes; one pass over the records."""
    found: dict[int, Summary] = {}
    for record in records:
        packet = getattr(record, "packet", ev.NO_PACKET)
        if packet == ev.NO_PACKET:
            continue
        one = found.get(packet)
        if one is None:
            one = found[packet] = Summary(packet, record.time_ps, 0, Layout([]), "waiting", "", "")
        if isinstance(record, ev.FrameArrived | ev.FrameRecorded):
            one.length = record.length
        if isinstance(record, ev.FrameRecorded):
            one.data = record.data
        if type(record) in ENDS:
            one.state, one.reason = fate_of(record)
    return {packet for packet, one in found.items() if wanted(one)}


def records_of(packets: Container[int], records: Iterable[ev.Event]) -> Iterator[ev.Event]:
    """The records of some packets, and the datapaths that they went by; samples count all packets."""
    for record in records:
        packet = getattr(record, "packet", ev.NO_PACKET)
        if isinstance(record, ev.DatapathStarted) or (packet != ev.NO_PACKET and packet in packets):
            yield record
