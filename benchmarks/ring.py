"""The ring reader beside a plain socket, at the same rate of 64-byte frames on a veth pair. Needs root.

python -m benchmarks.ring [FRAMES_A_SECOND]

The sender is bounded in rate and time. CPU is that of the reading process alone: what the kernel does
to bring a frame to the tap is paid in the sender's softirq and the same for all.
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from typing import NamedTuple

from kbview.sources.linux import child_process
from kbview.sources.linux.mmsg import Batch
from kbview.sources.linux.testbed import Testbed
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.detail import Detail
from kbview.tape.meter import Sample
from kbview.tape.tape import Tape

RATE, MOST_RATE = 400_000, 500_000
SECONDS = 4.0
FRAME = bytes.fromhex("026b62760002026b6276000188b5").ljust(60, b"\0")  # an experimental ethertype
BATCH = 64
MOST_CPU = 0.5
NEVER_PS = 1 << 62


class Outcome(NamedTuple):
    """What a reader got, what it lost, and the CPU time it took for that."""

    seen: int
    lost: int
    cpu_s: float
    wall_s: float


def send(link: str, rate: int, seconds: float) -> None:
    """Frames at a rate, for a while; whoever is late sends no more than a batch at once."""
    batch = Batch(BATCH, len(FRAME))
    batch.buffer[:] = FRAME * BATCH
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sender:
        sender.bind((link, 0))
        began_s, sent = time.monotonic(), 0
        while (passed_s := time.monotonic() - began_s) < seconds:
            due = int(passed_s * rate) - sent
            if due < BATCH:
                time.sleep((BATCH - due) / rate)
                continue
            sent += batch.send(sender.fileno(), BATCH)
    print(sent)


def plain(bed: Testbed, done: Callable[[], bool]) -> Outcome:
    """One recv_into a frame, as one would write it first."""
    with bed.b.namespace.entered():
        tap = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    tap.bind((bed.b.link, 3))
    tap.setsockopt(socket.SOL_SOCKET, 33, 16 << 20)  # SO_RCVBUFFORCE: as much memory as the ring
    tap.settimeout(0.1)
    buffer, seen = bytearray(2048), 0
    began_s, cpu_s = time.monotonic(), time.process_time()
    with tap:
        while not done():
            try:
                for _ in range(1000):
                    tap.recv_into(buffer)
                    seen += 1
            except TimeoutError:
                continue
        spent_s = time.process_time() - cpu_s
        told = tap.getsockopt(263, 6, 8)  # PACKET_STATISTICS
    return Outcome(seen, int.from_bytes(told[4:8], sys.byteorder), spent_s, time.monotonic() - began_s)


def ring(detail: Detail, share: float) -> Callable[[Testbed, Callable[[], bool]], Outcome]:
    """The source, pumped ten times a second as by the screen."""

    def read(bed: Testbed, done: Callable[[], bool]) -> Outcome:
        with bed.b.namespace.entered():
            source = resolve(f"live:{bed.b.link}", Choice(overrides=(("share", str(share)),)))
        source.set_detail(detail)
        tape = Tape(capacity=1000)
        source.pump(tape, 0)
        began_s, cpu_s = time.monotonic(), time.process_time()
        while not done():
            time.sleep(0.1)
            source.pump(tape, NEVER_PS, budget_s=0)
        spent_s, wall_s = time.process_time() - cpu_s, time.monotonic() - began_s
        time.sleep(0.1)
        source.pump(tape, NEVER_PS, budget_s=0)
        source.close()
        last = next(each for each in reversed(list(tape.read(tape.start))) if isinstance(each, Sample))
        return Outcome(last.meters.delivered, last.meters.dropped, spent_s, wall_s)

    return read


READERS: dict[str, Callable[[Testbed, Callable[[], bool]], Outcome]] = {
    "plain socket, recv_into": plain,
    "ring, descriptors only": ring(Detail.METERS, 0.0),
    "ring, meters": ring(Detail.METERS, 0.25),
    "ring, every step told within its share": ring(Detail.STEPS, 0.25),
}


def measure(name: str, rate: int) -> tuple[int, Outcome]:
    """One reader, on a testbed of its own; how many frames were sent, and what came of it."""
    with Testbed() as bed:
        program = [sys.executable, "-m", __name__.replace("__main__", "benchmarks.ring")]
        words = [*program, "--send", bed.a.link, str(rate), str(SECONDS)]
        started: list[float] = []

        def done() -> bool:
            """Half a second beyond the sender's end."""
            if not started:
                sender.append(
                    child_process.start(bed.a.namespace, words, stdout=subprocess.PIPE, cwd=os.getcwd())
                )
                started.append(time.monotonic())
            if sender[0].poll() is None:
                started[0] = time.monotonic()
            return time.monotonic() - started[0] > 0.5

        sender: list[subprocess.Popen[bytes]] = []
        outcome = READERS[name](bed, done)
        sent = int(sender[0].communicate()[0])
    return sent, outcome


def main(words: list[str]) -> int:
    """A line a reader; 1 if the ring lost frames or took more than half a core."""
    if os.geteuid() != 0:
        print("ring: needs root; skipped")
        return 0
    rate = min(int(words[0]), MOST_RATE) if words else RATE
    failed = 0
    print(f"64-byte frames on a veth pair, {rate:,}/s asked for")
    base = 0.0
    for name in READERS:
        sent, outcome = measure(name, rate)
        each_ns = outcome.cpu_s / max(1, outcome.seen) * 1e9
        base = base or each_ns
        cpu = outcome.cpu_s / SECONDS
        print(
            f"  {name:<40} {sent / SECONDS:>9,.0f}/s sent  {outcome.lost:>8,} lost"
            f"  {cpu:>6.1%} of a core  {each_ns:>6.0f} ns a frame  {each_ns / base:>5.2f} of plain"
        )
        ours = name != "plain socket, recv_into"
        failed |= ours and (outcome.lost > 0 or cpu > MOST_CPU)
    return int(failed)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--send"]:
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
    else:
        sys.exit(main(sys.argv[1:]))
