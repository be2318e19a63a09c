"""Capture formats: the same packets however they are stored, cut ones up to where they are cut."""

import gzip
import io
import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from scapy import all as scapy

from kbview.packet.capture import CaptureError, open_capture
from kbview.packet.frame import Frame
from kbview.packet.pcap import Pcap
from kbview.packet.reader import Reader
from kbview.packet.writer import PcapWriter

RECORDINGS = sorted(Path(__file__).parents[2].glob("recordings/*.pcap"))
ETHER = scapy.Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
DATAGRAM = ETHER / scapy.IP(src="10.0.0.1", dst="10.0.0.2") / scapy.UDP(dport=9)
PACKETS = [bytes(DATAGRAM / bytes(n)) for n in range(5)]
TIMES = [(1_700_000_000, 5 + 7 * n) for n in range(5)]


def pcap(order: str, magic: int, link_type: int = 1) -> bytes:
    data = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link_type)
    for (seconds, ticks), packet in zip(TIMES, PACKETS, strict=True):
        data += struct.pack(order + "IIII", seconds, ticks, len(packet), len(packet)) + packet
    return data


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", 12 + len(body))
    return struct.pack(order + "I", kind) + length + body + length


def pcapng(order: str, digits: int) -> bytes:
    """One section and interface; if_tsresol in decimal digits (draft-ietf-opsawg-pcapng)."""
    resolution = struct.pack(order + "HHB3xHH", 9, 1, digits, 0, 0)
    data = block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))
    data += block(order, 1, struct.pack(order + "HHI", 1, 0, 0) + resolution)
    for (seconds, ticks), packet in zip(TIMES, PACKETS, strict=True):
        stamp = seconds * 10**digits + ticks
        head = struct.pack(
            order + "IIIII", 0, stamp >> 32, stamp & 0xFFFFFFFF, len(packet), len(packet)
        )
        data += block(order, 6, head + packet)
    return data


FORMATS = {
    "us little": (pcap("<", 0xA1B2C3D4), 10**6),
    "us big": (pcap(">", 0xA1B2C3D4), 10**6),
    "ns little": (pcap("<", 0xA1B23C4D), 10**3),
    "ns big": (pcap(">", 0xA1B23C4D), 10**3),
    "ng little": (pcapng("<", 6), 10**6),
    "ng big": (pcapng(">", 9), 10**3),
}


def read(data: bytes) -> tuple[list[Frame], str]:
    with open_capture("-", io.BytesIO(data)) as capture:
        return [frame for batch in capture.frames() for frame in batch], capture.note


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_frames(name: str, packed: bool) -> None:
    data, tick_ps = FORMATS[name]
    frames, note = read(gzip.compress(data) if packed else data)
    assert note == ""
    assert [frame.arrived_ps for frame in frames] == [7 * n * tick_ps for n in range(5)]
    assert [frame.payload for frame in frames] == [0, 1, 2, 3, 4]
    assert {str(frame.flow) for frame in frames} == {str(frames[0].flow)}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", ["us little", "ng little"])
def test_cut_anywhere_it_is_read_up_to_there_and_said(name: str, packed: bool) -> None:
    data, _ = FORMATS[name]
    data = gzip.compress(data) if packed else data
    seen = 0
    for length in range(len(data)):
        try:
            frames, note = read(data[:length])
        except CaptureError as error:
            assert "\n" not in str(error)
            assert seen == 0
            continue
        assert seen <= len(frames) <= 5
        if note:
            assert note.endswith("replayed up to there")
        else:
            assert not packed
            assert len(frames) > seen or length < 80  # between two records, or before the first
        seen = len(frames)


@pytest.mark.parametrize(
    ("link_type", "prefix"), [(101, b""), (12, b""), (0, b"\x02\0\0\0"), (113, None)]
)
def test_captures_without_ethernet_headers_get_one(link_type: int, prefix: bytes | None) -> None:
    """Raw IP, BSD loopback, Linux cooked: tcpdump.org/linktypes.html."""
    cooked = struct.pack(">HHH8sH", 0, 1, 6, b"\x02\0\0\0\0\x01\0\0", 0x0800)
    stream = io.BytesIO()
    writer = PcapWriter(stream, link_type)
    writer.write(0, (cooked if prefix is None else prefix) + PACKETS[4][14:])
    frames, _ = read(stream.getvalue())
    assert [frame.payload for frame in frames] == [4]
    assert frames[0].flow.destination == "10.0.0.2"
    assert frames[0].fault == ""


