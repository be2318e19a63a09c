"""Frames by hand: one of each kind that the screens tell apart."""

from ipaddress import IPv4Address

_MACS = bytes.fromhex("020000000002020000000001")
_WAY = IPv4Address("10.0.0.1").packed + IPv4Address("10.0.0.2").packed


def _ipv4(protocol: int, segment: bytes) -> bytes:
    head = bytes([0x45, 0]) + (20 + len(segment)).to_bytes(2, "big")
    return head + bytes.fromhex("000140004000")[:4] + bytes([64, protocol, 0, 0]) + _WAY + segment


_DATAGRAM = (
    bytes.fromhex("9c400035") + (8 + 20).to_bytes(2, "big") + b"\0\0" + b"hello \x1b[31m kernel!!"
)
_SEGMENT = bytes.fromhex("9c40005000000001000000028018040000000000") + b"\1" * 12 + b"GET /"

UDP = _MACS + b"\x08\x00" + _ipv4(17, _DATAGRAM)
TCP = _MACS + b"\x08\x00" + _ipv4(6, _SEGMENT)
VLAN = _MACS + bytes.fromhex("8100000a0800") + _ipv4(17, _DATAGRAM)
ARP = (
    _MACS
    + bytes.fromhex("08060001080006040001020000000001")
    + _WAY[:4]
    + bytes(6)
    + _WAY[4:]
    + bytes(18)
)
FRAMES = {"udp": UDP, "tcp": TCP, "vlan": VLAN, "arp": ARP}
