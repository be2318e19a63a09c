"""The story programs: they choose packets by a hash and tell each station that these pass.

    *_entry             FIRST      chosen, or not: one packet in 2^n, all of its journey or nothing
    netif_receive_skb   RECEIVED   IP has it
    tcp_probe           TAKEN      TCP has it, and it carries no payload
    sk_data_ready       QUEUED     it waits in a socket; from here the socket is followed
    sock_recv_length    READ       the read that took it has returned
    consume_skb         CONSUMED   a protocol of the kernel has taken it
    kfree_skb           DROPPED

A packet is followed by the address of its sk_buff until it is queued. TCP then joins sk_buffs and UDP
frees them without a tracepoint, so the reads of the socket are followed from there: for UDP so many as
datagrams wait, for TCP up to the sequence number that was received last. A socket has one followed
packet at a time; another chosen one that reaches it is AMISS: its end is not seen.
"""

from kbview.sources.counting import pieces
from kbview.sources.counting.filter_program import unless_wanted
from kbview.sources.counting.kernel_layout import KernelLayout
from kbview.sources.counting.map_descriptors import MapDescriptors
from kbview.sources.counting.station_record import RECORD_LENGTH, StoryPoint
from kbview.sources.linux.bpf.assembler import R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10, Assembly

_AT = -64  # of the record on the stack
_TIME, _ID, _ADDRESS, _CPU, _PID, _POINT = 0, 8, 16, 24, 28, 32
_LENGTH, _EXTRA, _PORT, _QUEUED, _LIMIT = 36, 40, 44, 48, 52
_KEY_AT = -72  # sk_buff or socket
_VALUE_AT = -96  # of a waiting socket: u64 id, u64 reads or sequence number that are to come
_WORD_AT = -104
WAITING_LENGTH = 16
_NO_EXISTING = 1  # BPF_NOEXIST
_LISTEN, _TCP = 10, 6
_MSG_PEEK = 2
_GOLDEN = 0x9E3779B1 - (1 << 32)  # 2^32 by the golden ratio: Knuth's multiplicative hash


def _tell(made: Assembly, maps: MapDescriptors, point: StoryPoint) -> None:
    """Write the record on the stack to the ring, with its time, core and task; r0 to r5 are lost."""
    made.call(pieces.KTIME)
    made.store(8, R10, _AT + _TIME, R0)
    made.call(pieces.THIS_CPU)
    made.store(4, R10, _AT + _CPU, R0)
    made.call(pieces.PID)
    made.store(4, R10, _AT + _PID, R0)
    made.store_value(4, R10, _AT + _POINT, point)
    made.map(R1, maps.ring)
    made.move(R2, R10)
    made.alu("add", R2, _AT)
    made.set(R3, RECORD_LENGTH)
    made.set(R4, pieces.NO_WAKEUP)
    made.call(pieces.RING_OUTPUT)


def _blank(made: Assembly) -> None:
    """A record of zeros."""
    for at in range(0, RECORD_LENGTH, 8):
        made.store_value(8, R10, _AT + at, 0)


def _find_followed(made: Assembly, maps: MapDescriptors) -> None:
    """r9 = the id of the sk_buff in r7; leave if it is not followed."""
    made.store(8, R10, _KEY_AT, R7)
    pieces.look_up(made, maps.followed, _KEY_AT)
    made.jump_if(R0, "==", 0, "out")
    made.load(8, R9, R0)
    _blank(made)
    made.store(8, R10, _AT + _ID, R9)


