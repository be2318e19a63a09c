"""A filter as a piece of the counting programs: it reads the frame from the sk_buff and decides.

The frame on the stack, as it came: MAC addresses, ethertype, 64 bytes from the network header on, 8 of
IPv4's transport, the length without FCS, and the outermost VLAN tag. The kernel takes that tag out of
the bytes (skb_vlan_untag()) before IP sees the packet, and some tracepoints come before that.
"""

from kbview.packet.filter.filter_branches import FilterBranches
from kbview.packet.filter.filter_tree import Every, FieldTest, Layer, Some, Tree
from kbview.packet.filter.filter_verdict import NETWORK, TAG, TAG_TYPES
from kbview.sources.counting import pieces
from kbview.sources.counting.kernel_layout import KernelLayout
from kbview.sources.linux.bpf.assembler import R0, R1, R2, R4, R7, R8, R10, Assembly

_MACS, _TYPE, _NETWORK, _TRANSPORT = -256, -240, -232, -168
_LENGTH, _TAGGED, _NUMBER = -160, -152, -144
_NETWORK_BYTES, _TRANSPORT_BYTES = 64, 8
_NO_HEADER = 0xFFFF  # mac_header of an sk_buff whose link header nobody has noted
_SIGNS = {"=": "==", ">": ">", ">=": ">="}


def unless_wanted(made: Assembly, layout: KernelLayout, wanted: Tree | None, to: str) -> None:
    """Go to a label unless the filter takes the sk_buff in r7. r0 to r5 and r8 are lost.

    Raises ValueError for a filter that reads bytes which are not on the stack.
    """
    if wanted is None:
        return
    _read_frame(made, layout, to)
    _FilterPiece(made).test(wanted, "wanted", to)
    made.label("wanted")


def _read_frame(made: Assembly, layout: KernelLayout, to: str) -> None:
    _find_network(made, layout)
    _read_link(made, layout)
    _read_tag(made, layout)
    pieces.read_memory(made, _NETWORK, _NETWORK_BYTES, R8)
    made.jump_if(R0, "!=", 0, to)
    _take_off_tag(made, to)
    _read_transport(made)


def _find_network(made: Assembly, layout: KernelLayout) -> None:
    """r8 = the address of the network header; before anybody has noted it, data stands there."""
    made.load(8, R8, R7, layout["skb_data"])
    made.load(4, R1, R7, layout["skb_iif"])
    made.jump_if(R1, "==", 0, "network", narrow=True)
    made.load(8, R8, R7, layout["skb_head"])
    made.load(2, R1, R7, layout["skb_network"])
    made.alu_register("add", R8, R1)
    made.label("network")


def _read_link(made: Assembly, layout: KernelLayout) -> None:
    """The MAC addresses, zeros where there are none, the ethertype, and the frame's length."""
    made.store_value(8, R10, _MACS, 0)
    made.store_value(8, R10, _MACS + 8, 0)
    made.move(R4, R8)
    made.alu("sub", R4, NETWORK)
    made.load(2, R1, R7, layout["skb_mac"])
    made.jump_if(R1, "==", _NO_HEADER, "link", narrow=True)
    made.load(8, R4, R7, layout["skb_head"])
    made.alu_register("add", R4, R1)
    made.label("link")
    made.load(8, R2, R7, layout["skb_data"])
    made.alu_register("sub", R2, R4)
    made.load(4, R1, R7, layout["skb_len"])
    made.alu_register("add", R1, R2)
    made.store(8, R10, _LENGTH, R1)
    made.load(2, R1, R7, layout["skb_mac"])
    made.jump_if(R1, "==", _NO_HEADER, "type", narrow=True)
    pieces.read_memory(made, _MACS, 12, R4)
    made.label("type")
    made.load(2, R1, R7, layout["skb_protocol"])
    made.big_endian(R1, 16)
    made.store(8, R10, _TYPE, R1)


def _read_tag(made: Assembly, layout: KernelLayout) -> None:
    """The tag beside the bytes, with which the frame was four bytes longer."""
    made.store_value(8, R10, _TAGGED, 0)
    made.store_value(8, R10, _NUMBER, 0)
    made.load(2, R1, R7, layout["skb_vlan_proto"])
    made.jump_if(R1, "==", 0, "no tag")
    made.store_value(8, R10, _TAGGED, 1)
    made.load(2, R1, R7, layout["skb_vlan_tci"])
    made.alu("and", R1, 0xFFF)
    made.store(8, R10, _NUMBER, R1)
    made.load(8, R1, R10, _LENGTH)
    made.alu("add", R1, TAG)
    made.store(8, R10, _LENGTH, R1)
    made.label("no tag")


