"""The short cut for plain packets gives what careful decoding gives, whatever is in the capture."""

import io
import struct
from collections.abc import Callable
from random import Random

import pytest

from kbview.packet import checksum as checksum_module
from kbview.packet import flow, shape, shortcut
from kbview.packet.capture import open_capture
from kbview.packet.checksum import checksum, pseudo_header
from kbview.packet.decoder import FrameDecoder
from kbview.packet.fields import FORMAT, read_fields
from kbview.packet.frame import Flow
from kbview.packet.pcap import Pcap
from kbview.packet.reader import Reader

Row = tuple[object, ...]
ORDERS = [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D), (">", 0xA1B23C4D)]
LENGTHS = [struct.pack("!H", length) for length in (0, 7, 8, 19, 20, 21, 24, 27, 28, 40, 60, 1500)]
FIELDS = {
    3: (20, (b"\0\0", b"\x20\0", b"\0\x05", b"\x80\0")),  # fragment
    4: (16, LENGTHS),  # IPv4's total length
    5: (38, LENGTHS),  # UDP's length
    6: (40, (b"\0\0",)),  # UDP's checksum, left out
    7: (12, (b"\x86\xdd", b"\x08\x06", b"\x81\x00")),  # ethertype
}


def packet(random: Random, protocol: int) -> bytearray:
    """A sound TCP or UDP packet of a few hosts, ports and sizes."""
    macs = bytes((2, 0, 0, 0, 0, random.randrange(3))) + b"\x02\0\0\0\0\x09"
    addresses = bytes((10, 0, 0, random.randrange(4), 10, 1, 0, random.randrange(2)))
    ports = struct.pack("!HH", 1000 + random.randrange(4), 80)
    payload = random.randbytes(random.choice((0, 1, 5, 6, 18, 700, 1448, random.randrange(1448))))
    options = bytes(4 * random.choice((0, 0, 3, 10))) if protocol == 6 else b""
    if protocol == 6:
        offset = 5 + len(options) // 4 << 4
        head, place = ports + random.randbytes(8) + bytes((offset, 24, 1, 0, 0, 0, 0, 0)) + options, 16
    else:
        head, place = ports + struct.pack("!HH", 8 + len(payload), 0), 6
    segment = bytearray(head + payload)
    total = checksum(pseudo_header(addresses, protocol, len(segment)) + bytes(segment)) or 0xFFFF
    struct.pack_into("!H", segment, place, total)
    ip = bytearray(struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 7, 0x4000, 64, protocol, 0))
    struct.pack_into("!H", ip, 10, checksum(bytes(ip) + addresses))
    return bytearray(macs + b"\x08\x00" + ip + addresses + segment)


def changed(random: Random, strange: int, data: bytearray) -> None:
    """Make a packet strange in one of several ways, or leave it."""
    if strange == 0:
        data += bytes(random.randrange(1, 60))  # padding, or a trailer
    elif strange == 1:
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
    elif strange == 2:
        data[random.randrange(12, min(64, len(data)))] = random.randrange(256)  # in the headers
    elif strange in FIELDS:
        at, values = FIELDS[strange]
        data[at : at + 2] = random.choice(values)


def record(random: Random, at_s: int) -> tuple[int, int, int, bytes]:
    """Seconds, ticks, original length and bytes: mostly plain, else strange in one way or another."""
    data = packet(random, random.choice((6, 17)))
    strange = random.randrange(40)
    changed(random, strange, data)
    original = len(data)
    if strange == 8:
        del data[random.randrange(len(data)) :]  # cut by the snap length
    elif strange == 9:
        original = random.choice((0, 20, 60, 1 << 31, 262_145))
    seconds = at_s + (random.choice((-1, 1, 100_000)) if random.randrange(50) == 0 else 0)
    return seconds, random.randrange(1000), original, bytes(data)


