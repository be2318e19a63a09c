"""The Toeplitz hash by which a NIC spreads flows over its queues (Microsoft RSS specification).

Every bit of the tuple that is set adds (exclusive or) the 32 bits of the key that start at its
position. The bits of one byte are summed beforehand, so a hash is one look-up a byte.
"""

from functools import cache

MICROSOFT_KEY = bytes.fromhex(
    "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b477cb2da38030f20c6a42b73bbeac01fa"
)


def toeplitz(data: bytes, key: bytes = MICROSOFT_KEY) -> int:
    """Hash addresses (and ports), in the order and byte order in which they are on the wire."""
    total = 0
    for table, byte in zip(_tables(key), data, strict=False):
        total ^= table[byte]
    return total


@cache
def _tables(key: bytes) -> tuple[tuple[int, ...], ...]:
    """For each byte position, what each value of that byte adds."""
    number = int.from_bytes(key, "big")
    return tuple(
        _table([number >> shift - bit & 0xFFFFFFFF for bit in range(8)])
        for shift in range(len(key) * 8 - 32, 7, -8)
    )


def _table(windows: list[int]) -> tuple[int, ...]:
    table = [0] * 256
    for value in range(1, 256):
        lowest = value & -value
        table[value] = table[value ^ lowest] ^ windows[8 - lowest.bit_length()]
    return tuple(table)