def _take_off_tag(made: Assembly, to: str) -> None:
    """A tag among the bytes, if there is none beside them: the network header is behind it."""
    made.load(8, R1, R10, _TAGGED)
    made.jump_if(R1, "!=", 0, "untagged")
    made.load(8, R1, R10, _TYPE)
    for tag_type in TAG_TYPES:
        made.jump_if(R1, "==", tag_type, "tag inside")
    made.go("untagged")
    made.label("tag inside")
    made.store_value(8, R10, _TAGGED, 1)
    for at, place, mask in ((0, _NUMBER, 0xFFF), (2, _TYPE, 0xFFFF)):
        made.load(2, R1, R10, _NETWORK + at)
        made.big_endian(R1, 16)
        made.alu("and", R1, mask)
        made.store(8, R10, place, R1)
    made.alu("add", R8, TAG)
    pieces.read_memory(made, _NETWORK, _NETWORK_BYTES, R8)
    made.jump_if(R0, "!=", 0, to)
    made.label("untagged")


def _read_transport(made: Assembly) -> None:
    """The bytes behind IPv4's header, which says its own length."""
    made.store_value(8, R10, _TRANSPORT, 0)
    made.load(1, R1, R10, _NETWORK)
    made.move(R2, R1)
    made.alu("right", R2, 4)
    made.jump_if(R2, "!=", 4, "frame read")
    made.alu("and", R1, 15)
    made.alu("left", R1, 2)
    made.alu_register("add", R8, R1)
    pieces.read_memory(made, _TRANSPORT, _TRANSPORT_BYTES, R8)
    made.label("frame read")


class _FilterPiece(FilterBranches):
    """The tests of a tree as instructions of a counting program."""

    def __init__(self, made: Assembly) -> None:
        super().__init__()
        self._made = made

    def unknown(self, word: str) -> Exception:
        return ValueError(f"{word} is not known to the programs that count packets")

    def mark(self, label: str) -> None:
        self._made.label(label)

    def longer(self, length: int, yes: str, no: str) -> None:
        self._made.load(8, R1, R10, _LENGTH)
        self._decide("s>", min(length, 1 << 30), yes, no)

    def _decide(self, sign: str, value: int, yes: str, no: str) -> None:
        self._made.jump_if(R1, sign, value, yes, narrow=sign != "s>")
        self._made.go(no)

    def compare(self, leaf: FieldTest, yes: str, no: str) -> None:
        made = self._made
        if leaf.layer is not Layer.ADDRESSES:
            made.load(8, R1, R10, _TAGGED)
            made.jump_if(R1, "!=", int(leaf.depth > 0), no)
        if leaf.layer is Layer.TYPE and leaf.depth < 2:
            made.load(8, R1, R10, _TYPE)
        else:
            self._load(leaf.size, _place(leaf))
        if leaf.mask != 0xFFFF_FFFF:
            made.alu("and", R1, leaf.mask - (1 << 32) if leaf.mask >> 31 else leaf.mask)
        self._decide(_SIGNS[leaf.sign], leaf.value, yes, no)

    def _load(self, size: int, place: int) -> None:
        """r1 = a number on the stack; the verifier asks for its alignment."""
        made = self._made
        if place % size == 0:
            made.load(size, R1, R10, place)
            if size > 1:
                made.big_endian(R1, 8 * size)
            return
        made.load(2, R1, R10, place)
        made.big_endian(R1, 16)
        made.alu("left", R1, 16)
        made.load(2, R2, R10, place + 2)
        made.big_endian(R2, 16)
        made.alu_register("add", R1, R2)

    def tagged(self, depth: int, number: int | None, yes: str, no: str) -> None:
        made = self._made
        if depth:
            kinds = tuple(FieldTest(Layer.TYPE, 0, 2, kind, depth=depth) for kind in TAG_TYPES)
            place = FieldTest(Layer.NETWORK, -TAG, 2, number or 0, 0xFFF, depth=depth + 1)
            self.test(Every((Some(kinds), *((place,) if number is not None else ()))), yes, no)
            return
        made.load(8, R1, R10, _TAGGED)
        made.jump_if(R1, "==", 0, no)
        if number is None:
            made.go(yes)
            return
        made.load(8, R1, R10, _NUMBER)
        self._decide("==", number, yes, no)


def _place(leaf: FieldTest) -> int:
    """The place of a leaf's bytes on the stack."""
    inner = TAG * max(0, leaf.depth - 1)
    if leaf.layer is Layer.ADDRESSES:
        return _MACS + leaf.at
    if leaf.layer is Layer.TRANSPORT:
        if inner:
            raise ValueError("ports behind two VLAN tags cannot be counted; live: takes such a filter")
        return _TRANSPORT + leaf.at
    at = inner - 2 + leaf.at if leaf.layer is Layer.TYPE else inner + leaf.at
    if at + leaf.size > _NETWORK_BYTES:
        raise ValueError("so many VLAN tags cannot be counted; live: takes such a filter")
    return _NETWORK + at
