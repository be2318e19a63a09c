"""testpmd: DPDK's own test application, run as a receiver and asked for its counters.

It is driven at its prompt. What it says comes through a pseudo-terminal, for into a pipe it would
write only when 4 KB have gathered. Its files are in a folder of ours, so none are left in /run/dpdk.
DPDK: Testpmd Application User Guide; app/test-pmd/testpmd.c fwd_stats_display().
"""

import os
import re
import select
import shutil
import subprocess
import time
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from kbview.sources.linux import child_process

PROGRAM = "dpdk-testpmd"
_LOCKS = Path("/run/xdp")  # libxdp makes it for its lock, and leaves it empty
_PROMPT = b"testpmd> "
_START_S, _ANSWER_S, _END_S = 10.0, 1.0, 3.0
_MEMORY_MB, _MBUFS = 128, 4096
_PORT = re.compile(rb"RX-packets: (\d+)\s+RX-missed: (\d+)\s+RX-bytes:\s+(\d+)")
_NO_MBUF = re.compile(rb"RX-nombuf:\s+(\d+)")
_BURSTS = re.compile(rb"RX-bursts : (\d+) \[(?:(\d+)% of 0 pkts)?")
_CYCLES = re.compile(rb"total cycles=(\d+).*at (\d+) MHz")


class TestpmdCounters(msgspec.Struct, frozen=True):
    """Since it began to receive. `bursts` are calls of rx_burst; those that found nothing are known
    to a hundredth of them. `useful_ns` is the time of the others."""

    frames: int = 0
    bytes: int = 0
    missed: int = 0
    no_mbuf: int = 0
    bursts: int = 0
    empty_bursts: int = 0
    useful_ns: int = 0


class Testpmd:
    """Receiving from the moment it is made until `close`. OSError when it does not start."""

    __test__ = False  # its name is no test's

    def __init__(self, vdev: str, cpus: tuple[int, int], folder: Path) -> None:
        self._folder = folder
        self._locked_before = _LOCKS.exists()
        self._terminal, slave = os.openpty()
        tty.setraw(slave)
        folder.mkdir(mode=0o700, exist_ok=True)
        self.process = subprocess.Popen(  # noqa: S603
            [*child_process.tied(os.getpid()), *_words(vdev, cpus)],
            stdin=subprocess.PIPE,
            stdout=slave,
            stderr=slave,
            env={**os.environ, "RUNTIME_DIRECTORY": str(folder), "LIBXDP_SKIP_DISPATCHER": "1"},
        )
        os.close(slave)
        try:
            self._answer(_START_S)
            self.ask("start")
        except BaseException:
            self.close()
            raise

    def ask(self, command: str) -> bytes:
        """What it says to a command. OSError if it has ended or does not answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        return self._answer(_ANSWER_S)

    def _answer(self, patience_s: float) -> bytes:
        """Everything up to the next prompt."""
        said = b""
        deadline = time.monotonic() + patience_s
        while not said.endswith(_PROMPT):
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not select.select([self._terminal], [], [], left_s)[0]:
                raise OSError(f"{PROGRAM} does not answer")
            with suppress(OSError):  # EIO: it has ended
                if piece := os.read(self._terminal, 1 << 16):
                    said += piece
                    continue
            raise OSError(f"{PROGRAM} ended: {_reason(said)}")
        return said

    def counters(self) -> TestpmdCounters:
        """Its counters now."""
        port = self.ask("show port stats 0")
        forwarded = self.ask("show fwd stats all")
        frames, missed, length = _numbers(_PORT, port, 3)
        (no_mbuf,) = _numbers(_NO_MBUF, port, 1)
        bursts, percent = _numbers(_BURSTS, forwarded, 2)
        empty = max(bursts * percent // 100, bursts - frames)  # who found something found a frame
        cycles, megahertz = _numbers(_CYCLES, forwarded, 2)
        useful_ns = cycles * 1000 // megahertz if megahertz else 0
        return TestpmdCounters(frames, length, missed, no_mbuf, bursts, empty, useful_ns)

    def usage(self) -> tuple[int, int, int, int]:
        """CPU time in user and kernel mode (ns), voluntary and involuntary switches; all threads.

        Errors: OSError if it has ended.
        """
        try:
            process = psutil.Process(self.process.pid)
            times = process.cpu_times()
            threads = [psutil.Process(thread.id) for thread in process.threads()]
            switches = [thread.num_ctx_switches() for thread in threads]
        except psutil.Error as error:
            raise OSError(f"{PROGRAM} ended: {error}") from error
        voluntary, involuntary = map(sum, zip(*switches, strict=True))
        return round(times.user * 1e9), round(times.system * 1e9), voluntary, involuntary

    def close(self) -> None:
        """End it by its pid, politely: it takes its XDP program off the link."""
        child_process.stop(self.process, _END_S)
        os.close(self._terminal)
        shutil.rmtree(self._folder, ignore_errors=True)
        if not self._locked_before:
            with suppress(OSError):  # somebody else uses it by now
                _LOCKS.rmdir()


def installed() -> bool:
    """Whether it can be found."""
    return shutil.which(PROGRAM) is not None


def _words(vdev: str, cpus: tuple[int, int]) -> Iterator[str]:
    """`cpus`: where its main thread idles, and where it polls."""
    yield from (PROGRAM, "--no-huge", "-m", str(_MEMORY_MB), "--no-pci", "--no-telemetry")
    yield from (f"--lcores=0@{cpus[0]},1@{cpus[1]}", "--file-prefix=kbview", f"--vdev={vdev}")
    yield from ("--", "-i", "--forward-mode=rxonly", f"--total-num-mbufs={_MBUFS}")
    yield from ("--no-lsc-interrupt", "--record-core-cycles", "--record-burst-stats")


def _numbers(pattern: "re.Pattern[bytes]", text: bytes, count: int) -> tuple[int, ...]:
    found = pattern.search(text)
    return tuple(int(each or 0) for each in found.groups()) if found else (0,) * count


def _reason(said: bytes) -> str:
    """The line that says why, as far as there is one."""
    lines = [line.strip() for line in said.decode(errors="replace").splitlines() if line.strip()]
    causes = [line for line in lines if "Cause:" in line or "rror" in line]
    return (causes or lines or ["it said nothing"])[-1]
