"""The cost of watching: requests for a second of CPU, with and without `trace:lo`. Needs root.

python -m benchmarks.watching [ROUNDS]

The workload is redis-benchmark's GET over loopback where redis is installed, else one request and
response after the other between two processes of our own. Each round does the same requests once for
each way of watching. The CPU time is that of client and server, softirqs in their calls included: it
does not depend on other programs of the machine as the time on the clock does. kbview's own CPU time
stands beside it.
"""

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

PORT = 7411
REQUESTS = 60_000
ROUNDS = 5
MOST_LOST = {"counts": 0.05, "stories": 0.15}  # share of the requests for a second of CPU
WAYS = {"nothing": None, "counts": "stories=off", "stories": "stories=on"}
_TICKS = os.sysconf("SC_CLK_TCK")
_SERVER = """
import socket
listening = socket.create_server(("127.0.0.1", {port}))
print("up", flush=True)
while True:
    connection, _ = listening.accept()
    while connection.recv(64):
        connection.send(b"answer")
"""
_CLIENT = """
import socket
connection = socket.create_connection(("127.0.0.1", {port}))
for _ in range({requests}):
    connection.send(b"request")
    connection.recv(64)
"""
Ask = Callable[[], None]


def _cpu_s(pid: int) -> float:
    """CPU time of a process so far, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _listening(seconds: float = 10.0) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", PORT), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server does not listen")


@contextmanager
def workload() -> Iterator[tuple[str, int, Ask]]:
    """A server that runs: the workload's name, the server's pid, and the asking of all requests."""
    redis = shutil.which("redis-server"), shutil.which("redis-benchmark")
    if all(redis):
        name = "redis-benchmark GET, 10 connections"
        server = [str(redis[0]), "--port", str(PORT), "--save", "", "--appendonly", "no"]
        asking = [str(redis[1]), "-p", str(PORT), "-t", "get", "-c", "10", "-n", str(REQUESTS), "-q"]
    else:
        name = "one request after the other, Python"
        server = [sys.executable, "-c", _SERVER.format(port=PORT)]
        asking = [sys.executable, "-c", _CLIENT.format(port=PORT, requests=REQUESTS)]
    with subprocess.Popen(server, stdout=subprocess.DEVNULL, cwd="/") as process:
        try:
            _listening()
            quiet = subprocess.DEVNULL

            def ask() -> None:
                subprocess.run(asking, check=True, stdout=quiet)

            yield name, process.pid, ask
        finally:
            process.terminate()


def asked(pid: int, ask: Ask) -> float:
    """Requests for a second of CPU of client and server."""
    before = _cpu_s(pid), resource.getrusage(resource.RUSAGE_CHILDREN)
    ask()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    client_s = after.ru_utime + after.ru_stime - before[1].ru_utime - before[1].ru_stime
    return REQUESTS / (_cpu_s(pid) - before[0] + client_s)


@contextmanager
def watched(setting: str | None) -> Iterator[list[float]]:
    """kbview at `trace:lo` meanwhile; its CPU time at the end, seconds, in the list."""
    spent: list[float] = []
    if setting is None:
        yield spent
        return
    words = [sys.executable, "-m", "kbview", "run", "trace:lo", "--set", setting, "--until", "600s"]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            time.sleep(2.0)  # it opens its descriptors
            began_s = _cpu_s(process.pid)
            yield spent
            spent.append(_cpu_s(process.pid) - began_s)
        finally:
            process.terminate()


def main(words: list[str] | None = None) -> int:
    """A line a way of watching; 1 if one costs more than it may."""
    if os.geteuid() != 0:
        print("watching: needs root; skipped")
        return 0
    rounds = int(words[0]) if words else ROUNDS
    found: dict[str, list[float]] = {way: [] for way in WAYS}
    own: dict[str, list[float]] = {way: [] for way in WAYS}
    with ExitStack() as stack:
        name, pid, ask = stack.enter_context(workload())
        asked(pid, ask)  # the first is slower
        for _ in range(rounds):
            for way, setting in WAYS.items():
                with watched(setting) as spent:
                    began_s = time.monotonic()
                    found[way].append(asked(pid, ask))
                    passed_s = time.monotonic() - began_s
                own[way] += [each / passed_s for each in spent]
    print(f"{name}: requests for a second of CPU of client and server, medians of {rounds} rounds")
    failed = 0
    for way, each in found.items():
        kept = statistics.median(one / none for one, none in zip(each, found["nothing"], strict=True))
        kbview = f"  kbview itself {statistics.median(own[way]):.0%} of a core" if own[way] else ""
        print(f"  {way:<8} {statistics.median(each):>9,.0f}  {kept:>6.1%} of nothing{kbview}")
        failed |= 1 - kept > MOST_LOST.get(way, 1.0)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
