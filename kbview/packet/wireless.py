"""802.11 data frames, and the headers that a driver puts before them: radiotap, Prism, AVS.

| control 2 | duration 2 | address 1..3, 18 | sequence 2 | [address 4, 6] [QoS 2] [HT 4] | LLC, SNAP |

IEEE 802.11, 9.3.2.1; https://www.radiotap.org. Management and control frames carry no IP packet, and
encrypted ones none that can be read: all of these are frames of ethertype 0.
"""

from kbview.packet.llc import LLC, Inside, ethernet_header, subnetwork

_HEADER = 24
_DATA = 2  # the type
_NO_DATA, _QOS = 4, 8  # bits of the subtype
_TO_DS, _FROM_DS, _PROTECTED, _ORDER = 1, 2, 0x40, 0x80  # bits of the second byte
_A_MSDU = 0x80  # of the QoS field: several packets in one
_SUBFRAME = 14  # destination, source, length
_TSFT, _FLAGS, _MORE = 1 << 0, 1 << 1, 1 << 31  # bits of radiotap's first word
_DATA_PAD = 0x20  # of radiotap's flags: the payload begins at a multiple of four
_PRISM = 144
_AVS_MAGIC = b"\x80\x21\x10"


def ieee80211(data: bytes, start: int = 0, padded: bool = False) -> Inside:
    """A frame that begins at `start`."""
    frame = data[start:]
    if len(frame) < _HEADER or (frame[0] >> 2 & 3) != _DATA:
        return Inside(start, ethernet_header(b"", LLC, frame[4:10], frame[10:16]))
    kind, bits = frame[0] >> 4, frame[1]
    length = _length(kind, bits)
    destination, source = _ends(frame, bits)
    if kind & _NO_DATA or bits & _PROTECTED:
        return Inside(start + length, ethernet_header(b"", LLC, destination, source))
    if kind & _QOS and len(frame) > length and frame[length - _after_qos(bits) - 2] & _A_MSDU:
        destination, source = frame[length : length + 6], frame[length + 6 : length + 12]
        length += _SUBFRAME
    if padded:
        length = -(-length // 4) * 4
    return subnetwork(data, start + length, destination, source)


def _length(kind: int, bits: int) -> int:
    """Bytes of the header."""
    fourth = 6 if bits & _TO_DS and bits & _FROM_DS else 0
    return _HEADER + fourth + (2 + _after_qos(bits) if kind & _QOS else 0)


def _after_qos(bits: int) -> int:
    return 4 if bits & _ORDER else 0


def _ends(frame: bytes, bits: int) -> tuple[bytes, bytes]:
    """Destination and source, which of the addresses they are depends on the way through the AP."""
    first, second, third, fourth = frame[4:10], frame[10:16], frame[16:22], frame[24:30]
    if bits & _TO_DS:
        return third, fourth if bits & _FROM_DS else second
    return first, third if bits & _FROM_DS else second


def radiotap(data: bytes) -> Inside:
    """Version, padding, length 2, words that say which fields follow; little-endian."""
    return ieee80211(data, int.from_bytes(data[2:4], "little"), padded=_is_padded(data))


def _is_padded(data: bytes) -> bool:
    place, present = 4, int.from_bytes(data[4:8], "little")
    word = present
    while word & _MORE and place + 8 <= len(data):
        place += 4
        word = int.from_bytes(data[place : place + 4], "little")
    place += 4
    if present & _TSFT:
        place = -(-place // 8) * 8 + 8
    return bool(present & _FLAGS and place < len(data) and data[place] & _DATA_PAD)


def prism(data: bytes) -> Inside:
    """144 bytes, unless it is AVS under the same number."""
    return avs(data) if data[:3] == _AVS_MAGIC else ieee80211(data, _PRISM)


def avs(data: bytes) -> Inside:
    """Version 4, length 4, big-endian."""
    return ieee80211(data, int.from_bytes(data[4:8], "big"))
