"""Blocks as the kernel writes them, made by hand."""

import mmap

from kbview.sources.linux.packet_ring import layout
from kbview.sources.linux.packet_ring.block import Block

MAC = 82  # where the kernel puts the link header of an Ethernet frame
SECOND = 1_700_000_000


def frame(length: int = 60) -> bytes:
    """An Ethernet frame whose bytes tell their places."""
    return bytes(12) + b"\x08\x00" + bytes(at % 251 for at in range(length - 14))


def block(
    frames: list[bytes], *, gap_ns: int = 1000, status: int = 1, tag: int = 0
) -> tuple[mmap.mmap, Block]:
    """A block in memory, `gap_ns` between its packets."""
    memory = mmap.mmap(-1, 1 << 16)
    at = layout.BLOCK_HEADER
    for number, data in enumerate(frames):
        size = -(-(MAC + len(data)) // layout.ALIGNMENT) * layout.ALIGNMENT
        ahead = size if number + 1 < len(frames) else 0
        layout.PACKET.pack_into(
            memory,
            at,
            *(ahead, SECOND, number * gap_ns, len(data), len(data), status),
            *(MAC, MAC + 14, 7 + number % 3, tag, 0x8100 if tag else 0),
        )
        memory[at + 48 + 2 : at + 48 + 4] = b"\x86\xdd"
        memory[at + MAC : at + MAC + len(data)] = data
        at += size
    last_ns = SECOND * 10**9 + (len(frames) - 1) * gap_ns
    return memory, Block(len(frames), layout.BLOCK_HEADER, at, False, last_ns)
