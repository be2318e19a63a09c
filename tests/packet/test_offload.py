"""Segments that a NIC has still to cut up: IP says 0 for their length, the frame the truth.

Linux: iph_totlen(), ipv6_payload_len(), ipv6_hop_jumbo(); RFC 2675
"""

import struct
from io import BytesIO
from typing import Any

import pytest
from scapy import all as scapy

from kbview.packet.capture import open_capture
from kbview.packet.frame import Frame, Protocol
from kbview.packet.writer import PcapWriter

ETHER = scapy.Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
FOUR = scapy.IP(src="10.0.0.1", dst="10.0.0.2", len=0)
SIX = scapy.IPv6(src="fd00::1", dst="fd00::2", plen=0)
TCP = scapy.TCP(sport=40_000, dport=80, flags="A")
UDP = scapy.UDP(sport=40_000, dport=80)


def jumbo(length: int, next_header: int = 6, size: int = 4, pad: int = 0) -> bytes:
    head = bytes([next_header, 0]) + bytes(pad)
    return (head + bytes([0xC2, size]) + struct.pack("!I", length)).ljust(8, b"\0")


def v6(next_header: int, rest: bytes) -> bytes:
    return (
        bytes(ETHER)[:12]
        + struct.pack("!HIHBB", 0x86DD, 6 << 28, 0, next_header, 64)
        + bytes.fromhex("fd" + "00" * 14 + "01")
        + bytes.fromhex("fd" + "00" * 14 + "02")
        + rest
    )


def read(packet: Any, snap: int | None = None, link_type: int = 1) -> Frame:
    stream = BytesIO()
    data = bytes(packet)
    PcapWriter(stream, link_type).write(0, data[:snap], len(data))
    stream.seek(0)
    with open_capture("-", stream) as capture:
        ((frame,),) = capture.frames()
    return frame


SEGMENTS = {
    "TSO": ETHER / FOUR / TCP,
    "TSO with options": ETHER / FOUR / scapy.TCP(sport=40_000, dport=80, options=[("NOP", None)] * 12),
    "TSO with IP options": ETHER
    / scapy.IP(src="10.0.0.1", dst="10.0.0.2", len=0, options=[scapy.IPOption_RR()])
    / TCP,
    "TSO, sum left to the NIC": ETHER / scapy.IP(src="10.0.0.1", dst="10.0.0.2", len=0, chksum=0) / TCP,
    "TSO in a VLAN": ETHER / scapy.Dot1Q(vlan=3) / FOUR / TCP,
    "IPv6": ETHER / SIX / TCP,
    "IPv6 in two VLANs": ETHER / scapy.Dot1Q(vlan=3) / scapy.Dot1Q(vlan=4) / SIX / TCP,
}


@pytest.mark.parametrize("length", [100, 2000, 65_000, 184_000])
@pytest.mark.parametrize("name", SEGMENTS)
@pytest.mark.parametrize("snap", [None, 128])
def test_the_segment_is_as_long_as_its_frame(name: str, length: int, snap: int | None) -> None:
    frame = read(bytes(SEGMENTS[name]) + bytes(length), snap)
    assert (str(frame.flow.protocol), frame.payload, frame.fault) == ("tcp", length, "")
    assert (frame.flow.source_port, frame.flow.destination_port) == (40_000, 80)


def test_other_link_types_too() -> None:
    assert read(bytes(FOUR / TCP) + bytes(3000), link_type=101).payload == 3000
    assert (
        read(
            struct.pack("!HHH6s2xH", 0, 1, 6, b"", 0x86DD) + bytes(SIX / TCP) + bytes(9), link_type=113
        ).payload
        == 9
    )


@pytest.mark.parametrize("snap", [None, 110])
@pytest.mark.parametrize("trailer", [0, 5])
def test_a_jumbo_payload_is_as_long_as_its_option_says(snap: int | None, trailer: int) -> None:
    segment = bytes(TCP) + bytes(70_000)
    frame = read(v6(0, jumbo(8 + len(segment)) + segment + bytes(trailer)), snap)
    assert (frame.flow.protocol, frame.payload, frame.fault) == (Protocol.TCP, 70_000, "")


@pytest.mark.parametrize(
    ("packet", "reason"),
    [
        (bytes(ETHER / FOUR / UDP) + bytes(2000), "IP_INHDR"),  # GSO of UDP keeps its length
        ((bytes(ETHER / FOUR / TCP)).ljust(60, b"\0"), "IP_INHDR"),  # no longer than its padding
        (bytes(ETHER / scapy.IP(dst="10.0.0.2", len=19) / TCP) + bytes(2000), "IP_INHDR"),
        (v6(0, jumbo(65_535) + bytes(65_527)), "IP_INHDR"),  # RFC 2675: too short to need it
        (v6(0, jumbo(80_000, size=3) + bytes(80_000)), "IP_INHDR"),
        (v6(0, jumbo(80_000) + bytes(70_000)), "PKT_TOO_SMALL"),
    ],
)  # fmt: skip
def test_neighbours_that_linux_refuses_are_refused(packet: bytes, reason: str) -> None:
    assert read(packet).fault == reason


def test_a_packet_without_payload_may_say_zero() -> None:
    frame = read(v6(59, b""))
    assert (frame.flow.protocol, frame.payload, frame.fault) == (Protocol.IP, 0, "")
