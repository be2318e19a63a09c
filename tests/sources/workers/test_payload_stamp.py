"""The lab's frames, read by kbview's own decoder and by scapy."""

import pytest

from kbview.sources.linux.veth import Address
from kbview.sources.workers.load import FIRST_PORT, RECEIVING_PORT
from kbview.sources.workers.payload_stamp import HEADERS, STAMP, template, wire_length

A = Address("a", "10.77.0.1", "02:6b:62:76:00:01")
B = Address("b", "10.77.0.2", "02:6b:62:76:00:02")


@pytest.mark.parametrize("size", [64, 65, 512, 1518])
def test_a_frame_is_as_long_as_asked_and_sound(size: int) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether

    data = template(A, B, size)
    assert len(data) == size - 4
    frame = Ether(data)
    assert (frame.src, frame.dst) == (A.mac, B.mac)
    assert (frame[IP].src, frame[IP].dst) == (A.address, B.address)
    assert (frame[UDP].sport, frame[UDP].dport) == (FIRST_PORT, RECEIVING_PORT)
    assert frame[IP].len == size - 18
    assert frame[UDP].len == size - 38
    told = frame[IP].chksum
    del frame[IP].chksum
    assert Ether(bytes(frame))[IP].chksum == told
    assert wire_length(frame[UDP].len - 8) == size
    assert len(data) - HEADERS >= STAMP.size
