"""Workloads at several loads: redis-benchmark, iperf3, and a flood of datagrams of our own.

python -m benchmarks.loads sink ADDRESS PORT PAUSE_US         reads 32 datagrams, then sleeps so long
python -m benchmarks.loads flood ADDRESS PORT RATE SECONDS    a rate of 0 is as fast as it can
"""

import contextlib
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from kbview.sources.linux import child_process
from kbview.sources.linux.mmsg import Batch
from kbview.sources.linux.namespace import Namespace

PORT = 7411
_BATCH, _SIZE = 32, 64
_PATIENCE_S = 20.0
_ROOT = Path(__file__).parents[1]

_OURS = f"{shlex.quote(sys.executable)} -m benchmarks.loads "
SINK = _OURS + "sink {address} {port} "
FLOOD = _OURS + "flood {address} {port} "
REDIS = "redis-server --bind {address} --port {port} --protected-mode no --save '' --appendonly no"
ASK = "redis-benchmark -h {address} -p {port} -t get -q "
IPERF = "iperf3 --server --one-off --bind {address} --port {port}"
STREAM = "iperf3 --client {address} --port {port} "


class Load(NamedTuple):
    """A workload at a load: the client's and the server's words, with {address} and {port} in them.

    Without a server's words nobody listens.
    """

    workload: str
    load: str
    client: str
    server: str = ""

    def words(self, side: str, address: str) -> list[str]:
        """The words of a side, to be run."""
        return shlex.split(side.format(address=address, port=PORT))

    @property
    def programs(self) -> list[str]:
        """The programs of both sides."""
        return [shlex.split(side)[0] for side in (self.client, self.server) if side]


LOADS = (
    Load("redis", "1 client", ASK + "-c 1 -n 20000", REDIS),
    Load("redis", "50 clients", ASK + "-c 50 -n 100000", REDIS),
    Load("redis", "50 clients, 16 at once", ASK + "-c 50 -P 16 -n 400000", REDIS),
    Load("iperf3", "100 Mbit/s", STREAM + "--time 3 --bitrate 100M", IPERF),
    Load("iperf3", "1 Gbit/s", STREAM + "--time 3 --bitrate 1G", IPERF),
    Load("iperf3", "at will", STREAM + "--time 3 --bitrate 0", IPERF),
    Load("udp", "1,000/s, read", FLOOD + "1000 3", SINK + "0"),
    Load("udp", "20,000/s, read", FLOOD + "20000 3", SINK + "0"),
    Load("udp", "20,000/s, slow reader", FLOOD + "20000 3", SINK + "5000"),
    Load("udp", "at will, slow reader", FLOOD + "0 3", SINK + "5000"),
    Load("udp", "20,000/s, closed port", FLOOD + "20000 3"),
    Load("udp", "at will, closed port", FLOOD + "0 3"),
)


@contextmanager
def running(words: Sequence[str], namespace: Namespace) -> Iterator["subprocess.Popen[bytes]"]:
    """A program inside a namespace, silent, for as long as the block lasts."""
    quiet = subprocess.DEVNULL
    process = child_process.start(namespace, words, stdout=quiet, stderr=quiet, cwd=_ROOT)
    try:
        yield process
    finally:
        child_process.stop(process)


@contextmanager
def served(load: Load, address: str, namespace: Namespace) -> Iterator[None]:
    """The server of a load, which listens. TimeoutError if it does not in twenty seconds."""
    if not load.server:
        yield
        return
    with running(load.words(load.server, address), namespace):
        end_s = time.monotonic() + _PATIENCE_S
        while not _is_listening(namespace):
            if time.monotonic() > end_s:
                raise TimeoutError(f"{load.server}: does not listen")
            time.sleep(0.02)
        yield


def _is_listening(namespace: Namespace) -> bool:
    with namespace.entered():
        tables = [Path(f"/proc/thread-self/net/{name}").read_text("ascii") for name in ("tcp", "udp")]
    return any(f":{PORT:04X} 00000000:0000" in table for table in tables)


def sink(address: str, port: int, pause_us: int) -> None:
    """Read for ever."""
    batch = Batch(_BATCH, _SIZE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as reader:
        reader.bind((address, port))
        while True:
            batch.receive(reader.fileno(), _BATCH)
            if pause_us:
                time.sleep(pause_us / 1e6)


def flood(address: str, port: int, rate: int, seconds: int) -> None:
    """Send at a rate; what could not be sent in time is sent later, in one go."""
    batch = Batch(_BATCH, _SIZE)
    began_s, sent = time.monotonic(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect((address, port))
        while (passed_s := time.monotonic() - began_s) < seconds:
            if rate and sent >= rate * passed_s:
                time.sleep(0.0005)
                continue
            with contextlib.suppress(ConnectionRefusedError):  # the answer to an earlier datagram
                sent += batch.send(sender.fileno(), _BATCH)


def main(words: Sequence[str]) -> None:
    """Be one of both sides."""
    name, address, port, *numbers = words
    if name == "sink":
        sink(address, int(port), int(numbers[0]))
    else:
        flood(address, int(port), int(numbers[0]), int(numbers[1]))


if __name__ == "__main__":
    main(sys.argv[1:])
