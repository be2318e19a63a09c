"""What a link carries: how long a byte is on it, and how many frames a second fit."""

from kbview.packet.frame import WIRE_OVERHEAD

S_PS = 10**12


def byte_ps(gbps: float) -> int:
    """How long a byte is on the wire, rounded to a picosecond: 800 ps at 10 Gb/s."""
    return round(8000 / gbps)


def wire_ps(length: float, gbps: float) -> float:
    """How long a frame occupies the wire, preamble and gap included."""
    return (length + WIRE_OVERHEAD) * byte_ps(gbps)


def line_rate_pps(length: float, gbps: float) -> float:
    """How many frames a second a link carries: 14.88 million of 64 bytes at 10 Gb/s."""
    return S_PS / wire_ps(length, gbps)
