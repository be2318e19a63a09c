"""tcpdump's verdict on frames: libpcap's compiler and its interpreter of the program."""

import struct
import subprocess
from pathlib import Path

HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262_144, 1)
_RECORD = struct.Struct("<IIII")


def write_capture(path: Path, frames: list[bytes]) -> None:
    """A capture in which the time of each frame, in seconds, is its number."""
    records = (
        _RECORD.pack(number, 0, len(frame), len(frame)) + frame for number, frame in enumerate(frames)
    )
    path.write_bytes(HEADER + b"".join(records))


def taken(path: Path, text: str) -> set[int] | None:
    """The numbers of the frames that tcpdump takes; None if it refuses the filter."""
    command = ["tcpdump", "-r", str(path), "-w", "-", text]
    told = subprocess.run(command, capture_output=True, timeout=20, check=False)
    if b"expression rejects all packets" in told.stderr:
        return set()
    if told.returncode:
        return None
    return set(_numbers(told.stdout))


def extract(path: Path, text: str, to: Path) -> None:
    """Write the packets that tcpdump takes to another capture."""
    command = ["tcpdump", "-r", str(path), "-w", str(to), text]
    subprocess.run(command, capture_output=True, timeout=20, check=True)


def _numbers(capture: bytes) -> list[int]:
    found, at = [], len(HEADER)
    while at < len(capture):
        number, _, captured, _ = _RECORD.unpack_from(capture, at)
        found.append(number)
        at += _RECORD.size + captured
    return found
