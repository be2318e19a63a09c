"""Links between two ends: PPP, Cisco HDLC, frame relay, MPLS. None has MAC addresses.

RFC 1661, RFC 1662, RFC 2516 (PPPoE), RFC 2427 (frame relay), RFC 3032 (MPLS)
"""

from kbview.packet.ethernet import ETH_P_IP, ETH_P_IPV6
from kbview.packet.llc import LLC, Inside, bridged, ethernet_header, internet

_PPP_PROTOCOLS = {0x0021: ETH_P_IP, 0x0057: ETH_P_IPV6}
_PPP_MPLS = 0x0281
_FRAMING = b"\xff\x03"  # RFC 1662: all stations, unnumbered information
_CISCO = (0x0F, 0x8F)  # unicast, broadcast
_UNNUMBERED = 3
_NLPID_SNAP, _NLPID_PPP = 0x80, 0xCF
_NLPIDS = {0xCC: ETH_P_IP, 0x8E: ETH_P_IPV6}


def ppp(data: bytes, start: int = 0) -> Inside:
    """A protocol of two bytes, or of one if that is odd; address and control may come first."""
    if data[start : start + 2] == _FRAMING:
        start += 2
    width = 1 if data[start : start + 1] and data[start] & 1 else 2
    number = int.from_bytes(data[start : start + width], "big")
    start += width
    if number == _PPP_MPLS:
        return mpls(data, start)
    return Inside(start, ethernet_header(data[start:], _PPP_PROTOCOLS.get(number, LLC)))


def pppd(data: bytes) -> Inside:
    """A byte for the direction stands in place of the address; the control byte follows."""
    return ppp(data, 2 if data[1:2] == b"\x03" else 1)


def pppoe(data: bytes) -> Inside:
    """A session packet of RFC 2516: version, code 0, session 2, length 2, PPP."""
    return ppp(data, 6)


def ppp_hdlc(data: bytes) -> Inside:
    """PPP, or Cisco's own: the first byte says."""
    return cisco_hdlc(data) if data[:1] and data[0] in _CISCO else ppp(data)


def cisco_hdlc(data: bytes, start: int = 0) -> Inside:
    """Address, control, ethertype."""
    return bridged(data, start + 2, b"", b"")


def frame_relay(data: bytes, start: int = 0) -> Inside:
    """An address of two to four bytes, the last one odd; then RFC 2427 or Cisco's ethertype."""
    for _ in range(4):
        start += 1
        if start >= len(data) or data[start - 1] & 1:
            break
    if data[start : start + 1] != bytes([_UNNUMBERED]):
        return bridged(data, start, b"", b"")
    start += 2 if data[start + 1 : start + 2] == b"\0" else 1  # padding to an even place
    number = data[start] if start < len(data) else 0
    if number == _NLPID_SNAP:
        return bridged(data, start + 4, b"", b"")
    if number == _NLPID_PPP:
        return ppp(data, start + 1)
    ethertype = _NLPIDS.get(number, LLC)
    return Inside(start + 1, ethernet_header(data[start + 1 :], ethertype))


def mpls(data: bytes, start: int = 0) -> Inside:
    """Labels of four bytes up to the bottom of the stack, then IP by its version."""
    while start + 4 <= len(data):
        bottom = data[start + 2] & 1
        start += 4
        if bottom:
            break
    return internet(data, start)
