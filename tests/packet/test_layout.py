"""Headers are found in whatever was captured of a frame, and nothing makes it fail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.packet.layout import layout
from tests.packet.frames import ARP, FRAMES, TCP, UDP, VLAN


@pytest.mark.parametrize(
    ("frame", "names", "way"),
    [
        (UDP, ["Ethernet", "IPv4", "UDP", "payload"], "10.0.0.1:40000 > 10.0.0.2:53"),
        (TCP, ["Ethernet", "IPv4", "TCP", "payload"], "10.0.0.1:40000 > 10.0.0.2:80"),
        (ARP, ["Ethernet", "ARP", "payload"], "10.0.0.1 > 10.0.0.2"),
        (VLAN, ["Ethernet", "IPv4", "UDP", "payload"], "10.0.0.1:40000 > 10.0.0.2:53"),
    ],
)
def test_parts_and_way(frame: bytes, names: list[str], way: str) -> None:
    found = layout(frame, len(frame))
    assert [part.name for part in found.parts] == names
    assert sum(part.length for part in found.parts) == len(frame)
    assert found.way == way


def test_a_tag_and_options_are_part_of_their_header() -> None:
    assert layout(VLAN, len(VLAN)).parts[0].length == 18
    assert layout(TCP, len(TCP)).parts[2].length == 32


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
def test_a_frame_cut_at_any_byte_is_read_as_far_as_it_goes(frame: bytes) -> None:
    for length in range(len(frame)):
        found = layout(frame[:length], len(frame))
        assert found.parts[0].name == "Ethernet"
        assert all(part.length >= 0 for part in found.parts)


@given(st.binary(max_size=200))
def test_anything_is_read(data: bytes) -> None:
    found = layout(data, len(data))
    assert found.parts
    assert all(part.length >= 0 for part in found.parts)


@pytest.mark.parametrize(
    ("bits", "letters"),
    [(0x02, "S"), (0x12, "SA"), (0x10, "A"), (0x11, "FA"), (0x18, "PA"), (0x04, "R"), (0, "")],
)
def test_the_flags_of_a_segment_are_letters(bits: int, letters: str) -> None:
    """RFC 9293, 3.1: the control bits are the low bits of the 14th byte."""
    segment = bytearray(TCP)
    segment[14 + 20 + 13] = bits
    assert layout(bytes(segment), len(segment)).flags == letters
    assert layout(UDP, len(UDP)).flags == ""
