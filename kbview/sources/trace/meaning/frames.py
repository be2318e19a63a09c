"""Frames: from the device up to the layer that decides about them, and out through the device."""

from typing import Any

from kbview.sources.trace.meaning import transition
from kbview.sources.trace.meaning.interrupts import Handler, next_step, ours, settle
from kbview.sources.trace.meaning.layer import layer_of_drop, layer_of_function
from kbview.sources.trace.meaning.machine_state import Cpu, MachineState
from kbview.sources.trace.meaning.record import TraceRecord, in_hardirq, in_softirq
from kbview.sources.trace.meaning.tracked_skb import (
    ETHERNET_HEADER,
    TrackedSkb,
    counted_length,
    link_header,
)
from kbview.tape.events import FrameArrived, FrameSent, PacketMerged, SkbAllocated
from kbview.tape.vocabulary import DropReason, Place, reason_of

_ARP = (0x0806, "0x0806")
_MERGED, _MERGED_FREE, _HELD = 0, 1, 2  # enum gro_result, include/linux/netdevice.h
_PURE_ACK = 2  # the truesize that TCP gives an acknowledgement without data: skb_set_tcp_pure_ack()
_PURGED = DropReason.QUEUE_PURGE
_LARGEST_HEADER = 256
_MOST_FLYING = 1 << 16


