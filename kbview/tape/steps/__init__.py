"""Steps, each declared once: function, sentence and stations. A profile adds the price of each.

A datapath with a new step adds one entry to one of the tables. Everything else finds the step there:
the stations of a path (placing.py), the sentence on a screen, the page docs/steps.md.
"""

from collections.abc import Iterable

from kbview.tape.event import Event, Meaning
from kbview.tape.events import (
    ConnectionAccepted,
    ConnectionQueued,
    ContextSwitched,
    Copied,
    PacketDropped,
    SendAcknowledged,
    SendQueued,
    SocketDequeued,
    SocketQueued,
    StepTaken,
    SyscallEntered,
    TcpStateChanged,
)
from kbview.tape.station import Station
from kbview.tape.steps.call import call_meaning
from kbview.tape.steps.declaration import RESUMED, Declaration, without_break
from kbview.tape.steps.placing import resolve
from kbview.tape.steps.table import STEPS
from kbview.tape.vocabulary import CopyKind, Place

UNKNOWN = Meaning("", "this version of kbview has no sentence for it")

__all__ = ["RESUMED", "STEPS", "UNKNOWN", "Declaration", "meaning_of", "resolve", "without_break"]


_COPIES = {
    CopyKind.TO_USER: Meaning("memcpy()", "A core copied the payload into the application's memory."),
    CopyKind.FROM_USER: Meaning("memcpy()", "A core copied the payload out of the application."),
    CopyKind.TO_RING: Meaning("memcpy()", "A core copied the payload into a ring of the application."),
    CopyKind.TO_UMEM: Meaning("memcpy()", "A core copied the frame into a chunk of umem."),
    CopyKind.FROM_UMEM: Meaning("skb_store_bits()", "A core copied the frame into an sk_buff."),
}
# Events of a socket whose queues are not the kernel's: their functions, by a station of the path.
_OWN_SOCKETS: dict[str, dict[type[Event], str]] = {
    "TCP thread": {
        SocketQueued: "RBPut()",
        SocketDequeued: "CopyToUser(), RBRemove()",
        SendQueued: "SBPut()",
        SendAcknowledged: "SBRemove()",
        ConnectionQueued: "StreamEnqueue()",
        ConnectionAccepted: "mtcp_accept(), StreamDequeue()",
        TcpStateChanged: "ProcessTCPPacket(), Handle_TCP_ST_LISTEN() and the other states' handlers",
    },
    "port queue": {SocketQueued: "mbufq_push_tail()", SocketDequeued: "mbufq_pop_head()"},
}
_IDLE = "No task is ready: the core idles. An interrupt of an idle core switches no mode."
_UNBUILT = frozenset({Place.NIC, Place.XDP, Place.XSK, Place.XSK_TX, Place.IPINTRQ})  # no sk_buff yet


def meaning_of(event: Event, stations: Iterable[Station] = ()) -> Meaning:
    """Function and sentence of an event, or of its step, on a path of these stations."""
    visited = {station.name for station in stations if not station.bypassed}
    if isinstance(event, StepTaken):
        step = STEPS.get(without_break(event.step))
        return step.on(visited) if step else UNKNOWN
    if isinstance(event, SyscallEntered):
        return call_meaning(event.name, visited) or event.meaning
    if isinstance(event, Copied):
        return _COPIES.get(event.kind, event.meaning)
    if isinstance(event, PacketDropped) and "skb" in visited and event.where not in _UNBUILT:
        return event.meaning._replace(function="kfree_skb_reason()")
    for station, functions in _OWN_SOCKETS.items():
        if station in visited and type(event) in functions:
            return event.meaning._replace(function=functions[type(event)])
    if isinstance(event, ContextSwitched) and event.to == "idle":
        return event.meaning._replace(why=_IDLE)
    return event.meaning
