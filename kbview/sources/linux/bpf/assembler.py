"""An assembler for eBPF: a line an instruction, jumps by the names of their labels.

Linux: Documentation/bpf/standardization/instruction-set.rst. Registers by the calling convention:
r1 to r5 are arguments and lost over a call, r6 to r9 are kept, r0 is the result, r10 the frame.
"""

import struct
from typing import NamedTuple

R0, R1, R2, R3, R4, R5, R6, R7, R8, R9, R10 = range(11)
_SIZES = {1: 0x10, 2: 0x08, 4: 0x00, 8: 0x18}  # BPF_B, BPF_H, BPF_W, BPF_DW
_LDX, _STX, _ST = 0x61, 0x63, 0x62  # BPF_MEM of a word; the size is or-ed in
_ATOMIC_ADD = 0xC3  # BPF_STX | BPF_ATOMIC, of a word
_LOAD64, _CALL, _EXIT, _GO = 0x18, 0x85, 0x95, 0x05
_ALU64 = {"add": 0x07, "sub": 0x17, "mul": 0x27, "and": 0x57, "left": 0x67, "right": 0x77}
_ALU64 |= {"xor": 0xA7, "move": 0xB7}
_JUMPS = {"==": 0x15, ">": 0x25, ">=": 0x35, "!=": 0x55, "s>": 0x65, "<": 0xA5, "s<": 0xC5}
_FROM_REGISTER = 0x08
_WIDE, _NARROW = 0x05, 0x06  # BPF_JMP compares 64 bits, BPF_JMP32 the lower 32
_SIGNED = 1 << 31
PSEUDO_MAP_FD, PSEUDO_MAP_VALUE = 1, 2


class Instruction(NamedTuple):
    """One slot of eight bytes. `to` is the label that a jump goes to; "" for the next slot."""

    code: int
    target: int = 0
    source: int = 0
    offset: int = 0
    value: int = 0
    to: str = ""


class Assembly:
    """Instructions in their order. A label stands before the next one; each is used forwards only."""

    def __init__(self) -> None:
        self._slots: list[Instruction] = []
        self._labels: dict[str, int] = {}

    def label(self, name: str) -> None:
        """Jumps to `name` go to the next instruction."""
        self._labels[name] = len(self._slots)

    def load(self, size: int, target: int, source: int, offset: int = 0) -> None:
        """target = the unsigned number of `size` bytes at source + offset."""
        self._add(_LDX | _SIZES[size], target, source, offset)

    def store(self, size: int, target: int, offset: int, source: int) -> None:
        """The `size` bytes at target + offset = source."""
        self._add(_STX | _SIZES[size], target, source, offset)

    def store_value(self, size: int, target: int, offset: int, value: int) -> None:
        """The `size` bytes at target + offset = a constant."""
        self._add(_ST | _SIZES[size], target, 0, offset, value)

    def count(self, target: int, offset: int, source: int) -> None:
        """The 64-bit number at target + offset grows by source, in one piece."""
        self._add(_ATOMIC_ADD | _SIZES[8], target, source, offset)

    def move(self, target: int, source: int) -> None:
        """target = source."""
        self._add(_ALU64["move"] | _FROM_REGISTER, target, source)

    def set(self, target: int, value: int) -> None:
        """target = a constant of 32 bits, sign-extended."""
        self._add(_ALU64["move"], target, value=value)

    def alu(self, verb: str, target: int, value: int) -> None:
        """target = target VERB a constant: add, sub, mul, and, xor, left, right."""
        self._add(_ALU64[verb], target, value=value)

    def alu_register(self, verb: str, target: int, source: int) -> None:
        """target = target VERB source."""
        self._add(_ALU64[verb] | _FROM_REGISTER, target, source)

    def big_endian(self, target: int, bits: int) -> None:
        """The lower `bits` of target, which are in network order, as a number."""
        self._add(0xDC, target, value=bits)

    def jump_if(self, register: int, verb: str, value: int, to: str, *, narrow: bool = False) -> None:
        """Go to a label if register VERB a constant; `narrow` compares the lower 32 bits."""
        code = _JUMPS[verb] & ~_WIDE | (_NARROW if narrow else _WIDE)
        value = value - (1 << 32) if value >= _SIGNED else value
        self._add(code, register, value=value, to=to)

    def jump_if_register(self, register: int, verb: str, other: int, to: str) -> None:
        """Go to a label if register VERB other, 64 bits each."""
        self._add(_JUMPS[verb] | _FROM_REGISTER, register, other, to=to)

    def go(self, to: str) -> None:
        """Go to a label."""
        self._add(_GO, to=to)

    def map(self, target: int, descriptor: int) -> None:
        """target = the map, as helpers take it."""
        self._wide(target, PSEUDO_MAP_FD, descriptor)

    def map_value(self, target: int, descriptor: int, offset: int = 0) -> None:
        """target = the address of the only element of an array map, `offset` bytes into it."""
        self._wide(target, PSEUDO_MAP_VALUE, descriptor, offset)

    def call(self, helper: int) -> None:
        """r0 = the helper's result; r1 to r5 are lost."""
        self._add(_CALL, value=helper)

    def exit(self) -> None:
        """Return r0."""
        self._add(_EXIT)

    def _wide(self, target: int, kind: int, low: int, high: int = 0) -> None:
        self._add(_LOAD64, target, kind, value=low)
        self._add(0, value=high)

    def _add(
        self, code: int, target: int = 0, source: int = 0, offset: int = 0, value: int = 0, to: str = ""
    ) -> None:
        self._slots.append(Instruction(code, target, source, offset, value, to))

    def assemble(self) -> bytes:
        """The program's bytes. Raises KeyError where a label is missing."""
        made = []
        for at, each in enumerate(self._slots):
            offset = self._labels[each.to] - at - 1 if each.to else each.offset
            registers = each.source << 4 | each.target
            made.append(struct.pack("=BBhi", each.code, registers, offset, each.value))
        return b"".join(made)
