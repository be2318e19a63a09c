"""The counting programs: each of them adds a few numbers at one raw tracepoint.

netif_receive_skb   a packet of the interface comes to the stack
napi_poll           a poll of the interface, or of the backlog after packets of it
softirq_exit        a receive softirq that had packets of it
kfree_skb           a drop, by reason, function, protocol and port
"""

from kbview.sources.counting import pieces
from kbview.sources.counting.filter_program import unless_wanted
from kbview.sources.counting.kernel_layout import KernelLayout
from kbview.sources.counting.map_descriptors import MapDescriptors
from kbview.sources.linux.bpf.assembler import R0, R1, R2, R3, R4, R6, R7, R8, R9, R10, Assembly

NET_RX = 3  # softirq number
# The key of a drop: u64 location, u32 reason, u16 port, u8 protocol, u8 flags.
KEY = "=QIHBB"
OUTWARD, EMPTY = 1, 2  # flags: it never came in by this interface; it holds no payload
NOT_SPECIFIED = 2  # enum skb_drop_reason, before Linux 5.17 the only one there could be
_KEY_AT, _ONE_AT, _HEADER_AT, _PORT_AT = -24, -32, -64, -72
_LOCATION, _REASON, _PORT, _PROTOCOL, _FLAGS = 0, 8, 12, 14, 15
_TCP, _UDP = 6, 17


