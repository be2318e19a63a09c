"""Flows, lengths and faults of frames that scapy made: an independent hand for the bytes."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from scapy import all as scapy

from kbview.packet.capture import open_capture
from kbview.packet.checksum import checksum, valid
from kbview.packet.dissect import dissect
from kbview.packet.frame import Frame, Protocol
from kbview.packet.toeplitz import toeplitz
from kbview.packet.writer import PcapWriter

ETHER = scapy.Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
IP4 = scapy.IP(src="10.0.0.1", dst="10.0.0.2")
IP6 = scapy.IPv6(src="fd00::1", dst="fd00::2")
TCP = scapy.TCP(sport=4000, dport=80, flags="PA")
UDP = scapy.UDP(sport=4000, dport=53)

TUPLES: list[tuple[str, Any, Protocol, int, int]] = [
    # name, packet, protocol, destination port, payload
    ("udp", ETHER / IP4 / UDP / b"12345", Protocol.UDP, 53, 5),
    ("tcp", ETHER / IP4 / TCP / b"123", Protocol.TCP, 80, 3),
    ("tcp options", ETHER / IP4 / scapy.TCP(dport=80, options=[("MSS", 1460)]), Protocol.TCP, 80, 0),
    (
        "ip options",
        ETHER / scapy.IP(dst="10.0.0.2", options=scapy.IPOption_NOP()) / UDP,
        Protocol.UDP,
        53,
        0,
    ),
    ("vlan", ETHER / scapy.Dot1Q(vlan=7) / IP4 / UDP / b"x", Protocol.UDP, 53, 1),
    ("qinq", ETHER / scapy.Dot1AD(vlan=3) / scapy.Dot1Q(vlan=7) / IP4 / UDP, Protocol.UDP, 53, 0),
    ("udp6", ETHER / IP6 / UDP / b"1234", Protocol.UDP, 53, 4),
    ("tcp6", ETHER / IP6 / TCP / b"1", Protocol.TCP, 80, 1),
    ("hop-by-hop", ETHER / IP6 / scapy.IPv6ExtHdrHopByHop() / UDP / b"12", Protocol.UDP, 53, 2),
    ("routing", ETHER / IP6 / scapy.IPv6ExtHdrDestOpt() / TCP / b"12", Protocol.TCP, 80, 2),
    ("icmp", ETHER / IP4 / scapy.ICMP() / b"ping", Protocol.ICMP, 0, 0),
    ("icmp6", ETHER / IP6 / scapy.ICMPv6EchoRequest(), Protocol.ICMP, 0, 0),
    ("arp", ETHER / scapy.ARP(psrc="10.0.0.1", pdst="10.0.0.2"), Protocol.ARP, 0, 0),
    ("gre", ETHER / IP4 / scapy.GRE(), Protocol.IP, 0, 0),
    ("lldp", ETHER / b"nothing known", Protocol.OTHER, 0, 0),
]


def frames(packets: list[bytes]) -> list[Frame]:
    stream = BytesIO()
    writer = PcapWriter(stream)
    for number, data in enumerate(packets):
        writer.write(number * 1_000_000, data)
    stream.seek(0)
    with open_capture("-", stream) as capture:
        return [frame for batch in capture.frames() for frame in batch]


@pytest.mark.parametrize(("packet", "protocol", "port", "payload"), [case[1:] for case in TUPLES],
                         ids=[case[0] for case in TUPLES])  # fmt: skip
def test_tuple_and_payload(packet: Any, protocol: Protocol, port: int, payload: int) -> None:
    """Twice, for the second is read by the short cut where there is one."""
    data = bytes(packet)
    for frame in frames([data, data]):
        assert frame.fault == ""
        assert frame.flow.protocol is protocol
        assert frame.flow.destination_port == port
        assert frame.payload == payload
        assert frame.length == max(64, len(data) + 4)
        assert frame.flow.destination_mac == b"\x02\0\0\0\0\x02"


def broken() -> Iterator[tuple[str, bytes, str]]:
    """A byte changed somewhere; the kernel's reason for refusing it."""
    udp, tcp = bytes(ETHER / IP4 / UDP / b"12345"), bytes(ETHER / IP4 / TCP / b"123")
    yield "ip checksum", udp[:24] + b"\xff\xff" + udp[26:], "IP_CSUM"
    yield "udp payload", udp[:-1] + b"!", "UDP_CSUM"
    yield "tcp payload", tcp[:-1] + b"!", "TCP_CSUM"
    icmp = bytes(ETHER / IP4 / scapy.ICMP() / b"ping")
    yield "icmp payload", icmp[:-1] + b"!", "ICMP_CSUM"
    udp6 = bytes(ETHER / IP6 / UDP / b"12345")
    yield "udp6 payload", udp6[:-1] + b"!", "UDP_CSUM"
    yield "udp6 without checksum: RFC 8200 8.1", udp6[:60] + b"\0\0" + udp6[62:], "UDP_CSUM"


