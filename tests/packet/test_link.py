"""Link types: whatever Ethernet or IP packets lie behind, they are read; else the refusal is true."""

import struct
from io import BytesIO

import pytest
from scapy import all as scapy

from kbview.packet.capture import CaptureError, open_capture
from kbview.packet.frame import Frame, Protocol
from kbview.packet.link import LINK_TYPES, as_ethernet, can_read
from kbview.packet.unread_link import UNREAD
from kbview.packet.writer import PcapWriter

FOUR = bytes(scapy.IP(src="192.0.2.1", dst="192.0.2.2") / scapy.UDP(sport=40_000, dport=9000) / b"text")
SIX = bytes(scapy.IPv6(src="fd00::1", dst="fd00::2") / scapy.UDP(sport=40_000, dport=9000) / b"text")
A, B = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ETHERNET = B + A + b"\x08\x00" + FOUR
SNAP = b"\xaa\xaa\x03\0\0\0\x08\0"
SNAP6 = b"\xaa\xaa\x03\0\0\0\x86\xdd"
PPP4, PPP6 = b"\x00\x21", b"\x00\x57"


def dot11(control: int, bits: int, addresses: bytes, more: bytes = b"") -> bytes:
    return bytes([control, bits]) + bytes(2) + addresses + bytes(2) + more


def radiotap(present: int, fields: bytes) -> bytes:
    return struct.pack("<BBHI", 0, 0, 8 + len(fields), present) + fields


def sll(protocol: int, device: int = 1, kind: int = 0) -> bytes:
    return struct.pack("!HHH6s2xH", kind, device, 6, A, protocol)


def sll2(protocol: int, device: int = 1) -> bytes:
    return struct.pack("!HHIHBB6s2x", protocol, 0, 3, device, 0, 6, A)


def erf(kind: int, more: bytes = b"") -> bytes:
    return bytes(8) + bytes([kind, 4]) + bytes(6) + more


