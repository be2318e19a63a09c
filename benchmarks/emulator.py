"""Simulated frames a second, beside the same model written in idiomatic SimPy, in turns.

Both make their Poisson arrivals inside the timed part. The counters of the two are compared first:
a ratio between models that disagree would mean nothing.

    python -m benchmarks.emulator
"""

import sys
import time
from itertools import accumulate, islice
from statistics import median

from benchmarks.simpy_model import LENGTH, Books, simulate
from kbview.emulator.cost import Prices
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.hardware.cable import wire_ps
from kbview.emulator.scenario import SYNTHETIC_HOST, Traffic
from kbview.emulator.settings import Settings
from kbview.emulator.traffic import gaps
from kbview.sources.emulated import profile
from kbview.tape.meter import Meters

RATE_PPS = 1_000_000
ROUNDS = 5
OUR_FRAMES = 200_000
SIMPY_FRAMES = {"kernel": 20_000, "dpdk": 4_000}
WANTED = {"kernel": 4.0, "dpdk": 15.0}
SETTINGS = Settings(wait="read")


def ours(datapath: str, frames: int) -> Meters:
    """kbview at `meters` detail."""
    chunks = Traffic(pattern="poisson", rate_pps=RATE_PPS, frames=frames).chunks(seed=1)
    emulation = Emulation(profile.load("xdp18"), SETTINGS, SYNTHETIC_HOST, chunks, datapath)
    emulation.advance(NEVER_PS)
    return emulation.sample().meters


def theirs(datapath: str, frames: int) -> Books:
    """The peer."""
    frame_ps = wire_ps(LENGTH, SETTINGS.link_gbps)
    times = islice(accumulate(gaps.poisson(RATE_PPS, 1, frame_ps)), frames)
    return simulate(datapath, Prices(profile.load("xdp18")), SETTINGS, list(times))


def same_results(datapath: str, frames: int) -> bool:
    """Whether both models count the same."""
    meters, books = ours(datapath, frames), theirs(datapath, frames)
    names = ("arrived", "delivered", "dropped", "missed", "interrupts", "copies", "allocations",
             "frees", "delivered_bytes", "copied_bytes", "softirqs")  # fmt: skip
    alike = all(getattr(meters, name) == books.totals[name] for name in names)
    middle = sorted(books.latencies)[len(books.latencies) // 2]
    print(
        f"{datapath}: same counts {alike}; median latency {meters.latency.percentile(0.5) / 1000:.0f} "
        f"ns, peer {middle:.0f} ns"
    )
    return alike


def rate(frames: int, began: float) -> float:
    """Thousand frames a second."""
    return frames / (time.perf_counter() - began) / 1000


def compare(datapath: str) -> tuple[list[float], list[float]]:
    """Thousand frames/s of ours and of the peer, round by round."""
    mine, peer = [], []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        ours(datapath, OUR_FRAMES)
        mine.append(rate(OUR_FRAMES, began))
        began = time.perf_counter()
        theirs(datapath, SIMPY_FRAMES[datapath])
        peer.append(rate(SIMPY_FRAMES[datapath], began))
    return mine, peer


def main() -> int:
    """Print the table; 1 if a ratio is below what is wanted."""
    good = True
    rows = []
    for datapath, wanted in WANTED.items():
        good &= same_results(datapath, SIMPY_FRAMES[datapath])
        mine, peer = compare(datapath)
        ratio = median(a / b for a, b in zip(mine, peer, strict=True))
        good &= ratio >= wanted
        rows.append((datapath, median(mine), median(peer), ratio, wanted))
    print(f"thousand frames/s at {RATE_PPS} offered, medians of {ROUNDS} rounds in turn")
    for datapath, mine_k, peer_k, ratio, wanted in rows:
        print(f"  {datapath:<8} kbview {mine_k:7.0f}   SimPy {peer_k:6.1f}   "
              f"ratio {ratio:5.1f}   wanted {wanted:g}")  # fmt: skip
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