class Frames:
    """The meaning of the tracepoints of the device layer."""

    def __init__(self, machine: MachineState) -> None:
        self._machine = machine
        self._header = link_header(machine.target.device)
        self._held: dict[int, list[TrackedSkb]] = {}  # by core: the sk_buffs that GRO keeps
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

    def _handed_over(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """First seen: the device gave the sk_buff to the stack, or to the backlog."""
        device, queue, skb, protocol, network, truesize, has_header, header = record.values
        if device != self._machine.target.device:
            return
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is not None and tracked.network == network and cpu.held is tracked:
            return  # GRO let it go on: the same frame
        said = has_header and -_LARGEST_HEADER < (header or 0) <= 0
        header = -header if said and self._header else self._header
        tracked = self._begin(time_ps, cpu, skb, (network or 0, header, (queue or 1) - 1))
        tracked.truesize = truesize or 0
        tracked.backlogged = record.point == "netif_rx_entry"
        tracked.layer = (
            Place.ARP if protocol in _ARP else Place.TCP if truesize == _PURE_ACK else Place.IP
        )
        self._machine.tell(SkbAllocated(time_ps, cpu.number, tracked.packet, tracked.truesize))

    def _begin(self, time_ps: int, cpu: Cpu, skb: Any, sizes: tuple[int, int, int]) -> TrackedSkb:
        network, header, queue = sizes
        machine = self._machine
        before = machine.tracked_skbs.by_skb.get(skb)
        if before is not None:
            self._freed_unseen(time_ps, cpu, before)
        if len(machine.tracked_skbs.by_skb) >= _MOST_FLYING:
            oldest = next(iter(machine.tracked_skbs.by_skb.values()))
            transition.lose_sight(machine, time_ps, cpu, oldest)
        packet = machine.tracked_skbs.number()
        tracked = TrackedSkb(packet, skb, time_ps, counted_length(network, header), network, 0)
        machine.tracked_skbs.begin(tracked)
        machine.tell(FrameArrived(time_ps, max(0, queue), packet, tracked.length))
        return tracked

    def _freed_unseen(self, time_ps: int, cpu: Cpu, tracked: TrackedSkb) -> None:
        """Its address comes again, so its sk_buff is gone. When it went, nobody knows.

        TCP frees some without a tracepoint: believed where each other end would have been told.
        """
        if tracked.socket is not None and (tracked.socket.stream or self._machine.reads_told):
            self._leave_queued(time_ps, tracked)
        elif tracked.loose and tracked.socket is None and self._machine.ends_told:
            transition.take_in(self._machine, time_ps, cpu, tracked, tracked.layer)
        else:
            transition.lose_sight(self._machine, time_ps, cpu, tracked)

    def _received(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """netif_receive_skb: from here IP, then TCP or UDP; nothing tells where one ends."""
        skb, network, device = record.values
        other = device != self._machine.target.device
        if cpu.climbing and (other or cpu.climbing[-1].backlogged):
            settle(self._machine, time_ps, cpu)  # one by one: the packets before have got there
        cpu.current = cpu.ready = cpu.filled = None
        if other:
            next_step(cpu, time_ps, "")
            return
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is None:
            tracked = self._begin(time_ps, cpu, skb, (network or 0, self._header, 0))
            self._machine.tell(SkbAllocated(time_ps, cpu.number, tracked.packet, 0))
        ours(self._machine, cpu)
        if cpu.run is not None:
            cpu.run.received = True
        cpu.climbing.append(tracked)
        next_step(cpu, time_ps, "protocol_stack", tracked.packet)

    # ---- merged by GRO ---------------------------------------------------------------------

    def _to_gro(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        self._handed_over(time_ps, cpu, record)
        device, _, skb, *_ = record.values
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is not None and device == self._machine.target.device:
            cpu.held = tracked
            ours(self._machine, cpu)
            next_step(cpu, time_ps, "napi_gro_receive", tracked.packet)

    def _from_gro(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """No record says which sk_buff took the segment in; the last that GRO kept is the likeliest."""
        tracked, result = cpu.held, record.values[0]
        kept = self._held.setdefault(cpu.number, [])
        kept[:] = [each for each in kept if not each.ended and each not in cpu.climbing][-8:]
        if tracked is None or tracked.ended:
            return
        if result == _HELD:
            kept.append(tracked)
        elif result in (_MERGED, _MERGED_FREE) and kept and kept[-1] is not tracked:
            into = kept[-1]
            into.merged = [*(into.merged or ()), tracked]
            self._machine.tell(PacketMerged(time_ps, cpu.number, tracked.packet, into.packet))
            del self._machine.tracked_skbs.by_skb[tracked.skb]

    # ---- down ------------------------------------------------------------------------------

    def _sending(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        device, queue, skb = record.values
        if device == self._machine.target.device:
            cpu.sending[skb] = (time_ps, self._machine.tracked_skbs.number(), queue or 0)

    def _sent(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """The driver took it (rc 0), at the moment when it was offered."""
        skb, length, refused, device = record.values
        if device != self._machine.target.device:
            return
        begun_ps, packet, queue = cpu.sending.pop(skb, (time_ps, -1, 0))
        cpu.sending.clear()
        if not refused:
            packet = self._machine.tracked_skbs.number() if packet < 0 else packet
            counted = counted_length(length or 0, self._header - ETHERNET_HEADER)
            self._machine.tell(FrameSent(begun_ps, queue, packet, counted))
            self._watch_sender(cpu, record)

    def _watch_sender(self, cpu: Cpu, record: TraceRecord) -> None:
        """A frame that leaves in no interrupt and no softirq is the running task's own."""
        in_call = cpu.task.call is not None or self._machine.target.calls_of_watched
        if cpu.run is None and in_call and not (in_softirq(record.flags) or in_hardirq(record.flags)):
            self._machine.follow(cpu.task)

    # ---- ends ------------------------------------------------------------------------------

    def _consumed(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        """Freed at the end of a good journey: by the layer it was for, if no socket had it."""
        tracked = self._machine.tracked_skbs.by_skb.get(record.values[0])
        if tracked is None:
            return
        tracked.seen_ps = time_ps
        if tracked.socket is not None and (tracked.socket.stream or self._machine.reads_told):
            self._leave_queued(time_ps, tracked)
            return
        function = self._machine.target.locate(record.values[1])
        where = Place.APP if tracked.socket else layer_of_function(function) or tracked.layer
        transition.take_in(self._machine, time_ps, cpu, tracked, where)
        next_step(cpu, time_ps, "napi_poll")

    def _leave_queued(self, time_ps: int, tracked: TrackedSkb) -> None:
        """Its sk_buff is gone, the packet still waits to be read.

        TCP joins a segment's bytes to the bytes before. A datagram was read, which may be told later:
        the core that allocated its sk_buff frees it for the reader's.
        """
        self._machine.tracked_skbs.by_skb.pop(tracked.skb, None)
        if tracked.socket is not None and not tracked.socket.stream:
            tracked.freed = True
            self._machine.tracked_skbs.loosen(tracked, time_ps)

    def _dropped(self, time_ps: int, cpu: Cpu, record: TraceRecord) -> None:
        skb, location, socket, reason = record.values
        tracked = self._machine.tracked_skbs.by_skb.get(skb)
        if tracked is None:
            return
        tracked.seen_ps = time_ps
        if reason == _PURGED and tracked.socket is None:
            # a FIN without data waits in the queue, of which no reader is told, until the socket ends
            transition.take_in(self._machine, time_ps, cpu, tracked, Place.TCP)
        else:
            self._drop(time_ps, cpu, tracked, (location, socket, reason))
        next_step(cpu, time_ps, "napi_poll")

    def _drop(self, time_ps: int, cpu: Cpu, tracked: TrackedSkb, said: tuple[Any, Any, Any]) -> None:
        location, socket, reason = said
        queue = tracked.socket or self._machine.sockets.get(socket)
        if queue is not None:
            queue.drops += 1
            queue.rcvbuf = cpu.limit or queue.rcvbuf
        cpu.limit = 0
        reason = DropReason.NOT_SPECIFIED if reason is None else reason_of(str(reason))
        where = layer_of_drop(reason, self._machine.target.locate(location), tracked.layer)
        transition.drop(self._machine, time_ps, cpu, tracked, where, reason)
