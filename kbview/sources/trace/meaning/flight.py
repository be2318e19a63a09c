"""Flights: packets on their way through the kernel, followed by the address of their sk_buff.

From its first tracepoint to its last a packet is where its sk_buff is; the address then goes to
another packet. An end that no tracepoint tells (TCP frees an acknowledgement with __kfree_skb) is
noticed when the address comes again, or after a while.
"""

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from kbview.tape.vocabulary import Place

if TYPE_CHECKING:
    from kbview.sources.trace.meaning.queue import SocketQueue

ETHERNET_HEADER, FCS, ETHERNET_MINIMUM = 14, 4, 64
LONGEST = 1 << 20  # bytes; no sk_buff is longer, whatever a record says
_LOOSE_PS = 20_000_000_000  # 20 ms: longer than any task keeps a socket's lock, so TCP had its turn


class Flight(msgspec.Struct, gc=False, eq=False):
    """One packet. `length` is its wire length with FCS, `network` that of its IP packet, bytes.

    `layer` is the highest that is known to have had it. `socket` is where it waits to be read,
    `home` where it will be once TCP has put it in order.
    """

    packet: int
    skb: int | str
    arrived_ps: int
    length: int
    network: int = 0
    truesize: int = 0
    hash: int = 0
    layer: Place = Place.IP
    payload: int | None = None
    seen_ps: int = 0
    socket: "SocketQueue | None" = None
    home: "SocketQueue | None" = None
    merged: "list[Flight] | None" = None
    ended: bool = False
    freed: bool = False  # its sk_buff was: whoever had it in a queue has read it
    backlogged: bool = False  # came through the backlog, which is worked off one by one


def wire_length(network: int, header: int) -> int:
    """Bytes on a wire, of an sk_buff whose link header was taken off."""
    return max(ETHERNET_MINIMUM, min(network, LONGEST) + header + FCS)


class Flights:
    """All that are under way."""

    def __init__(self) -> None:
        self.by_skb: dict[int | str, Flight] = {}
        self._next = 0
        self._loose: deque[tuple[int, Flight]] = deque()

    def number(self) -> int:
        """The next packet's number."""
        self._next += 1
        return self._next - 1

    def begin(self, flight: Flight) -> None:
        """Follow it from here on."""
        self.by_skb[flight.skb] = flight

    def end(self, flight: Flight) -> None:
        """Its address belongs to nobody now."""
        flight.ended = True
        if self.by_skb.get(flight.skb) is flight:
            del self.by_skb[flight.skb]

    def loosen(self, flight: Flight, time_ps: int) -> None:
        """Nothing told what became of it; it may yet turn up."""
        self._loose.append((time_ps, flight))

    def last_loose(self) -> Flight | None:
        """The one that was lost sight of last, if it did not turn up again."""
        flight = self._loose[-1][1] if self._loose else None
        return flight if flight and not flight.ended and flight.socket is None else None

    def unseen(self, now_ps: int) -> Iterator[Flight]:
        """Those that have not turned up for long, and wait in no socket."""
        loose = self._loose
        while loose and loose[0][0] + _LOOSE_PS <= now_ps:
            _, flight = loose.popleft()
            if not flight.ended and (flight.socket is None or flight.freed):
                yield flight
