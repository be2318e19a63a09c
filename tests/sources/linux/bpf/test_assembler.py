"""The assembler: bytes as the manual has them, jumps to their labels."""

import struct

import pytest

from kbview.sources.linux.bpf.assembler import R0, R1, R2, R10, Assembly


def slots(code: bytes) -> list[tuple[int, int, int, int, int]]:
    """Opcode, target, source, offset and value of each instruction."""
    found = (struct.unpack_from("=BBhi", code, at) for at in range(0, len(code), 8))
    return [(code, both & 15, both >> 4, offset, value) for code, both, offset, value in found]


def test_instructions_are_the_manual_s() -> None:
    """instruction-set.rst: BPF_LDX|BPF_DW is 0x79, BPF_STX|BPF_W 0x63, BPF_ALU64|BPF_MOV 0xb7, 0xbf."""
    made = Assembly()
    made.load(8, R2, R1, 16)
    made.store(4, R10, -8, R2)
    made.set(R0, -1)
    made.move(R1, R2)
    made.count(R2, 8, R1)
    made.exit()
    assert slots(made.assemble()) == [
        (0x79, 2, 1, 16, 0),
        (0x63, 10, 2, -8, 0),
        (0xB7, 0, 0, 0, -1),
        (0xBF, 1, 2, 0, 0),
        (0xDB, 2, 1, 8, 0),
        (0x95, 0, 0, 0, 0),
    ]


def test_a_jump_counts_from_the_next_slot_and_a_wide_load_takes_two() -> None:
    made = Assembly()
    made.jump_if(R1, "==", 7, "out")
    made.map(R2, 5)
    made.label("out")
    made.exit()
    assert slots(made.assemble()) == [
        (0x15, 1, 0, 2, 7),
        (0x18, 2, 1, 0, 5),
        (0, 0, 0, 0, 0),
        (0x95, 0, 0, 0, 0),
    ]


def test_a_narrow_comparison_takes_unsigned_numbers_of_32_bits() -> None:
    made = Assembly()
    made.jump_if(R1, "!=", 0xF0000001, "out", narrow=True)
    made.label("out")
    made.exit()
    assert slots(made.assemble())[0] == (0x56, 1, 0, 0, 0xF0000001 - (1 << 32))


def test_a_label_that_nobody_set_is_an_error() -> None:
    made = Assembly()
    made.go("nowhere")
    with pytest.raises(KeyError):
        made.assemble()
