"""Packets that Linux refuses for addresses, options and extension headers, and their neighbours."""

import io
from typing import Any

import pytest
from scapy import all as scapy

from kbview.packet.capture import open_capture
from kbview.packet.frame import Frame
from kbview.packet.writer import PcapWriter

HOST, PEER = "192.0.2.2", "192.0.2.1"
HOST6, PEER6 = "2001:db8::2", "2001:db8::1"
WIRE = {"dst": "02:00:00:00:00:02", "src": "02:00:00:00:00:01"}
LO = {"dst": "00:00:00:00:00:00", "src": "00:00:00:00:00:00"}


def frames_of(packets: list[Any], snap: int = 65_535) -> list[Frame]:
    stream = io.BytesIO()
    writer = PcapWriter(stream)
    for number, packet in enumerate(packets):
        data = bytes(packet)
        writer.write(number * 1_000_000_000, data[:snap], original_length=len(data))
    stream.seek(0)
    with open_capture("-", stream) as capture:
        return [frame for batch in capture.frames() for frame in batch]


def fault(ip: Any, ether: dict[str, str] = WIRE) -> str:
    """The reason against a datagram, which each packet of its flow has."""
    packet = scapy.Ether(**ether) / ip / scapy.UDP(sport=4000, dport=9000) / b"text"
    found = {frame.fault for frame in frames_of([packet] * 3)}
    assert len(found) == 1
    return found.pop()


# Linux: ip_route_input_slow(), ip_mc_validate_source(), fib_validate_source()
ADDRESSES = {
    ("224.0.0.9", HOST): "IP_INVALID_SOURCE",
    ("239.255.255.255", HOST): "IP_INVALID_SOURCE",
    ("240.0.0.1", HOST): "",
    ("223.255.255.255", HOST): "",
    ("255.255.255.255", HOST): "IP_INVALID_SOURCE",
    ("0.0.0.0", HOST): "IP_INVALID_SOURCE",
    ("0.1.2.3", HOST): "IP_INVALID_SOURCE",
    ("1.0.0.0", HOST): "",
    ("0.0.0.0", "255.255.255.255"): "",  # DHCP
    ("0.0.0.0", "0.0.0.0"): "",
    (PEER, "0.0.0.0"): "IP_INVALID_DEST",
    (PEER, "0.1.2.3"): "IP_INVALID_DEST",
    (PEER, "127.0.0.1"): "IP_LOCALNET",
    ("127.0.0.1", HOST): "IP_LOCALNET",
    ("126.0.0.1", HOST): "",
    ("128.0.0.1", HOST): "",
    ("127.0.0.1", "224.0.0.5"): "IP_LOCALNET",
    ("0.0.0.0", "224.0.0.5"): "",
    ("0.0.0.0", "239.1.1.1"): "IP_INVALID_SOURCE",
    (HOST, HOST): "IP_LOCAL_SOURCE",  # LAND, CERT CA-1997-28
    (PEER, HOST): "",
}


@pytest.mark.parametrize(("source", "destination"), ADDRESSES)
def test_addresses(source: str, destination: str) -> None:
    ip = scapy.IP(src=source, dst=destination)
    assert fault(ip) == ADDRESSES[source, destination]


def test_on_the_loopback_device_a_host_may_talk_to_itself() -> None:
    """Linux routes such a packet when it is sent; ip_rcv_finish() asks for no other route."""
    assert fault(scapy.IP(src=HOST, dst=HOST), LO) == ""
    assert fault(scapy.IP(src="127.0.0.1", dst="127.0.0.1"), LO) == ""
    assert fault(scapy.IPv6(src="::1", dst="::1"), LO) == ""


@pytest.mark.parametrize(
    ("link_type", "header"),
    [
        (0, b"\2\0\0\0"),
        (108, b"\0\0\0\2"),
        (113, b"\0\0\3\4\0\6" + bytes(8) + b"\x08\0"),
        (276, b"\x08\0\0\0\0\0\0\1\3\4\0\6" + bytes(8)),
    ],
    ids=["NULL", "LOOP", "SLL", "SLL2"],
)
def test_captures_of_the_loopback_device_lose_nothing(link_type: int, header: bytes) -> None:
    stream = io.BytesIO()
    writer = PcapWriter(stream, link_type)
    for address in ("127.0.0.1", HOST):
        ip = scapy.IP(src=address, dst=address)
        writer.write(0, header + bytes(ip / scapy.UDP(sport=4000, dport=9000) / b"text"))
    stream.seek(0)
    with open_capture("-", stream) as capture:
        assert [frame.fault for batch in capture.frames() for frame in batch] == ["", ""]