def test_an_unknown_link_type_is_refused_by_number() -> None:
    with pytest.raises(CaptureError, match="link type 147"):
        read(pcap("<", 0xA1B2C3D4, link_type=147))


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.name)
def test_the_short_cut_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def rows() -> list[tuple[object, ...]]:
        frames, _ = read(path.read_bytes())
        return [
            (f.arrived_ps, f.packet, f.length, str(f.flow), f.payload, f.tcp_flags, f.fault)
            for f in frames
        ]

    fast = rows()
    monkeypatch.setattr(Pcap, "frames", Reader.frames)
    assert fast == rows()


def test_time_never_goes_back_and_long_jumps_are_closed() -> None:
    data = bytearray(FORMATS["us little"][0])
    struct.pack_into("<I", data, 24 + 16 + len(PACKETS[0]), 100)  # the second packet's seconds
    frames, note = read(bytes(data))
    times = [frame.arrived_ps for frame in frames]
    assert times == sorted(times)
    assert "jumps" in note


def test_a_record_that_claims_too_much_is_damage_not_memory() -> None:
    data = bytearray(FORMATS["us little"][0])
    struct.pack_into("<I", data, 24 + 8, 0x7FFFFFFF)
    tracemalloc.start()
    frames, note = read(bytes(data))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert frames == []
    assert "claims 2,147,483,647 bytes" in note
    assert peak < 4_000_000


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    def peak(times: int) -> int:
        path = tmp_path / f"{times}.pcap"
        data = RECORDINGS[0].read_bytes()
        path.write_bytes(data + data[24:] * (times - 1))
        tracemalloc.start()
        with open_capture(path) as capture:
            assert sum(len(batch) for batch in capture.frames(verify=False)) > 0
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    assert peak(24) < peak(4) * 1.5 + 500_000


def test_a_gzip_member_may_be_empty_and_loses_nothing() -> None:
    """bgzip ends with an empty member; `cat a.gz b.gz` may have one anywhere."""
    data, _ = FORMATS["us little"]
    whole, note = read(data)
    assert (len(whole), note) == (5, "")
    empty, half = gzip.compress(b""), len(data) // 2
    for members in (
        [data, b""],
        [b"", data],
        [data[:half], b"", data[half:]],
        [b"", b"", data[:half], b"", b"", data[half:], b"", b""],
        [data[:30], data[30:31], data[31:]],
    ):
        packed = b"".join(gzip.compress(member) for member in members)
        frames, note = read(packed)
        assert [frame.payload for frame in frames] == [0, 1, 2, 3, 4]
        assert note == ""
        assert len(read(packed + bytes(512))[0]) == 5  # padded, as on a tape
    with pytest.raises(CaptureError, match="empty; capture again"):
        read(empty)
    frames, note = read(gzip.compress(data) + empty[:-1])
    assert len(frames) == 5
    assert "it ends too early" in note


def test_bgzip_in_small_pieces_through_a_slow_pipe() -> None:
    """Members of a few bytes with the extra field of bgzip, read three bytes at a time."""
    data = FORMATS["ng little"][0]

    class Slow(io.RawIOBase):
        def __init__(self, packed: bytes) -> None:
            self._rest = packed

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            part, self._rest = self._rest[:3], self._rest[3:]
            buffer[: len(part)] = part
            return len(part)

    def member(piece: bytes) -> bytes:
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        body = packer.compress(piece) + packer.flush()
        size = struct.pack("<H", 18 + len(body) + 8 - 1)
        head = b"\x1f\x8b\x08\x04" + bytes(4) + b"\0\xff\6\0BC\2\0" + size
        return head + body + struct.pack("<II", zlib.crc32(piece), len(piece))

    packed = b"".join(member(data[n : n + 50]) for n in range(0, len(data), 50)) + member(b"")
    with open_capture("-", cast(BinaryIO, Slow(packed))) as capture:
        assert sum(len(batch) for batch in capture.frames()) == 5
        assert capture.note == ""


def test_an_absurd_original_length_is_said() -> None:
    data = bytearray(FORMATS["us little"][0])
    struct.pack_into("<I", data, 24 + 12, 0xFFFFFFFF)
    frames, note = read(bytes(data))
    assert len(frames) == 5
    assert note == "1 packet said to be longer than 1,048,576 bytes, taken as that long"
