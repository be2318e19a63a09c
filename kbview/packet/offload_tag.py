"""Tags that a switch chip puts into a frame for the host's own use (Linux: DSA).

| destination 6 | source 6 | tag 4 or 8 | ethertype 2 | payload ... |
"""

from kbview.packet.llc import Inside

_ADDRESSES = 12  # bytes


def after_addresses(data: bytes, length: int) -> Inside:
    """A frame with `length` bytes of tag between its addresses and its ethertype."""
    return Inside(_ADDRESSES + length, data[:_ADDRESSES])