def capture(seed: int, order: str, magic: int, count: int = 800) -> bytes:
    random = Random(seed)
    parts = [struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, 1)]
    ticks = 0
    for number in range(count):
        seconds, more, original, data = record(random, 1_700_000_000 + number // 100)
        ticks = ticks + more if number % 100 else 0
        parts.append(struct.pack(order + "IIII", seconds, ticks, len(data), original) + data)
    return b"".join(parts)


def facts(flow: Flow) -> Row:
    """All that a flow says of its packets."""
    ends = flow.source, flow.destination, flow.source_port, flow.destination_port
    macs = flow.source_mac, flow.destination_mac
    return flow.number, flow.protocol, *ends, *macs, flow.rss_hash, flow.fragment


def rows(data: bytes, verify: bool) -> list[Row]:
    with open_capture("-", io.BytesIO(data)) as opened:
        frames = [frame for batch in opened.frames(verify) for frame in batch]
        read: list[Row] = [
            (f.arrived_ps, f.packet, f.length, f.payload, f.tcp_flags, f.fault, f.inner, *facts(f.flow))
            for f in frames
        ]
        return [*read, (opened.note,)]


@pytest.fixture
def carefully(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes, bool], list[Row]]:
    """The rows of a capture without the short cut."""

    def read(data: bytes, verify: bool) -> list[Row]:
        with monkeypatch.context() as patch:
            patch.setattr(Pcap, "frames", Reader.frames)
            return rows(data, verify)

    return read


@pytest.mark.parametrize("verify", [False, True])
@pytest.mark.parametrize("seed", range(8))
def test_it_changes_nothing(
    seed: int, verify: bool, carefully: Callable[[bytes, bool], list[Row]]
) -> None:
    order, magic = ORDERS[seed % 4]
    data = capture(seed, order, magic)
    assert rows(data, verify) == carefully(data, verify)
    assert rows(data[:-30], verify) == carefully(data[:-30], verify)


@pytest.mark.parametrize("seed", range(4))
def test_the_form_for_compiled_code_changes_nothing(
    seed: int, monkeypatch: pytest.MonkeyPatch, carefully: Callable[[bytes, bool], list[Row]]
) -> None:
    """Fields and checksums read byte by byte: the same frames, faults and flows in both byte orders."""
    data = capture(seed, *ORDERS[seed])
    expected = carefully(data, True)
    monkeypatch.setattr(shortcut, "COMPILED", True)
    monkeypatch.setattr(checksum_module, "COMPILED", True)
    assert rows(data, True) == expected


@pytest.mark.parametrize("order", ["<", ">"])
def test_fields_are_as_a_struct_reads_them(order: str) -> None:
    for seed in range(50):
        data = Random(seed).randbytes(64 + seed)
        expected = struct.unpack_from(order + FORMAT, data, seed)
        assert read_fields(data, seed, order == "<") == expected


def test_it_changes_nothing_where_memories_overflow(
    monkeypatch: pytest.MonkeyPatch, carefully: Callable[[bytes, bool], list[Row]]
) -> None:
    monkeypatch.setattr(flow, "MOST_FLOWS", 20)
    monkeypatch.setattr(shape, "MOST_SHAPES", 10)
    data = capture(9, "<", 0xA1B2C3D4)
    assert rows(data, True) == carefully(data, True)


def test_most_packets_take_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plain packets are decoded with care once a flow: a pair of MACs, of addresses, of ports."""
    numbers: list[int] = []
    careful = FrameDecoder.frame

    def counted(self: FrameDecoder, arrived_ps: int, number: int, *rest: object) -> object:
        numbers.append(number)
        return careful(self, arrived_ps, number, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(FrameDecoder, "frame", counted)
    random = Random(3)
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, 1)]
    for number in range(2000):
        data = packet(random, random.choice((6, 17)))
        parts.append(struct.pack("<IIII", 1, number, len(data), len(data)) + data)
    assert len(rows(b"".join(parts), True)) == 2001
    assert len(numbers) == 3 * 4 * 2 * 4 * 2
