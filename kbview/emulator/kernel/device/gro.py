"""Generic receive offload: in the driver's poll, before IP, packets of a flow become one sk_buff.

    napi_gro_receive --> flow known? --no--> hold it, if something may follow
                            | yes
                            +--> next in order: merge     else: the held one goes up, then this

    goes up: the last packet of a train, the oldest of 8 trains in a bucket, and all trains at the end
    of the poll. With HZ = 1000, a poll that used up its weight keeps the trains begun in this jiffy.

A layer above is paid once for a merged packet: IP, TCP and the socket see one packet of up to 64 KB.
Forwarded packets are not merged, because they would have to be split again (GSO).
Linux: net/core/gro.c, net/core/dev.c napi_poll()
"""

from collections.abc import Callable

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.net.taker import Taker
from kbview.emulator.kernel.skb import RX_BUFFER, skbs
from kbview.emulator.protocol.gro_rules import ENDING, MergeFacts, Train, look_at
from kbview.packet.frame import Flow, Frame, Protocol, parts
from kbview.tape.events import PacketMerged

# Enum members that a packet needs: a look-up in the class costs more than a call.
_UDP = Protocol.UDP
_TCP = Protocol.TCP

GRO_HASH_BUCKETS = 8
MAX_GRO_SKBS = 8  # flows a bucket
GRO_NORMAL_BATCH = 8  # packets that go up together, sysctl net.core.gro_normal_batch
_SECOND_PS = 10**12


class Gro:
    """The trains of one NAPI instance.

    `held` and `buffers` count frames and sk_buffs, including the packets in `up`. `up` has the packets
    that are ready for the layers above, in order; `receive_merged` passes a packet to these layers.
    Each frame that is given to `receive` was cleaned and has an sk_buff.
    """

    def __init__(
        self,
        machine: Machine,
        receive_merged: Callable[[Core, Frame], Taker | None],
        *,
        udp: bool = False,
        hz: int = 250,
    ) -> None:
        self.receive_merged = receive_merged
        self.held = 0
        self.buffers = 0
        self.up: list[Frame] = []
        self._counted = 0  # packets in `up`: rx_count
        self._udp = udp
        self._jiffy_ps = _SECOND_PS // hz
        self._keeps = hz >= 1000
        self._buckets: list[dict[Flow, Train]] = [{} for _ in range(GRO_HASH_BUCKETS)]
        self._counts = machine.counts
        self._recorder = machine.recorder
        self._merge = machine.prices.step("gro_merge")
        self._complete = machine.prices.step("gro_complete")

    def wants(self, frame: Frame) -> bool:
        """Whether a packet can be merged, or a packet of its flow may be held."""
        protocol = frame.flow.protocol
        if protocol is _UDP:
            return self._udp and not frame.fault
        if protocol is not _TCP or frame.fault:
            return False
        return self.held > 0 or (frame.payload > 0 and not frame.tcp_flags & ENDING)

    def receive(self, core: Core, frame: Frame) -> bool:
        """dev_gro_receive: merge, hold or finish a packet; True if `up` has to be emptied now."""
        self.held += 1
        self.buffers += 1
        flow = frame.flow
        bucket = self._buckets[flow.rss_hash % GRO_HASH_BUCKETS]
        train, look = bucket.get(flow), look_at(frame)
        if train is not None and look is not None and train.takes(frame, look):
            self._join(core, train, frame, look)
            if train.is_whole(frame, look):
                self._lift(core, bucket.pop(flow))
        else:
            if train is not None:
                self._lift(core, bucket.pop(flow))
            self._hold(core, bucket, frame, look)
        return self._counted >= GRO_NORMAL_BATCH

    def _hold(
        self, core: Core, bucket: dict[Flow, Train], frame: Frame, look: MergeFacts | None
    ) -> None:
        """Begin a train, in a full bucket in place of its oldest; or let the packet pass."""
        if look is None or look.last:
            self._pass(frame)
            return
        if len(bucket) >= MAX_GRO_SKBS:
            self._lift(core, bucket.pop(next(iter(bucket))))
        bucket[frame.flow] = Train(frame, look, _buffers(frame), core.now_ps // self._jiffy_ps)

    def _join(self, core: Core, train: Train, frame: Frame, look: MergeFacts) -> None:
        core.spend(self._merge, frame.packet)
        if self._recorder.steps:
            into = train.frames[0].packet
            self._recorder.emit(PacketMerged(core.now_ps, core.number, frame.packet, into))
        if train.add(frame, look, _buffers(frame)):
            self.buffers -= 1
            self._counts.skb_freed(core, frame.packet)

    def flush(self, core: Core, *, complete: bool) -> None:
        """The poll ends: `complete` when the ring is empty, else by its weight (napi_gro_flush)."""
        jiffy = core.now_ps // self._jiffy_ps
        for bucket in self._buckets:
            for flow, train in list(bucket.items()):
                if complete or not self._keeps or train.since < jiffy:
                    self._lift(core, bucket.pop(flow))

    def _lift(self, core: Core, train: Train) -> None:
        """napi_gro_complete: finish a train; several packets get the headers of one."""
        if len(train.frames) > 1:
            core.spend(self._complete, train.frames[0].packet)
        self._pass(train.as_one())

    def _pass(self, frame: Frame) -> None:
        self.up.append(frame)
        self._counted += len(parts(frame))

    def take_up(self) -> list[Frame]:
        """Empty `up` and return its packets; each is counted until `go`."""
        up, self.up, self._counted = self.up, [], 0
        return up

    def go(self, frame: Frame) -> None:
        """A layer above has taken the packet."""
        self.held -= len(parts(frame))
        self.buffers -= len(skbs(frame))


def _buffers(frame: Frame) -> int:
    return -(-frame.length // RX_BUFFER)
