"""The XDP program as bytes."""

import struct

import pytest

from kbview.sources.linux.xdp import program


def _jumps(code: bytes) -> list[tuple[int, int]]:
    """Index and target of each conditional jump."""
    slots = [struct.unpack("=BBhi", code[at : at + 8]) for at in range(0, len(code), 8)]
    jumps = [at for at, slot in enumerate(slots) if slot[0] & 7 == 5 and slot[0] not in (0x85, 0x95)]
    return [(at, at + 1 + slots[at][2]) for at in jumps]


def test_to_redirect_everything_takes_six_instructions() -> None:
    assert len(program.redirect(3)) == 6 * 8


def test_every_question_that_is_answered_no_leads_to_pass() -> None:
    code = program.redirect(3, port=7)
    at_pass = struct.pack("=BBhi", 0xB7, 0, 0, program.XDP_PASS)
    targets = {code[to * 8 : to * 8 + 8] for _, to in _jumps(code)}
    assert len(_jumps(code)) == 6
    assert targets == {at_pass}


@pytest.mark.parametrize("port", [1, 0x0102, 65535])
def test_the_port_stands_in_the_program_as_it_does_in_the_frame(port: int) -> None:
    compared = int.from_bytes(port.to_bytes(2, "big"), "little")
    assert struct.pack("=I", compared) in program.redirect(3, port=port)