AVS = b"\x80\x21\x10\x01\0\0\0\x40" + bytes(56)
TO_AP, FROM_AP, BRIDGED = B + A + B, B + A + A, B + A + B
READ: list[tuple[str, int, bytes]] = [
    ("loopback, little-endian", 0, b"\2\0\0\0" + FOUR),
    ("loopback, big-endian", 0, b"\0\0\0\2" + FOUR),
    ("loopback, IPv6 of FreeBSD", 0, b"\x1c\0\0\0" + SIX),
    ("OpenBSD loopback", 108, b"\0\0\0\x18" + SIX),
    ("raw", 101, FOUR),
    ("raw, IPv6", 229, SIX),
    ("token ring", 6, bytes(2) + B + A + SNAP + FOUR),
    ("token ring, routed", 6, bytes(2) + B + b"\x82" + A[1:] + b"\x06\0\0\0\0\0" + SNAP + FOUR),
    ("SLIP", 8, bytes(16) + FOUR),
    ("PPP", 9, PPP4 + FOUR),
    ("PPP with framing", 9, b"\xff\x03" + PPP6 + SIX),
    ("PPP, protocol compressed", 9, b"\x21" + FOUR),
    ("PPP with MPLS", 9, b"\x02\x81" + b"\0\1\1\x40" + FOUR),
    ("PPP in HDLC", 50, b"\xff\x03" + PPP4 + FOUR),
    ("Cisco under PPP_HDLC", 50, b"\x0f\x00\x08\x00" + FOUR),
    ("PPPoE", 51, b"\x11\0\0\1\0\x22" + PPP4 + FOUR),
    ("PPP of pppd", 166, b"\x00\x03" + PPP4 + FOUR),
    ("PPP with direction", 204, b"\x01\xff\x03" + PPP4 + FOUR),
    ("Cisco HDLC", 104, b"\x8f\0\x86\xdd" + SIX),
    ("Cisco HDLC with direction", 205, b"\0\x0f\0\x08\0" + FOUR),
    ("frame relay", 107, b"\x18\x41\x03\xcc" + FOUR),
    ("frame relay, four bytes of address", 107, b"\x18\x40\x40\x41\x03\x8e" + SIX),
    ("frame relay, SNAP", 107, b"\x18\x41\x03\0\x80\0\0\0\x08\0" + FOUR),
    ("frame relay, Cisco", 107, b"\x18\x41\x08\0" + FOUR),
    ("frame relay, PPP", 107, b"\x18\x41\x03\xcf" + PPP4 + FOUR),
    ("FDDI", 10, b"\x50" + B + A + SNAP + FOUR),
    ("FDDI, IPv6", 10, b"\x50" + B + A + SNAP6 + SIX),
    ("ATM, LLC", 100, SNAP + FOUR),
    ("ATM, bridged Ethernet", 11, b"\xaa\xaa\x03\0\x80\xc2\0\7\0\0" + ETHERNET),
    ("SunATM", 123, b"\x82\0\0\x64" + SNAP + FOUR),
    ("IPsec", 109, bytes(12) + FOUR),
    ("pf log", 117, b"\x3d" + bytes(63) + FOUR),
    ("cooked", 113, sll(0x0800) + FOUR),
    ("cooked, VLAN", 113, sll(0x8100) + b"\0\x0a\x86\xdd" + SIX),
    ("cooked, GRE", 113, sll(0x0800, 778) + FOUR),
    ("cooked, Ethernet in GRE", 113, sll(0x6558, 778) + ETHERNET),
    ("cooked, LLC", 113, sll(4) + SNAP + FOUR),
    ("cooked 2", 276, sll2(0x86DD) + SIX),
    ("cooked 2, GRE", 276, sll2(0x0800, 778) + FOUR),
    ("cooked 2, VLAN in VLAN", 276, sll2(0x88A8) + b"\0\1\x81\0\0\2\x08\0" + FOUR),
    ("Prism", 119, bytes(144) + dot11(8, 1, TO_AP) + SNAP + FOUR),
    ("AVS under Prism's number", 119, AVS + dot11(8, 2, FROM_AP) + SNAP + FOUR),
    ("AVS", 163, AVS + dot11(8, 2, FROM_AP) + SNAP + FOUR),
    ("802.11", 105, dot11(8, 0, B + A + A) + SNAP + FOUR),
    ("802.11, QoS", 105, dot11(0x88, 1, TO_AP, bytes(2)) + SNAP + FOUR),
    ("802.11, QoS and HT control", 105, dot11(0x88, 0x81, TO_AP, bytes(6)) + SNAP + FOUR),
    ("802.11, four addresses", 105, dot11(8, 3, BRIDGED, A) + SNAP6 + SIX),
    ("802.11, several in one", 105,
     dot11(0x88, 2, FROM_AP, b"\x80\0" + B + A + b"\0\x30") + SNAP + FOUR),
    ("radiotap", 127, radiotap(0, b"") + dot11(8, 1, TO_AP) + SNAP + FOUR),
    ("radiotap, padded", 127, radiotap(2, b"\x20") + dot11(0x88, 1, TO_AP, bytes(4)) + SNAP + FOUR),
    ("radiotap, time and more words", 127,
     radiotap(1 << 31 | 3, bytes(16) + b"\x20") + dot11(0x88, 1, TO_AP, bytes(4)) + SNAP + FOUR),
    ("IP over Fibre Channel", 122, bytes(2) + B + bytes(2) + A + SNAP + FOUR),
    ("IP over FireWire", 138, bytes(16) + b"\x86\xdd" + SIX),
    ("PKTAP", 258, struct.pack("<III", 108, 1, 12) + bytes(96) + FOUR),
    ("PKTAP with Ethernet", 258, struct.pack("<III", 108, 1, 1) + bytes(96) + ETHERNET),
    ("PKTAP under USER2", 149, struct.pack("<III", 108, 1, 0) + bytes(96) + b"\x1e\0\0\0" + SIX),
    ("PPI", 192, struct.pack("<BBHI", 0, 0, 8, 1) + ETHERNET),
    ("PPI with 802.11", 192, struct.pack("<BBHI", 0, 0, 8, 105) + dot11(8, 1, TO_AP) + SNAP + FOUR),
    ("ERF, Ethernet", 197, erf(2) + bytes(2) + ETHERNET),
    ("ERF with two headers more", 197,
     erf(0x82, b"\x83" + bytes(7) + b"\3" + bytes(7)) + bytes(2) + ETHERNET),
    ("ERF, PPP", 197, erf(1) + b"\xff\x03" + PPP4 + FOUR),
    ("ERF, IPv6", 197, erf(23) + SIX),
    ("MPLS", 219, b"\0\1\0\x40" + b"\0\2\1\x40" + FOUR),
    ("IPNET", 226, b"\1\2" + bytes(22) + FOUR),
    ("NFLOG", 239,
     b"\2\0\0\0" + struct.pack("<HH4x", 8, 1) + struct.pack("<HH", 4 + len(FOUR), 9) + FOUR),
    ("NFLOG, big-endian", 239,
     b"\x0a\0\0\0" + struct.pack(">HH1x3x", 5, 10) + struct.pack(">HH", 4 + len(SIX), 9) + SIX),
    ("IPoIB", 242, bytes(40) + b"\x08\0\0\0" + FOUR),
    ("EPON", 259, bytes(8) + ETHERNET),
    ("mPacket", 274, bytes(8) + ETHERNET),
    ("Broadcom's tag", 281, B + A + bytes(4) + b"\x08\0" + FOUR),
    ("Broadcom's tag before all", 282, bytes(4) + ETHERNET),
    ("Marvell's tag", 283, B + A + bytes(4) + b"\x08\0" + FOUR),
    ("Marvell's longer tag", 284, B + A + b"\xda\xda" + bytes(6) + b"\x08\0" + FOUR),
]  # fmt: skip


