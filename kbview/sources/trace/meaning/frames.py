"""Frames: from the device up to the layer that decides about them, and out through the device."""

from typing import Any

from kbview.sources.trace.meaning import ending
from kbview.sources.trace.meaning.flight import ETHERNET_HEADER, Flight, wire_length
from kbview.sources.trace.meaning.interrupts import Handler, next_step, ours, settle
from kbview.sources.trace.meaning.layer import layer_of_drop, layer_of_function
from kbview.sources.trace.meaning.record import Record
from kbview.sources.trace.meaning.scene import Cpu, Scene
from kbview.tape.events import FrameArrived, FrameSent, PacketMerged, SkbAllocated
from kbview.tape.vocabulary import DropReason, Place, reason_of

_ARP = (0x0806, "0x0806")
_MERGED, _MERGED_FREE, _HELD = 0, 1, 2  # enum gro_result, include/linux/netdevice.h
_PURE_ACK = 2  # the truesize that TCP gives an acknowledgement without data: skb_set_tcp_pure_ack()
_PURGED = DropReason.QUEUE_PURGE
_LARGEST_HEADER = 256
_MOST_FLYING = 1 << 16


class Frames:
    """What the tracepoints of the device layer tell."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._held: dict[int, list[Flight]] = {}  # by core: what GRO keeps
        self.handlers: dict[str, Handler] = {
            "netif_rx_entry": self._handed_over,
            "napi_gro_receive_entry": self._to_gro,
            "napi_gro_frags_entry": self._to_gro,
            "napi_gro_receive_exit": self._from_gro,
            "napi_gro_frags_exit": self._from_gro,
            "netif_receive_skb_entry": self._handed_over,
            "netif_receive_skb_list_entry": self._handed_over,
            "netif_receive_skb": self._received,
            "net_dev_start_xmit": self._sending,
            "net_dev_xmit": self._sent,
            "consume_skb": self._consumed,
            "kfree_skb": self._dropped,
        }

    # ---- up --------------------------------------------------------------------------------

    def _handed_over(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """First seen: the device gave the sk_buff to the stack, or to the backlog."""
        device, queue, skb, protocol, network, truesize, has_header, header = record.values
        if device != self._scene.target.device:
            return
        flight = self._scene.flights.by_skb.get(skb)
        if flight is not None and flight.network == network and cpu.held is flight:
            return  # GRO let it go on: the same frame
        header = -header if has_header and -_LARGEST_HEADER < (header or 0) <= 0 else ETHERNET_HEADER
        flight = self._begin(time_ps, cpu, skb, (network or 0, header, (queue or 1) - 1))
        flight.truesize = truesize or 0
        flight.backlogged = record.point == "netif_rx_entry"
        flight.layer = (
            Place.ARP if protocol in _ARP else Place.TCP if truesize == _PURE_ACK else Place.IP
        )
        self._scene.tell(SkbAllocated(time_ps, cpu.number, flight.packet, flight.truesize))

    def _begin(self, time_ps: int, cpu: Cpu, skb: Any, sizes: tuple[int, int, int]) -> Flight:
        network, header, queue = sizes
        scene = self._scene
        before = scene.flights.by_skb.get(skb)
        if before is not None:
            self._freed_unseen(time_ps, cpu, before)
        if len(scene.flights.by_skb) >= _MOST_FLYING:
            oldest = next(iter(scene.flights.by_skb.values()))
            ending.drop(scene, time_ps, cpu, oldest, Place.TRACE, ending.LOST)
        packet = scene.flights.number()
        flight = Flight(packet, skb, time_ps, wire_length(network, header), network, 0)
        scene.flights.begin(flight)
        scene.tell(FrameArrived(time_ps, max(0, queue), packet, flight.length))
        return flight

    def _freed_unseen(self, time_ps: int, cpu: Cpu, flight: Flight) -> None:
        """Its address comes again."""
        if flight.socket is not None and (flight.socket.stream or self._scene.reads_told):
            self._leave_queued(time_ps, flight)
            return
        where = Place.APP if flight.socket is not None else flight.layer
        ending.take_in(self._scene, time_ps, cpu, flight, where)

    def _received(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """netif_receive_skb: from here IP, then TCP or UDP; nothing tells where one ends."""
        skb, network, device = record.values
        other = device != self._scene.target.device
        if cpu.climbing and (other or cpu.climbing[-1].backlogged):
            settle(self._scene, time_ps, cpu)  # one after the other: the ones before have got there
        cpu.current = cpu.ready = cpu.filled = None
        if other:
            next_step(cpu, time_ps, "")
            return
        flight = self._scene.flights.by_skb.get(skb)
        if flight is None:
            flight = self._begin(time_ps, cpu, skb, (network or 0, ETHERNET_HEADER, 0))
            self._scene.tell(SkbAllocated(time_ps, cpu.number, flight.packet, 0))
        ours(self._scene, cpu)
        if cpu.run is not None:
            cpu.run.received = True
        cpu.climbing.append(flight)
        next_step(cpu, time_ps, "protocol_stack", flight.packet)

    # ---- merged by GRO ---------------------------------------------------------------------

    def _to_gro(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        self._handed_over(time_ps, cpu, record)
        device, _, skb, *_ = record.values
        flight = self._scene.flights.by_skb.get(skb)
        if flight is not None and device == self._scene.target.device:
            cpu.held = flight
            ours(self._scene, cpu)
            next_step(cpu, time_ps, "napi_gro_receive", flight.packet)

    def _from_gro(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """Which of those that GRO keeps took it in is not said: the last kept is the likeliest."""
        flight, result = cpu.held, record.values[0]
        kept = self._held.setdefault(cpu.number, [])
        kept[:] = [each for each in kept if not each.ended and each not in cpu.climbing][-8:]
        if flight is None or flight.ended:
            return
        if result == _HELD:
            kept.append(flight)
        elif result in (_MERGED, _MERGED_FREE) and kept and kept[-1] is not flight:
            into = kept[-1]
            into.merged = [*(into.merged or ()), flight]
            self._scene.tell(PacketMerged(time_ps, cpu.number, flight.packet, into.packet))
            del self._scene.flights.by_skb[flight.skb]

    # ---- down ------------------------------------------------------------------------------

    def _sending(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        device, queue, skb = record.values
        if device == self._scene.target.device:
            cpu.sending[skb] = (time_ps, self._scene.flights.number(), queue or 0)

    def _sent(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """The driver took it (rc 0), at the moment when it was offered."""
        skb, length, refused, device = record.values
        if device != self._scene.target.device:
            return
        begun_ps, packet, queue = cpu.sending.pop(skb, (time_ps, -1, 0))
        cpu.sending.clear()
        if not refused:
            packet = self._scene.flights.number() if packet < 0 else packet
            self._scene.tell(FrameSent(begun_ps, queue, packet, wire_length(length or 0, 0)))
            self._watch_sender(cpu)

    def _watch_sender(self, cpu: Cpu) -> None:
        if cpu.run is None and cpu.task.call is not None:
            self._scene.follow(cpu.task)

    # ---- ends ------------------------------------------------------------------------------

    def _consumed(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        """Freed at the end of a good journey: by the layer it was for, if no socket had it."""
        flight = self._scene.flights.by_skb.get(record.values[0])
        if flight is None:
            return
        flight.seen_ps = time_ps
        if flight.socket is not None and (flight.socket.stream or self._scene.reads_told):
            self._leave_queued(time_ps, flight)
            return
        function = self._scene.target.locate(record.values[1])
        where = Place.APP if flight.socket else layer_of_function(function) or flight.layer
        ending.take_in(self._scene, time_ps, cpu, flight, where)
        next_step(cpu, time_ps, "napi_poll")

    def _leave_queued(self, time_ps: int, flight: Flight) -> None:
        """Its sk_buff is gone, the packet still waits to be read.

        TCP joins a segment's bytes to those before it. A datagram was read, which may be told later:
        the core that allocated its sk_buff frees it for the reader's.
        """
        self._scene.flights.by_skb.pop(flight.skb, None)
        if flight.socket is not None and not flight.socket.stream:
            flight.freed = True
            self._scene.flights.loosen(flight, time_ps)

    def _dropped(self, time_ps: int, cpu: Cpu, record: Record) -> None:
        skb, location, socket, reason = record.values
        flight = self._scene.flights.by_skb.get(skb)
        if flight is None:
            return
        flight.seen_ps = time_ps
        if reason == _PURGED and flight.socket is None:
            # a FIN without data waits in the queue, of which no reader is told, until the socket ends
            ending.take_in(self._scene, time_ps, cpu, flight, Place.TCP)
        else:
            self._drop(time_ps, cpu, flight, (location, socket, reason))
        next_step(cpu, time_ps, "napi_poll")

    def _drop(self, time_ps: int, cpu: Cpu, flight: Flight, said: tuple[Any, Any, Any]) -> None:
        location, socket, reason = said
        queue = flight.socket or self._scene.sockets.get(socket)
        if queue is not None:
            queue.drops += 1
            queue.rcvbuf = cpu.limit or queue.rcvbuf
        cpu.limit = 0
        reason = DropReason.NOT_SPECIFIED if reason is None else reason_of(str(reason))
        where = layer_of_drop(reason, self._scene.target.locate(location), flight.layer)
        ending.drop(self._scene, time_ps, cpu, flight, where, reason)