# net.ipv4.conf.all.accept_source_route is 0; __ip_options_compile()
OPTIONS = {
    b"\x83\x07\x04\xc0\x00\x02\x09\x00": "NOT_SPECIFIED",  # loose source route
    b"\x89\x07\x04\xc0\x00\x02\x09\x00": "NOT_SPECIFIED",  # strict source route
    b"\x01\x01\x83\x03\x04\x00\x00\x00": "NOT_SPECIFIED",
    b"\x01\x01\x01\x01": "",
    b"\x00\xff\xff\xff": "",  # nothing counts behind the end of the list
    b"\x07\x07\x04\x00\x00\x00\x00\x00": "",  # record route
    b"\x07\x07\x08\xc0\x00\x02\x01\x00": "",  # that is full
    b"\x07\x07\x03\x00\x00\x00\x00\x00": "NOT_SPECIFIED",
    b"\x07\x07\x06\x00\x00\x00\x00\x00": "NOT_SPECIFIED",
    b"\x44\x08\x05\x00\x00\x00\x00\x00": "",  # time stamp
    b"\x44\x08\x04\x00\x00\x00\x00\x00": "NOT_SPECIFIED",
    b"\x94\x04\x00\x00": "",  # router alert
    b"\x94\x03\x00\x00": "NOT_SPECIFIED",
    b"\x1e\x01\x00\x00": "NOT_SPECIFIED",  # a length below 2
    b"\x1e\x05\x00\x00": "NOT_SPECIFIED",  # goes past the header
    b"\x1e\x04\x00\x00": "",  # unknown
    b"\x01\x01\x01\x1e": "NOT_SPECIFIED",  # without its length
}


@pytest.mark.parametrize("options", OPTIONS, ids=bytes.hex)
def test_ipv4_options(options: bytes) -> None:
    option = scapy.IPOption(options)
    ip = scapy.IP(src=PEER, dst=HOST, options=[option])
    assert fault(ip) == OPTIONS[options]


def hop_by_hop(options: bytes, number: int = 0) -> Any:
    """An IPv6 header with options of 6 bytes in a header of that number, and a UDP datagram."""
    segment = bytes(scapy.UDP(sport=4000, dport=9000, chksum=0xFFFF) / b"text")
    body = bytes([17, len(options) // 8]) + options + segment
    return scapy.IPv6(src=PEER6, dst=HOST6, nh=number) / body


# ip6_parse_tlv(), ip6_tlvopt_unknown()
OPTIONS6 = {
    b"\x01\x04\0\0\0\0": "",
    b"\x01\x04\0\0\0\1": "IP_INHDR",  # padding that is not zero
    b"\0\0\0\0\0\0": "",
    b"\x1e\x04\0\0\0\0": "",  # unknown, skip
    b"\x5e\x04\0\0\0\0": "UNHANDLED_PROTO",  # unknown, drop
    b"\x9e\x04\0\0\0\0": "UNHANDLED_PROTO",
    b"\xde\x04\0\0\0\0": "UNHANDLED_PROTO",
    b"\x1e\x05\0\0\0\0": "IP_INHDR",
    b"\x05\x02\0\0\1\0": "",  # router alert
    b"\x01\x06\0\0\0\0\0\0\x01\x04\0\0\0\0": "IP_INHDR",  # 14 bytes of padding
}


@pytest.mark.parametrize("options", OPTIONS6, ids=bytes.hex)
def test_ipv6_options(options: bytes) -> None:
    (frame,) = frames_of([scapy.Ether(**WIRE) / hop_by_hop(options)])
    assert frame.fault.replace("UDP_CSUM", "") == OPTIONS6[options]
    (cut,) = frames_of([scapy.Ether(**WIRE) / hop_by_hop(options)], snap=58)
    assert cut.fault == ""  # the options were not captured


UDP6 = scapy.UDP(sport=4000, dport=9000)
HEADERS6 = {
    "hop-by-hop after another": (
        scapy.IPv6ExtHdrDestOpt() / scapy.IPv6ExtHdrHopByHop(), "IP_NOPROTO"),
    "hop-by-hop first": (scapy.IPv6ExtHdrHopByHop() / scapy.IPv6ExtHdrDestOpt(), ""),
    "type 0, segments left": (
        scapy.IPv6ExtHdrRouting(type=0, segleft=1, addresses=[PEER6]), "NOT_SPECIFIED"),
    "type 0, at its end": (scapy.IPv6ExtHdrRouting(type=0, segleft=0, addresses=[PEER6]), ""),
    "unknown, segments left": (scapy.IPv6ExtHdrRouting(type=99, segleft=2), "NOT_SPECIFIED"),
    "segment routing": (scapy.IPv6ExtHdrSegmentRouting(segleft=0), "NOT_SPECIFIED"),
}  # fmt: skip


@pytest.mark.parametrize("name", HEADERS6)
def test_ipv6_extension_headers(name: str) -> None:
    """ipv6_rthdr_rcv(); ip6_protocol_deliver_rcu() finds no handler for the number 0."""
    headers, reason = HEADERS6[name]
    packet = scapy.Ether(**WIRE) / scapy.IPv6(src=PEER6, dst=HOST6) / headers / UDP6 / b"text"
    (frame,) = frames_of([packet])
    assert frame.fault == reason


@pytest.mark.parametrize(
    ("source", "destination", "reason"),
    [
        ("ff02::1", HOST6, "IP_INHDR"),
        ("::1", HOST6, "IP_INHDR"),
        (PEER6, "::1", "IP_INHDR"),
        ("::2", HOST6, ""),
        (PEER6, "ff02::1", ""),
    ],
)
def test_ipv6_addresses(source: str, destination: str, reason: str) -> None:
    """ip6_rcv_core()"""
    assert fault(scapy.IPv6(src=source, dst=destination)) == reason
