"""Do `trace:`, `live:` and `counters` agree with the kernel's own tools? Needs root, redis and iperf3.

python -m benchmarks.agreement [WORKLOAD...]

Each workload of benchmarks/loads.py runs at each load over loopback and over a veth pair, in network
namespaces that hold no other traffic. A source watches from before the first packet until after the
last. A line is one run: packets and lost packets by the kernel and by kbview, and the largest
difference of a quantity as a share of the packets that arrived. /proc/net/dev gives packets and bytes,
nstat the delivered and the lost packets, ss the packets lost at sockets. The exit code is 1 if a
difference is above 2 %. A quantity that the source calls unknown is named, and has no difference.
"""

import os
import shutil
import sys
import time
from contextlib import ExitStack, closing

from benchmarks.kernel_totals import KernelTotals
from benchmarks.loads import LOADS, Load, running, served
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.meter import Meters, Sample
from kbview.tape.tape import Tape

SOURCES = ("trace", "live", "counters")
MOST = 0.02
TOOLS = ("nstat", "ss")
_STEP_S, _CALM_S = 0.1, 1.2  # between two looks; after the last packet
_NOW_PS = 1 << 62
# Segments that came twice: tcp_validate_incoming() frees them, and no counter tells it but TcpInSegs.
_TWICE = ("tcp/TCP_OLD_DATA", "tcp/TCP_OLD_SEQUENCE")
_COMPARED = ("arrived", "arrived_bytes", "delivered", "dropped")


def lacking(load: Load) -> str:
    """The first program that a run needs and this machine lacks; "" if it has all."""
    return next((name for name in (*TOOLS, *load.programs) if shutil.which(name) is None), "")


def watched(load: Load, name: str, *, loopback: bool) -> tuple[Meters, KernelTotals]:
    """A source's meters after a load, and the kernel's totals. `unknown` has all that is not known."""
    with ExitStack() as held:
        bed = held.enter_context(Testbed())
        link, address = ("lo", "127.0.0.1") if loopback else (bed.b.link, bed.b.address)
        held.enter_context(served(load, address, bed.b.namespace))
        held.enter_context(bed.b.namespace.entered())
        word = name if name == "counters" else f"{name}:{link}"
        source = held.enter_context(closing(resolve(word, Choice())))
        tape = Tape()
        source.pump(tape, 0)
        before = KernelTotals.read(link)
        clients = bed.b.namespace if loopback else bed.a.namespace
        with running(load.words(load.client, address), clients) as client:
            while client.poll() is None:
                source.pump(tape, _NOW_PS, budget_s=0)
                time.sleep(_STEP_S)
        end_s = time.monotonic() + _CALM_S
        while time.monotonic() < end_s:
            source.pump(tape, _NOW_PS, budget_s=0)
            time.sleep(_STEP_S)
        after = KernelTotals.read(link)
        meters = [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters
        known = source.capabilities.now(meters).meters
    meters.unknown = tuple(quantity for quantity in _COMPARED if quantity not in known)
    return meters, after.since(before)


def differences(meters: Meters, kernel: KernelTotals) -> dict[str, float]:
    """By quantity, kbview's number less the kernel's as a share of what arrived; not of the unknown."""
    packets, octets = max(kernel.packets, 1), max(kernel.bytes, 1)
    at_sockets = sum(count for key, count in meters.drops.items() if key.startswith("socket/"))
    twice = sum(meters.drops.get(key, 0) for key in _TWICE)
    found = {
        "arrived": (meters.arrived - kernel.packets) / packets,
        "arrived_bytes": (meters.arrived_bytes - kernel.bytes) / octets,
        "delivered": (meters.delivered + twice - kernel.delivered) / packets,
        "dropped": (meters.dropped - twice - kernel.dropped) / packets,
        "at sockets": (at_sockets - kernel.socket_drops) / packets,
    }
    if "dropped" in meters.unknown:
        del found["at sockets"]
    return {name: share for name, share in found.items() if name not in meters.unknown}


def _told(meters: Meters, kernel: KernelTotals, found: dict[str, float]) -> str:
    name, most = max(found.items(), key=lambda item: abs(item[1]))
    unknown = f"; unknown: {', '.join(meters.unknown)}" if meters.unknown else ""
    return (
        f"{kernel.packets:>10,} {meters.arrived:>10,} {kernel.dropped:>9,} {meters.dropped:>9,}  "
        f"{most:>+8.3%} {name}{unknown}"
    )


def main(words: list[str] | None = None) -> int:
    """The table of the named workloads, or of all."""
    if os.geteuid() != 0:
        print("agreement: needs root; skipped")
        return 0
    print(f"{'':<44}{'packets':>10} {'kbview':>10} {'lost':>9} {'kbview':>9}  largest difference")
    failed = False
    for load in LOADS:
        if words and load.workload not in words:
            continue
        if name := lacking(load):
            print(f"{load.workload} {load.load}: skipped, {name} is not installed")
            continue
        for place in ("lo", "veth"):
            for name in SOURCES:
                meters, kernel = watched(load, name, loopback=place == "lo")
                found = differences(meters, kernel)
                line = f"{load.workload} {load.load}"
                print(f"{line:<29} {place:<4} {name:<9} {_told(meters, kernel, found)}", flush=True)
                failed |= any(abs(share) > MOST for share in found.values())
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
