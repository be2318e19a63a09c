"""One measurement of the emulator in a process of its own: `python -m benchmarks.rate CASE FRAMES`.

CASE is a datapath, `kernel-read` (a blocking read instead of epoll), or the name of a bundled scenario.
Prints one line of JSON: frames, CPU seconds, peak memory in bytes, the end in ps, and the counters.
"""

import json
import resource
import sys
import time
from pathlib import Path

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.scenario import SYNTHETIC_HOST, Scenario, Traffic
from kbview.emulator.settings import Settings
from kbview.sources.emulated import profile
from kbview.sources.emulated.scenario import scenarios

RATE_PPS = 1_000_000
PROFILE = "xdp18"
SLICE_PS = 5_000_000_000
READ = "kernel-read"
COUNTED = (
    "arrived", "delivered", "dropped", "missed", "interrupts", "softirqs", "polls", "empty_polls",
    "syscalls", "mode_switches", "context_switches", "copies", "copied_bytes", "delivered_bytes",
    "allocations", "frees", "wakeups",
)  # fmt: skip


def settings(case: str) -> Settings:
    """The settings of a case: the defaults, but for `kernel-read`."""
    return Settings(wait="read") if case == READ else Settings()


def traffic(frames: int) -> Traffic:
    """The traffic of every case that is no scenario."""
    return Traffic(pattern="poisson", rate_pps=RATE_PPS, frames=frames)


def emulation(case: str, frames: int) -> Emulation:
    """The emulation of a case, before its first action."""
    if case in DATAPATHS or case == READ:
        name = "kernel" if case == READ else case
        chunks = traffic(frames).chunks(seed=1)
        return Emulation(profile.load(PROFILE), settings(case), SYNTHETIC_HOST, chunks, name)
    scenario: Scenario = scenarios()[case]
    peer = scenario.peer()
    chunks = scenario.chunks() if peer is None else iter(())
    loaded = profile.load(scenario.profile)
    return Emulation(loaded, scenario.settings, SYNTHETIC_HOST, chunks, scenario.datapath, peer)


def measure(case: str, frames: int) -> dict[str, float]:
    """Run a case until its end, or until `frames` have arrived or left."""
    began = time.process_time()
    running = emulation(case, frames)
    whole = case in DATAPATHS or case == READ
    until_ps, meters = 0, running.sample().meters
    while not running.ended and max(meters.arrived, meters.sent) < frames:
        until_ps = NEVER_PS if whole else until_ps + SLICE_PS
        running.advance(until_ps)
        meters = running.sample().meters
    seconds = time.process_time() - began
    found: dict[str, float] = {name: getattr(meters, name) for name in COUNTED}
    peak = _peak()
    done = max(meters.arrived, meters.sent)
    return found | {"frames": done, "seconds": seconds, "peak": peak, "end_ps": running.now_ps}


def _peak() -> int:
    """The peak of this process, bytes. ru_maxrss counts the process that started it, too."""
    status = Path("/proc/self/status")
    if not status.exists():  # not Linux
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return int(status.read_text(encoding="ascii").partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1], int(sys.argv[2]))))
