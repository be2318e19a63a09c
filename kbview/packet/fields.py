"""The fields in the record of a plain packet, read byte by byte: the form for compiled code.

`struct` with FORMAT gives the same values, and is faster in pure Python.
"""

from kbview.packet.compiled import Word

FORMAT = "II 26s 2x H x B 2x 12s 8s BB"
# Seconds, ticks, shape, fragment field, protocol, addresses with ports, TCP's sequence and
# acknowledgement numbers, its offset byte, its flags.
Fields = tuple[int, int, bytes, int, int, bytes, bytes, int, int]


def read_fields(data: bytes, used: int, little: bool) -> Fields:
    """The fields of the record at `used`; numbers are read as little-endian, else as big-endian.

    Raises IndexError where `data` ends within the 64 bytes.
    """
    at: Word = used
    return (
        _number(data, at, little),
        _number(data, at + 4, little),
        data[at + 8 : at + 34],
        data[at + 37] << 8 | data[at + 36] if little else data[at + 36] << 8 | data[at + 37],
        data[at + 39],
        data[at + 42 : at + 54],
        data[at + 54 : at + 62],
        data[at + 62],
        data[at + 63],
    )


def _number(data: bytes, at: Word, little: bool) -> Word:
    """The 32-bit number at `at`."""
    if little:
        return data[at + 3] << 24 | data[at + 2] << 16 | data[at + 1] << 8 | data[at]
    return data[at] << 24 | data[at + 1] << 16 | data[at + 2] << 8 | data[at + 3]