def read(link_type: int, *packets: bytes, original: int | None = None) -> tuple[list[Frame], str]:
    stream = BytesIO()
    writer = PcapWriter(stream, link_type)
    for number, packet in enumerate(packets):
        writer.write(number, packet, original)
    stream.seek(0)
    with open_capture("-", stream) as capture:
        return [frame for batch in capture.frames() for frame in batch], capture.note


@pytest.mark.parametrize(("link_type", "data"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_the_datagram_inside_is_read(link_type: int, data: bytes) -> None:
    (frame,), note = read(link_type, data)
    flow = frame.flow
    assert (flow.protocol, flow.source_port, flow.destination_port) == (Protocol.UDP, 40_000, 9000)
    assert (flow.source, flow.destination) in {("192.0.2.1", "192.0.2.2"), ("fd00::1", "fd00::2")}
    assert (frame.payload, frame.fault, note) == (4, "", "")


@pytest.mark.parametrize(("link_type", "data"), [row[1:] for row in READ], ids=[row[0] for row in READ])
def test_cut_anywhere_it_is_a_frame_still(link_type: int, data: bytes) -> None:
    packets = [data[:length] for length in range(len(data))]
    frames, note = read(link_type, *packets, original=len(data))
    assert [frame.fault for frame in frames] == [""] * len(data)
    assert note == ""


def test_the_frame_is_as_long_as_with_an_ethernet_header() -> None:
    lengths = {
        len(as_ethernet(link_type, data)[0]) - (0 if SIX not in data else len(SIX) - len(FOUR))
        for name, link_type, data in READ
        if "VLAN" not in name
    }
    assert lengths == {len(ETHERNET)}
    for _, link_type, data in READ:
        frame, longer = as_ethernet(link_type, data)
        assert len(frame) == len(data) + longer


def test_addresses_of_wireless_frames_are_those_of_the_ends() -> None:
    """IEEE 802.11, table 9-30: which address is which depends on the way through the access point."""
    ap = b"\2\0\0\0\0\x0f"
    ways = {0: B + A + ap, 1: ap + A + B, 2: B + ap + A}
    for bits, addresses in ways.items():
        frame, _ = as_ethernet(105, dot11(8, bits, addresses) + SNAP + FOUR)
        assert frame[:12] == B + A
    frame, _ = as_ethernet(105, dot11(8, 3, ap + ap + B, A) + SNAP + FOUR)
    assert frame[:12] == B + A


@pytest.mark.parametrize(
    ("link_type", "data"),
    [
        (9, b"\xc0\x21" + bytes(20)),  # LCP
        (105, dot11(0x80, 0, B + A + A) + bytes(40)),  # a beacon
        (105, dot11(8, 0x41, TO_AP) + bytes(60)),  # encrypted
        (105, dot11(0x48, 1, TO_AP)),  # no data
        (100, b"\x42\x42\x03" + bytes(40)),  # spanning tree
        (197, erf(21) + bytes(40)),  # InfiniBand
        (258, struct.pack("<III", 108, 1, 258) + bytes(200)),  # itself, for ever
    ],
)
def test_neighbours_that_carry_no_ip_are_frames_of_no_protocol(link_type: int, data: bytes) -> None:
    (frame,), _ = read(link_type, data)
    assert (frame.flow.protocol, frame.fault) == (Protocol.OTHER, "")


@pytest.mark.parametrize(
    ("link_type", "words"),
    [
        (189, r"link type 189 \(USB_LINUX\) carries transfers of a bus, no Ethernet and no IP"),
        (195, r"195 \(IEEE802_15_4_WITHFCS\) carries .* 6LoWPAN, which kbview does not read"),
        (143, r"143 \(DOCSIS\) carries Ethernet frames behind headers that kbview does not read"),
        (147, r"147 \(USER0\) carries packets of a private kind"),
        (999, "link type 999 is not known to kbview"),
    ],
)
def test_a_refusal_says_what_the_link_type_carries(link_type: int, words: str) -> None:
    with pytest.raises(CaptureError, match=words):
        read(link_type, bytes(60))


def test_no_link_type_is_both_read_and_refused() -> None:
    assert not LINK_TYPES.keys() & UNREAD.keys()
    assert not any(can_read(link_type) for link_type in UNREAD)
