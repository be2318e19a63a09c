"""Reading a capture to 5-tuple, flags and Toeplitz hash, beside dpkt's raw reader that parses nothing.

The captures are written for the purpose: many flows, whole frames, TCP of a few sizes as on a real
link, UDP, and TCP of any length, which is the hardest case for a reader that remembers headers.
Memory is Python's own peak in a process for it, for one file and for one of four times the size.

    python -m benchmarks.capture
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from statistics import median

import dpkt

from kbview.packet.capture import open_capture

FLOWS = 400
FRAMES = 200_000
PAYLOADS = (0, 0, 64, 512, 1448)  # bytes; a mean near the trial's 596 MB for a million packets
ROUNDS = 5
WANTED = {"tcp": 2.5, "udp": 2.5, "any length": 1.0}
MEMORY_GROWTH_MB = 4.0


def write(path: Path, frames: int, kind: str) -> None:
    """A little-endian microsecond pcap over FLOWS flows, the same every time."""
    random = Random(1)
    with path.open("wb") as file:
        writer = dpkt.pcap.Writer(file, snaplen=65_535)
        for number in range(frames):
            flow = random.randrange(FLOWS)
            length = random.randrange(1448) if kind == "any length" else random.choice(PAYLOADS)
            ports = {"sport": 1024 + flow, "dport": 80, "data": random.randbytes(length)}
            segment = (
                dpkt.udp.UDP(ulen=8 + length, **ports)
                if kind == "udp"
                else dpkt.tcp.TCP(seq=number, flags=0x10, **ports)
            )
            packet = dpkt.ip.IP(
                src=bytes((10, 0, flow >> 8, flow & 255)), dst=b"\x0a\x01\x00\x01", data=segment
            )
            packet.p = 17 if kind == "udp" else 6
            frame = dpkt.ethernet.Ethernet(dst=b"\x02\0\0\0\0\1", src=b"\x02\0\0\0\0\2", data=packet)
            writer.writepkt(bytes(frame), number * 1e-6)


def ours(path: Path, verify: bool) -> int:
    """Packets, each a Frame with its time, lengths, flags and Flow: 5-tuple and hash."""
    with open_capture(path) as capture:
        return sum([len(batch) for batch in capture.frames(verify)])


def as_wanted(path: Path) -> bool:
    """Whether 5-tuple and hash are there: as many flows as were written, each hashed its own way."""
    with open_capture(path) as capture:
        flows = {frame.flow for batch in capture.frames(verify=True) for frame in batch}
    tuples = {(flow.protocol, flow.source, flow.source_port, flow.destination_port) for flow in flows}
    return len(flows) == len(tuples) == len({flow.rss_hash for flow in flows}) == FLOWS


def theirs(path: Path) -> int:
    """Packets."""
    packets = 0
    with path.open("rb") as file:
        for _time_s, _packet in dpkt.pcap.Reader(file):
            packets += 1
    return packets


def seconds(read: object) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    assert callable(read)
    read()
    return time.perf_counter() - began


def peak_mb(path: Path) -> float:
    """Peak megabytes of Python objects in a process that reads it."""
    program = (
        "import sys, tracemalloc; from pathlib import Path; from benchmarks import capture as c;"
        "tracemalloc.start(); c.ours(Path(sys.argv[1]), False);"
        "print(tracemalloc.get_traced_memory()[1])"
    )
    ended = subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True, check=True)
    return int(ended.stdout) / 1e6


def beside_dpkt(path: Path, kind: str) -> float:
    """Print a row for each reader, in turns; the ratio without checksums."""
    assert ours(path, verify=False) == theirs(path) == FRAMES
    assert as_wanted(path)
    timed: dict[str, list[float]] = {"dpkt raw": [], "kbview": [], "kbview, checksums verified": []}
    for _ in range(ROUNDS):
        timed["dpkt raw"].append(seconds(lambda: theirs(path)))
        timed["kbview"].append(seconds(lambda: ours(path, verify=False)))
        timed["kbview, checksums verified"].append(seconds(lambda: ours(path, verify=True)))
    print(
        f"{kind}: thousand packets/s of {path.stat().st_size / 1e6:.0f} MB, medians of {ROUNDS} in turn"
    )
    for name, spent in timed.items():
        ratios = sorted(a / b for a, b in zip(timed["dpkt raw"], spent, strict=True))
        print(
            f"  {name:<28} {FRAMES / median(spent) / 1000:7.0f}   ratio {median(ratios):4.2f} "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    return median(a / b for a, b in zip(timed["dpkt raw"], timed["kbview"], strict=True))


def main() -> int:
    """Print the tables; 1 if a ratio is below what is wanted or memory grows with the file."""
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for kind, wanted in WANTED.items():
            path = Path(folder) / "large.pcap"
            write(path, FRAMES, kind)
            good &= beside_dpkt(path, kind) >= wanted
            print(f"  wanted {wanted:g}")
        small = Path(folder) / "small.pcap"
        write(small, FRAMES // 4, kind)
        first, second = peak_mb(small), peak_mb(path)
    print(f"peak memory {first:.1f} MB, with four times the file {second:.1f} MB")
    return 0 if good and second - first < MEMORY_GROWTH_MB else 1


if __name__ == "__main__":
    sys.exit(main())