@pytest.mark.parametrize(
    ("data", "reason"), [case[1:] for case in broken()], ids=[case[0] for case in broken()]
)
def test_wrong_checksums_have_the_kernels_reason(data: bytes, reason: str) -> None:
    good = bytes(ETHER / IP4 / UDP / b"12345")
    assert [frame.fault for frame in frames([good, data, data])] == ["", reason, reason]


def test_udp_over_ipv4_may_leave_its_checksum_out() -> None:
    """RFC 768."""
    udp = bytes(ETHER / IP4 / UDP / b"12345")
    assert [frame.fault for frame in frames([udp[:40] + b"\0\0" + udp[42:]])] == [""]


@pytest.mark.parametrize("length", [0, 1, 2, 3, 20, 1499])
def test_checksum_is_the_one_scapy_computes(length: int) -> None:
    data = bytes(number * 7 & 255 for number in range(length))
    assert checksum(data) == scapy.checksum(data)


def test_a_packet_with_its_own_checksum_is_valid() -> None:
    data = bytes(IP4 / UDP)
    assert valid(data[:20])
    assert not valid(b"\x46" + data[1:20])


# Microsoft, "Verifying the RSS hash calculation": addresses, ports, hash with and without ports.
RSS_SUITE = [
    ("66.9.149.187", "161.142.100.80", 2794, 1766, 0x51CCC178, 0x323E8FC2),
    ("199.92.111.2", "65.69.140.83", 14230, 4739, 0xC626B0EA, 0xD718262A),
    ("24.19.198.95", "12.22.207.184", 12898, 38024, 0x5C2B394A, 0xD2D0A5DE),
    ("38.27.205.30", "209.142.163.6", 48228, 2217, 0xAFC7327F, 0x82989176),
    ("153.39.163.191", "202.188.127.2", 44251, 1303, 0x10E828A2, 0x5D1809C5),
]


@pytest.mark.parametrize(("source", "destination", "sport", "dport", "whole", "addresses"), RSS_SUITE)
def test_toeplitz(
    source: str, destination: str, sport: int, dport: int, whole: int, addresses: int
) -> None:
    data = bytes(map(int, f"{source}.{destination}".split(".")))
    assert toeplitz(data) == addresses
    assert toeplitz(data + sport.to_bytes(2, "big") + dport.to_bytes(2, "big")) == whole
    packet = ETHER / scapy.IP(src=source, dst=destination) / scapy.TCP(sport=sport, dport=dport)
    (frame,) = frames([bytes(packet)])
    assert frame.flow.rss_hash == whole


def test_dissect_names_layers_and_fields_and_survives_rubbish() -> None:
    layers = dissect(bytes(ETHER / IP4 / UDP / scapy.DNS(qd=scapy.DNSQR(qname="kbview.example"))))
    assert [layer.name for layer in layers][:4] == ["Ethernet", "IP", "UDP", "DNS"]
    assert ("dst", "10.0.0.2") in [(name, text.strip("'")) for name, text in layers[1].fields]
    for rubbish in (b"", b"\x00", bytes(range(200))):
        assert isinstance(dissect(rubbish), list)