def first(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """netif_rx_entry(skb) and its like."""
    del arguments
    made = Assembly()
    pieces.begin(made)
    pieces.unless_ours(made, layout, "out")
    unless_wanted(made, layout, layout.told, "out")
    _choose(made, maps)
    _blank(made)
    made.call(pieces.KTIME)
    made.store(8, R10, _AT + _ID, R0)
    made.store(8, R10, _KEY_AT, R7)
    pieces.put(made, maps.followed, _KEY_AT, _AT + _ID)
    made.jump_if(R0, "!=", 0, "full")
    made.load(4, R1, R7, layout["skb_len"])
    made.store(4, R10, _AT + _LENGTH, R1)
    made.load(2, R1, R7, layout["skb_queue"])
    made.store(4, R10, _AT + _EXTRA, R1)
    made.load(4, R1, R7, layout["skb_truesize"])
    made.store(4, R10, _AT + _QUEUED, R1)
    _tell(made, maps, StoryPoint.FIRST)
    made.go("out")
    made.label("full")
    pieces.add(made, pieces.UNTOLD)
    pieces.leave(made)
    return made.assemble()


def _choose(made: Assembly, maps: MapDescriptors) -> None:
    """Leave unless the hash of this core's next number is 0 under the mask: one packet in 2^n."""
    pieces.own_row(made, maps.numbers)
    made.load(8, R1, R8, 8 * pieces.CHOICE)
    made.alu("add", R1, 1)
    made.store(8, R8, 8 * pieces.CHOICE, R1)
    made.alu("mul", R1, _GOLDEN)
    made.move(R2, R1)
    made.alu("right", R2, 29)
    made.alu_register("xor", R1, R2)
    made.alu("mul", R1, _GOLDEN)
    made.alu("right", R1, 32)
    made.map_value(R3, maps.control)
    made.load(8, R2, R3)
    made.alu_register("and", R1, R2)
    made.jump_if(R1, "!=", 0, "out")


def received(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """netif_receive_skb(skb): the packet that this core works on now, followed or not."""
    del layout, arguments
    made = Assembly()
    pieces.begin(made)
    pieces.own_row(made, maps.numbers)
    made.store_value(8, R8, 8 * pieces.CURRENT, 0)
    _find_followed(made, maps)
    made.store(8, R8, 8 * pieces.CURRENT, R7)
    _tell(made, maps, StoryPoint.RECEIVED)
    pieces.leave(made)
    return made.assemble()


def probed(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """tcp_probe(sk, skb): an established connection works on this segment, maybe from its backlog."""
    del arguments
    made = Assembly()
    pieces.begin(made, 1)
    pieces.own_row(made, maps.numbers)
    made.store_value(8, R8, 8 * pieces.CURRENT, 0)
    _find_followed(made, maps)
    made.store(8, R8, 8 * pieces.CURRENT, R7)
    made.load(8, R4, R7, layout["skb_data"])
    made.alu("add", R4, 12)  # data offset, in words of 32 bits, in the upper half
    pieces.read_memory(made, _WORD_AT, 1, R4)
    made.load(1, R1, R10, _WORD_AT)
    made.alu("right", R1, 4)
    made.alu("left", R1, 2)
    made.load(4, R2, R7, layout["skb_len"])
    made.jump_if_register(R2, ">", R1, "out")
    made.store_value(8, R8, 8 * pieces.CURRENT, 0)
    pieces.remove(made, maps.followed, _KEY_AT)
    _tell(made, maps, StoryPoint.TAKEN)
    pieces.leave(made)
    return made.assemble()


def queued(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """sk_data_ready(sk): the packet that this core works on has reached the socket."""
    del arguments
    made = Assembly()
    made.load(8, R7, R1)
    pieces.own_row(made, maps.numbers)
    _find_current(made, maps)
    _note_socket(made, layout)
    made.load(1, R1, R7, layout["sk_state"])
    made.jump_if(R1, "==", _LISTEN, "taken")  # a connection may be accepted: the packet was an ACK
    _expect_reads(made, layout)
    made.store(8, R10, _VALUE_AT, R9)
    made.store(8, R10, _KEY_AT, R7)
    pieces.put(made, maps.waiting, _KEY_AT, _VALUE_AT, _NO_EXISTING)
    made.jump_if(R0, "!=", 0, "amiss")
    _tell(made, maps, StoryPoint.QUEUED)
    made.go("out")
    made.label("taken")
    _tell(made, maps, StoryPoint.TAKEN)
    made.go("out")
    made.label("amiss")
    _tell(made, maps, StoryPoint.AMISS)
    pieces.leave(made)
    return made.assemble()


def _find_current(made: Assembly, maps: MapDescriptors) -> None:
    """r9 = the id of the packet that this core works on, not followed by its sk_buff any more."""
    made.load(8, R6, R8, 8 * pieces.CURRENT)
    made.jump_if(R6, "==", 0, "out")
    made.store_value(8, R8, 8 * pieces.CURRENT, 0)
    made.store(8, R10, _KEY_AT, R6)
    pieces.look_up(made, maps.followed, _KEY_AT)
    made.jump_if(R0, "==", 0, "out")
    made.load(8, R9, R0)
    _blank(made)
    made.store(8, R10, _AT + _ID, R9)
    pieces.remove(made, maps.followed, _KEY_AT)


def _note_socket(made: Assembly, layout: KernelLayout) -> None:
    made.store(8, R10, _AT + _ADDRESS, R7)
    made.load(2, R1, R7, layout["sk_port"])
    made.store(4, R10, _AT + _PORT, R1)
    made.load(2, R1, R7, layout["sk_protocol"])
    made.store(4, R10, _AT + _EXTRA, R1)
    made.load(4, R1, R7, layout["sk_queued"])
    made.store(4, R10, _AT + _QUEUED, R1)
    made.load(4, R1, R7, layout["sk_rcvbuf"])
    made.store(4, R10, _AT + _LIMIT, R1)


def _expect_reads(made: Assembly, layout: KernelLayout) -> None:
    """The reads that are to come: a number of datagrams, or TCP's next sequence number."""
    made.move(R6, R7)
    made.load(2, R1, R7, layout["sk_protocol"])
    made.jump_if(R1, "==", _TCP, "stream")
    made.alu("add", R6, layout["udp_waiting"])
    pieces.read_memory(made, _WORD_AT, 4, R6)
    made.load(4, R1, R10, _WORD_AT)
    made.load(4, R2, R7, layout["sk_waiting"])
    made.alu_register("add", R1, R2)
    made.store(8, R10, _VALUE_AT + 8, R1)
    made.go("expected")
    made.label("stream")
    made.alu("add", R6, layout["tcp_received"])
    pieces.read_memory(made, _WORD_AT, 4, R6)
    made.load(4, R1, R10, _WORD_AT)
    made.store(8, R10, _VALUE_AT + 8, R1)
    made.label("expected")


def read(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """sock_recv_length(sk, ret, flags): the read that takes the followed packet, or one before it."""
    del arguments
    made = Assembly()
    pieces.begin(made)
    made.load(4, R1, R6, 8)
    made.jump_if(R1, "s<", 0, "out", narrow=True)
    made.load(4, R1, R6, 16)
    made.alu("and", R1, _MSG_PEEK)
    made.jump_if(R1, "!=", 0, "out")
    made.store(8, R10, _KEY_AT, R7)
    pieces.look_up(made, maps.waiting, _KEY_AT)
    made.jump_if(R0, "==", 0, "out")
    made.move(R8, R0)
    made.load(8, R9, R8)
    _unless_taken(made, layout)
    _blank(made)
    made.store(8, R10, _AT + _ID, R9)
    made.load(4, R1, R6, 8)
    made.store(4, R10, _AT + _LENGTH, R1)
    _note_socket(made, layout)
    pieces.remove(made, maps.waiting, _KEY_AT)
    _tell(made, maps, StoryPoint.READ)
    pieces.leave(made)
    return made.assemble()


def _unless_taken(made: Assembly, layout: KernelLayout) -> None:
    """Leave unless the followed packet, or TCP's bytes up to its end, are read with this call."""
    made.load(2, R1, R7, layout["sk_protocol"])
    made.jump_if(R1, "==", _TCP, "stream")
    made.load(8, R1, R8, 8)
    made.alu("sub", R1, 1)
    made.store(8, R8, 8, R1)
    made.jump_if(R1, "s>", 0, "out")
    made.go("taken")
    made.label("stream")
    made.move(R5, R7)
    made.alu("add", R5, layout["tcp_read"])
    pieces.read_memory(made, _WORD_AT, 4, R5)
    made.load(4, R1, R10, _WORD_AT)
    made.load(8, R2, R8, 8)
    made.alu_register("sub", R1, R2)
    made.jump_if(R1, "s<", 0, "out", narrow=True)
    made.label("taken")


def consumed(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """consume_skb(skb, location)."""
    del layout
    return _ended(StoryPoint.CONSUMED, maps, arguments)


def dropped(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """kfree_skb(skb, location, reason, rx_sk), or as many of these as this kernel has."""
    del layout
    return _ended(StoryPoint.DROPPED, maps, arguments)


def _ended(point: StoryPoint, maps: MapDescriptors, arguments: int) -> bytes:
    """A record of the end of a followed sk_buff."""
    made = Assembly()
    pieces.begin(made)
    _find_followed(made, maps)
    if arguments > 1:
        made.load(8, R1, R6, 8)
        made.store(8, R10, _AT + _ADDRESS, R1)
    if arguments > 2:
        made.load(4, R1, R6, 16)
        made.store(4, R10, _AT + _EXTRA, R1)
    pieces.remove(made, maps.followed, _KEY_AT)
    _tell(made, maps, point)
    pieces.leave(made)
    return made.assemble()
