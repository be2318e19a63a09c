"""A measurement of a capture reader, in a process of its own.

Prints a line of JSON: packets, CPU seconds of dpkt's raw reader and of kbview without and with
checksums, in turn, and whether the packets have the flows that `benchmarks.capture` wrote.

    python -m benchmarks.capture_rate FILE            the line
    python -m benchmarks.capture_rate FILE memory     peak megabytes of Python objects while it is read
"""

import json
import sys
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import dpkt

from kbview.packet.capture import open_capture
from kbview.packet.frame import Flow


def ours(path: Path, verify: bool) -> int:
    """Packets, each a Frame with its time, lengths, flags and Flow: 5-tuple and hash."""
    with open_capture(path) as capture:
        return sum([len(batch) for batch in capture.frames(verify)])


def theirs(path: Path) -> int:
    """Packets."""
    packets = 0
    with path.open("rb") as file:
        for _time_s, _packet in dpkt.pcap.Reader(file):
            packets += 1
    return packets


def flows(path: Path) -> int:
    """The number of flows; 0 if two flows share a 5-tuple or a hash, or if a checksum is wrong."""
    found: set[Flow] = set()
    faults = 0
    with open_capture(path) as capture:
        for batch in capture.frames(verify=True):
            found.update(frame.flow for frame in batch)
            faults += sum(bool(frame.fault) for frame in batch)
    tuples = {(flow.protocol, flow.source, flow.source_port, flow.destination_port) for flow in found}
    apart = len(found) == len(tuples) == len({flow.rss_hash for flow in found})
    return len(found) if apart and not faults else 0


def peak_mb(path: Path) -> float:
    """Peak megabytes of Python objects while the capture is read."""
    tracemalloc.start()
    ours(path, verify=False)
    return tracemalloc.get_traced_memory()[1] / 1e6


def cpu_s(read: Callable[[], int]) -> float:
    """CPU seconds of a call."""
    began = time.process_time()
    read()
    return time.process_time() - began


def measure(path: Path) -> dict[str, float]:
    """Each reader once, after the flows were compared."""
    return {
        "flows": flows(path),
        "packets": ours(path, verify=False),
        "dpkt packets": theirs(path),
        "dpkt": cpu_s(lambda: theirs(path)),
        "lengths": cpu_s(lambda: ours(path, verify=False)),
        "checksums": cpu_s(lambda: ours(path, verify=True)),
    }


if __name__ == "__main__":
    given = Path(sys.argv[1])
    print(json.dumps(peak_mb(given) if sys.argv[2:] == ["memory"] else measure(given)))
