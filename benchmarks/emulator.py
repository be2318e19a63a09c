"""Simulated frames a second of CPU: each datapath and scenario, pure and compiled, beside SimPy.

The settings are the defaults. SimPy runs the same model of `kernel`, `kernel-read` and `dpdk`, in turn
with kbview. Every counter of the two is compared first, because a ratio between models that disagree
would mean nothing. Both make their Poisson arrivals inside the timed part.
It exits with 1 below a floor: compiled, the promised ratio; in pure Python, four fifths of the ratio
that docs/performance.md states. The aims are printed beside.

    python -m benchmarks.emulator            the table; ratios are medians, with least and greatest
    python -m benchmarks.emulator growth     10,000 to 10,000,000 frames: time a frame, and memory

Compiled modules are looked for in build/native and in .venv/native (scripts/wheel --here).
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import accumulate, islice
from pathlib import Path
from statistics import median

from benchmarks.rate import COUNTED, PROFILE, RATE_PPS, READ, settings
from benchmarks.simpy_model import LENGTH, Books, simulate
from kbview.emulator.cost import Prices
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.hardware.cable import wire_ps
from kbview.emulator.traffic import gaps
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import scenarios

ROOT = Path(__file__).parents[1]
ROUNDS = 3
# Each runs for about a second: the start, 35 ms of kbview's and 15 of the peer's, weighs little.
FRAMES = {"pure": 200_000, "compiled": 1_000_000}
SIMPY_FRAMES = {"kernel": 50_000, READ: 50_000, "dpdk": 10_000}
# Ratios to SimPy: the aims, the promise of the compiled emulator, pure Python in docs/performance.md.
AIMS = {
    "pure": {"kernel": 5.0, READ: 5.0, "dpdk": 25.0},
    "compiled": {"kernel": 15.0, READ: 15.0, "dpdk": 100.0},
}
PROMISED = {"kernel": 8.0, READ: 8.0, "dpdk": 60.0}
STATED = {"kernel": 14.4, READ: 3.9, "dpdk": 81.9}
TOLERATED = 0.8  # the share of a stated ratio below which the benchmark fails
GROWTH = (10_000, 100_000, 1_000_000, 10_000_000)


def packages() -> dict[str, Path]:
    """Folders with the package: `pure`, and `compiled` where it was compiled from these sources."""
    found = {"pure": ROOT}
    for folder in (ROOT / "build" / "native", ROOT / ".venv" / "native"):
        if [*folder.glob("kbview/emulator/engine.*.so")]:
            found["compiled"] = folder
            break
    return found


def ours(package: Path, case: str, frames: int) -> dict[str, float]:
    """The measurement of a case in a new process."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "benchmarks.rate", case, str(frames)],
        env={**os.environ, "PYTHONPATH": f"{package}:{ROOT}"},
        check=True,
        capture_output=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def theirs(case: str, until_ps: int) -> Books:
    """The peer."""
    datapath, chosen = case.removesuffix("-read"), settings(case)
    frame_ps = wire_ps(LENGTH, chosen.link_gbps)
    times = islice(accumulate(gaps.poisson(RATE_PPS, 1, frame_ps)), SIMPY_FRAMES[case])
    return simulate(datapath, Prices(profile.load(PROFILE)), chosen, list(times), until_ps)


def differences(case: str) -> list[str]:
    """The counters in which the two models differ."""
    mine = ours(ROOT, case, SIMPY_FRAMES[case])
    peer = theirs(case, int(mine["end_ps"]))
    compared = [name for name in COUNTED if name in peer.totals]
    return [f"{name} {mine[name]:.0f} and {peer.totals[name]}" for name in compared
            if mine[name] != peer.totals[name]]  # fmt: skip


def simpy_rate(case: str, until_ps: int) -> float:
    """Thousand frames/s of the peer."""
    began = time.process_time()
    theirs(case, until_ps)
    return SIMPY_FRAMES[case] / (time.process_time() - began) / 1000


def rounds(case: str, frames: dict[str, int]) -> dict[str, list[float]]:
    """Thousand frames/s by contender, round by round in turn."""
    found: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for kind, package in packages().items():
            run = ours(package, case, frames[kind])
            found.setdefault(kind, []).append(run["frames"] / run["seconds"] / 1000)
        if case in SIMPY_FRAMES:
            end_ps = SIMPY_FRAMES[case] * 10**12 // RATE_PPS
            found.setdefault("SimPy", []).append(simpy_rate(case, end_ps))
    return found


def line(case: str, found: dict[str, list[float]]) -> str:
    """A line of the table."""
    parts = [f"{kind} {median(values):7.0f}" for kind, values in found.items()]
    for kind in ("pure", "compiled"):
        if kind in found and "SimPy" in found:
            ratios = sorted(a / b for a, b in zip(found[kind], found["SimPy"], strict=True))
            parts.append(f"{kind}/SimPy {median(ratios):.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")
    return f"  {case:<22} {'   '.join(parts)}"


def floor(case: str, kind: str) -> float:
    """The ratio to SimPy below which the benchmark fails."""
    return PROMISED[case] if kind == "compiled" else STATED[case] * TOLERATED


def against_aims(case: str, found: dict[str, list[float]]) -> tuple[list[str], list[str]]:
    """The ratios of a case that are below a floor, and the ratios that are below an aim alone."""
    failed: list[str] = []
    missed: list[str] = []
    for kind in AIMS if "SimPy" in found else ():
        if kind in found:
            ratio = max(found[kind]) / max(found["SimPy"])
            text = f"{case} {kind}: {ratio:.1f} times SimPy"
            if ratio < floor(case, kind):
                failed.append(f"{text}, at least {floor(case, kind):.3g} is promised")
            elif ratio < AIMS[kind][case]:
                missed.append(f"{text}, the aim is {AIMS[kind][case]:g}")
    return failed, missed


def cases() -> Iterator[str]:
    """The datapaths that take datagrams, then the bundled scenarios."""
    yield from ("kernel", READ, "dpdk")
    yield from (
        name for name, kind in DATAPATHS.items() if name not in SIMPY_FRAMES and kind.takes_datagrams
    )
    yield from scenarios()


def growth() -> int:
    """Time and memory as the number of frames grows."""
    for kind, package in packages().items():
        for frames in GROWTH if kind == "compiled" else GROWTH[:-1]:
            run = ours(package, "kernel", frames)
            spent, peak = run["seconds"] / frames * 1e6, run["peak"] / 1e6
            print(
                f"  {kind:<9} {frames:>10,} frames  {spent:6.2f} us a frame  {peak:6.1f} MB", flush=True
            )
    return 0


def main(words: list[str] | None = None) -> int:
    """Print the table; 1 if a ratio is below its floor or a counter differs."""
    if words == ["growth"]:
        return growth()
    faults = [f"{case}: {text}" for case in SIMPY_FRAMES for text in differences(case)]
    print(f"counters of kbview and SimPy differ: {'; '.join(faults) or 'none'}")
    print(f"thousand frames/s of CPU, {RATE_PPS} frames/s offered to datapaths; medians of {ROUNDS}")
    aims: list[str] = []
    for case in words or cases():
        few = {kind: count // (1 if case in SIMPY_FRAMES else 20) for kind, count in FRAMES.items()}
        found = rounds(case, few)
        failed, missed = against_aims(case, found)
        faults += failed
        aims += missed
        print(line(case, found), flush=True)
    for text in (*aims, *faults):
        print(text)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
