"""Filters as classic BPF, which the kernel runs on each packet before a packet socket's ring.

Linux: Documentation/networking/filter.rst, net/core/filter.c. A tap gets a packet without its outermost
VLAN tag, which stands beside it (skb_vlan_untag()); the program asks for the frame as it came.
"""

import struct
from typing import NamedTuple

from kbview.packet.filter.filter_branches import FilterBranches
from kbview.packet.filter.filter_tree import FieldTest, Layer, Tree
from kbview.packet.filter.filter_verdict import NETWORK, TAG, TAG_TYPES

MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS
_SIZES = {4: 0x00, 2: 0x08, 1: 0x10}  # BPF_W, BPF_H, BPF_B
_LOAD, _LOAD_INDEXED, _LOAD_LENGTH, _LOAD_IHL = 0x20, 0x40, 0x80, 0xB1
_AND, _GO, _RETURN = 0x54, 0x05, 0x06
_JUMPS = {"=": 0x15, ">": 0x25, ">=": 0x35}
_BESIDE = 0xFFFF_F000  # SKF_AD_OFF: facts beside the packet's bytes
_PROTOCOL, _TAG_NUMBER, _TAG_PRESENT = 0, 44, 48
_ALL_OF_IT = 0x7FFF_FFFF  # bytes to keep
_INSTRUCTION = struct.Struct("=HBBI")


class _Step(NamedTuple):
    """An instruction; `to` is the label that a jump goes to."""

    code: int
    value: int = 0
    to: str = ""


def compile_filter(tree: Tree, *, header: bool = True) -> bytes:
    """The program of a filter; it keeps all bytes of a packet, or none.

    `header`: whether a packet of the interface begins with an Ethernet header. Raises ValueError for a
    program that is too long, and KeyError for a fact that the kernel cannot answer.
    """
    made = _ClassicAssembly(header)
    made.test(tree, "yes", "no")
    return made.assemble()


class _ClassicAssembly(FilterBranches):
    """Instructions in their order; every condition is followed by the way of its "no"."""

    def __init__(self, header: bool) -> None:
        super().__init__()
        self._header = header
        self._steps: list[_Step] = []
        self._labels: dict[str, int] = {}

    def unknown(self, word: str) -> Exception:
        return KeyError(word)

    def compare(self, leaf: FieldTest, yes: str, no: str) -> None:
        if leaf.layer is Layer.ADDRESSES:
            if not self._header:
                self._go(no)
                return
            self._add(_LOAD | _SIZES[leaf.size], leaf.at)
        else:
            self._unless_depth(leaf.depth, no)
            self._load(leaf)
        self._decide(leaf, yes, no)

    def _decide(self, leaf: FieldTest, yes: str, no: str) -> None:
        if leaf.mask & (1 << 8 * leaf.size) - 1 != (1 << 8 * leaf.size) - 1:
            self._add(_AND, leaf.mask)
        self._branch(leaf.sign, leaf.value, yes, no)

    def _load(self, leaf: FieldTest) -> None:
        """A = the number at the leaf's place."""
        inner = TAG * max(0, leaf.depth - 1)  # tags that stand in the packet
        network = (NETWORK if self._header else 0) + inner
        if leaf.layer is Layer.TRANSPORT:
            self._add(_LOAD_IHL, network)
            self._add(_LOAD_INDEXED | _SIZES[leaf.size], network + leaf.at)
        elif leaf.layer is Layer.NETWORK:
            self._add(_LOAD | _SIZES[leaf.size], network + leaf.at)
        elif inner:
            self._add(_LOAD | _SIZES[2], network - 2 + leaf.at)
        else:
            self._add(_LOAD | _SIZES[2], _BESIDE + _PROTOCOL)

    def _unless_depth(self, depth: int, no: str) -> None:
        """Words without `vlan` before them are about frames without a tag, others about tagged ones."""
        after = self.fresh()
        self._add(_LOAD | _SIZES[1], _BESIDE + _TAG_PRESENT)
        self._branch("=", int(depth > 0), after, no)
        self.mark(after)

    def tagged(self, depth: int, number: int | None, yes: str, no: str) -> None:
        self._unless_depth(1, no)
        at = (NETWORK if self._header else 0) + TAG * (depth - 1)
        if depth:
            after = self.fresh()
            for tag_type in TAG_TYPES:
                self._load(FieldTest(Layer.TYPE, 0, 2, tag_type, depth=depth))
                self._if("=", tag_type, after)
            self._go(no)
            self.mark(after)
        if number is None:
            self._go(yes)
            return
        self._add(_LOAD | _SIZES[2], at if depth else _BESIDE + _TAG_NUMBER)
        self._add(_AND, 0xFFF)
        self._branch("=", number, yes, no)

    def longer(self, length: int, yes: str, no: str) -> None:
        """The packet's length, and its tag's if it has one."""
        length -= 0 if self._header else NETWORK
        tagged = self.fresh()
        self._add(_LOAD | _SIZES[1], _BESIDE + _TAG_PRESENT)
        self._if("=", 1, tagged)
        for more in (0, TAG):
            if more:
                self.mark(tagged)
            if length - more < 0:
                self._go(yes)
                continue
            self._add(_LOAD_LENGTH)
            self._branch(">", length - more, yes, no)

    # ---- instructions ------------------------------------------------------------------------

    def _branch(self, sign: str, value: int, yes: str, no: str) -> None:
        self._if(sign, value, yes)
        self._go(no)

    def _if(self, sign: str, value: int, to: str) -> None:
        """A condition's own distance has 8 bits only, so it skips a jump or does not."""
        self._add(_JUMPS[sign], value)
        self._go(to)

    def _go(self, to: str) -> None:
        self._steps.append(_Step(_GO, to=to))

    def _add(self, code: int, value: int = 0) -> None:
        self._steps.append(_Step(code, value))

    def mark(self, label: str) -> None:
        self._labels[label] = len(self._steps)

    def assemble(self) -> bytes:
        """The bytes, with the two ends of the program behind its tests."""
        for label, kept in (("yes", _ALL_OF_IT), ("no", 0)):
            self.mark(label)
            self._steps.append(_Step(_RETURN, kept))
        if len(self._steps) > MOST_INSTRUCTIONS:
            raise ValueError(f"the filter takes {len(self._steps)} instructions of {MOST_INSTRUCTIONS}")
        made = []
        for at, (code, value, to) in enumerate(self._steps):
            if code == _GO:
                made.append(_INSTRUCTION.pack(code, 0, 0, self._labels[to] - at - 1))
            else:  # a condition that is not met skips the jump behind it
                skipped = 1 if code in _JUMPS.values() else 0
                made.append(_INSTRUCTION.pack(code, 0, skipped, value & 0xFFFF_FFFF))
        return b"".join(made)