def received(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """netif_receive_skb(skb)."""
    del arguments
    made = Assembly()
    pieces.begin(made)
    pieces.unless_ours(made, layout, "out")
    unless_wanted(made, layout, layout.counted, "out")
    pieces.own_row(made, maps.numbers)
    for place in (pieces.RECEIVED, pieces.SINCE_POLL, pieces.SINCE_SOFTIRQ):
        pieces.add(made, place)
    made.load(4, R1, R7, layout["skb_len"])
    pieces.add(made, pieces.RECEIVED_BYTES, R1)
    pieces.leave(made)
    return made.assemble()


def polled(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """napi_poll(napi, work, budget)."""
    del arguments
    made = Assembly()
    pieces.begin(made)
    pieces.own_row(made, maps.numbers)
    made.load(8, R9, R8, 8 * pieces.SINCE_POLL)
    made.store_value(8, R8, 8 * pieces.SINCE_POLL, 0)
    made.jump_if(R9, "!=", 0, "ours")
    made.load(8, R1, R7, layout["napi_dev"])
    pieces.unless_device(made, layout, R1, "out")
    made.label("ours")
    pieces.add(made, pieces.POLLS)
    made.load(4, R1, R6, 8)
    made.jump_if(R1, "!=", 0, "out", narrow=True)
    pieces.add(made, pieces.EMPTY_POLLS)
    pieces.leave(made)
    return made.assemble()


def softirq_left(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """softirq_exit(vec)."""
    del layout, arguments
    made = Assembly()
    pieces.begin(made)
    made.jump_if(R7, "!=", NET_RX, "out", narrow=True)
    pieces.own_row(made, maps.numbers)
    made.load(8, R1, R8, 8 * pieces.SINCE_SOFTIRQ)
    made.jump_if(R1, "==", 0, "out")
    made.store_value(8, R8, 8 * pieces.SINCE_SOFTIRQ, 0)
    pieces.add(made, pieces.SOFTIRQS)
    pieces.leave(made)
    return made.assemble()


def dropped(layout: KernelLayout, maps: MapDescriptors, arguments: int) -> bytes:
    """kfree_skb(skb, location, reason, rx_sk), or as many of these as this kernel has."""
    made = Assembly()
    pieces.begin(made)
    _unless_ours(made, layout, arguments)
    unless_wanted(made, layout, layout.counted, "out")
    _note_drop(made, layout, arguments)
    _note_port(made, layout)
    _count_drop(made, maps)
    pieces.leave(made)
    return made.assemble()


def _unless_ours(made: Assembly, layout: KernelLayout, arguments: int) -> None:
    """r9 = flags. The interface is the one by which the packet came in; before, the one it is on.

    The namespace is that of the receiving socket, else of the device, else of the route: a protocol
    takes the device out of the sk_buff (udp_set_dev_scratch()).
    """
    made.set(R9, 0)
    made.load(4, R1, R7, layout["skb_iif"])
    made.jump_if(R1, "==", layout.index, "came in", narrow=True)
    made.jump_if(R1, "!=", 0, "out", narrow=True)
    pieces.unless_ours(made, layout, "out")
    made.set(R9, OUTWARD)
    made.go("ours")
    made.label("came in")
    if arguments > 3:
        made.load(8, R1, R6, 24)
        made.jump_if(R1, "==", 0, "by device")
        made.load(8, R3, R1, layout["sk_net"])
        pieces.unless_namespace(made, layout, R3, "out")
        made.go("ours")
        made.label("by device")
    made.load(8, R1, R7, layout["skb_dev"])
    pieces.unless_device(made, layout, R1, "by route")
    made.go("ours")
    made.label("by route")
    made.load(8, R1, R7, layout["skb_dst"])
    made.alu("and", R1, -2)
    made.alu("add", R1, layout["dst_dev"])
    made.move(R4, R1)
    _device_at(made, layout, R4)
    made.label("ours")


def _device_at(made: Assembly, layout: KernelLayout, address: int) -> None:
    """Leave unless the device that a pointer in kernel memory leads to is of our namespace.

    The route's device need not be the one by which the packet came: only its namespace counts.
    """
    pieces.read_memory(made, _HEADER_AT, 8, address)
    made.load(8, R4, R10, _HEADER_AT)
    made.jump_if(R4, "==", 0, "out")
    made.alu("add", R4, layout["dev_net"])
    pieces.read_memory(made, _HEADER_AT, 8, R4)
    made.load(8, R4, R10, _HEADER_AT)
    made.alu("add", R4, layout["net_number"])
    pieces.read_memory(made, _HEADER_AT, 4, R4)
    made.load(4, R2, R10, _HEADER_AT)
    made.jump_if(R2, "!=", layout.namespace, "out", narrow=True)


def _note_drop(made: Assembly, layout: KernelLayout, arguments: int) -> None:
    """The key, but for protocol and port."""
    made.load(4, R1, R7, layout["skb_len"])
    made.jump_if(R1, "!=", 0, "has payload", narrow=True)
    made.alu("add", R9, EMPTY)
    made.label("has payload")
    made.store_value(8, R10, _KEY_AT + _REASON, 0)
    made.load(8, R1, R6, 8)
    made.store(8, R10, _KEY_AT + _LOCATION, R1)
    made.set(R1, NOT_SPECIFIED)
    if arguments > 2:
        made.load(4, R1, R6, 16)
    made.store(4, R10, _KEY_AT + _REASON, R1)
    made.store(1, R10, _KEY_AT + _FLAGS, R9)


def _note_port(made: Assembly, layout: KernelLayout) -> None:
    """Protocol and destination port of TCP and UDP, from the packet's own bytes."""
    made.load(8, R8, R7, layout["skb_data"])
    made.load(4, R1, R7, layout["skb_iif"])
    made.jump_if(R1, "==", 0, "at network", narrow=True)  # nobody has noted where the header is
    made.load(8, R8, R7, layout["skb_head"])
    made.load(2, R1, R7, layout["skb_network"])
    made.alu_register("add", R8, R1)
    made.label("at network")
    pieces.read_memory(made, _HEADER_AT, 24, R8)
    made.jump_if(R0, "!=", 0, "keyed")
    _find_transport(made)
    made.jump_if(R3, "==", _UDP, "ports")
    made.jump_if(R3, "!=", _TCP, "keyed")
    made.label("ports")
    made.alu_register("add", R8, R1)
    pieces.read_memory(made, _PORT_AT, 4, R8)
    made.jump_if(R0, "!=", 0, "keyed")
    made.load(2, R1, R10, _PORT_AT + 2)
    made.big_endian(R1, 16)
    made.store(2, R10, _KEY_AT + _PORT, R1)
    made.label("keyed")


def _find_transport(made: Assembly) -> None:
    """r3 = the protocol, r1 = the length of the IP header. Extension headers hide IPv6's ports."""
    made.load(1, R1, R10, _HEADER_AT)
    made.move(R2, R1)
    made.alu("right", R2, 4)
    made.jump_if(R2, "==", 6, "ipv6")
    made.jump_if(R2, "!=", 4, "keyed")
    made.load(1, R3, R10, _HEADER_AT + 9)
    made.store(1, R10, _KEY_AT + _PROTOCOL, R3)
    made.load(2, R2, R10, _HEADER_AT + 6)
    made.big_endian(R2, 16)
    made.alu("and", R2, 0x1FFF)
    made.jump_if(R2, "!=", 0, "keyed")  # a later fragment has no ports
    made.alu("and", R1, 15)
    made.alu("left", R1, 2)
    made.go("transport")
    made.label("ipv6")
    made.load(1, R3, R10, _HEADER_AT + 6)
    made.store(1, R10, _KEY_AT + _PROTOCOL, R3)
    made.set(R1, 40)
    made.label("transport")


def _count_drop(made: Assembly, maps: MapDescriptors) -> None:
    """One more of the key; where the table is full, one more without a key."""
    pieces.look_up(made, maps.drops, _KEY_AT)
    made.jump_if(R0, "==", 0, "new")
    made.set(R1, 1)
    made.count(R0, 0, R1)
    made.go("out")
    made.label("new")
    made.store_value(8, R10, _ONE_AT, 1)
    pieces.put(made, maps.drops, _KEY_AT, _ONE_AT)
    made.jump_if(R0, "==", 0, "out")
    pieces.own_row(made, maps.numbers)
    pieces.add(made, pieces.UNKEYED)
