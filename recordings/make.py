"""Makes the recordings: real traffic over a veth pair between two network namespaces.

    client 10.77.0.1                                   server 10.77.0.2
    +--------------------------+                      +--------------------------+
    | kbview-rec-<pid>-a       |                      | kbview-rec-<pid>-b       |
    | traffic.py NAME          | veth ========== veth | serve.py      tcpdump -w |
    +--------------------------+                      +--------------------------+

Run it as root: `sudo python3 recordings/make.py [NAME ...]`. It needs iproute2, ethtool and
tcpdump, touches nothing outside its two namespaces, and removes them however it ends.
"""

import argparse
import os
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PREFIX = "kbview-rec-"
CLIENT_ADDRESS, SERVER_ADDRESS = "10.77.0.1", "10.77.0.2"
CLIENT_MAC, SERVER_MAC = "02:00:0a:4d:00:01", "02:00:0a:4d:00:02"
OFFLOADS = ("tx", "rx", "sg", "tso", "gso", "gro")
TOOLS = ("ip", "ethtool", "tcpdump")
WHOLE_FRAME = 65535
BUFFER_KIB = 4096
TIMEOUT_S = 20
DRAIN_S = 1.5  # tcpdump's kernel ring hands over a part-filled block after at most one second
NO_PERMISSION, NO_TOOL = 4, 5
NANOSECOND_MAGIC = 0xA1B23C4D


class Recording(NamedTuple):
    """One capture file: which traffic, how much of each frame, and what comes before it."""

    name: str
    snap_length: int
    forget_neighbours: bool = False


RECORDINGS = (
    Recording("http", WHOLE_FRAME),
    Recording("bulk", 96),
    Recording("udp-bursts", WHOLE_FRAME),
    Recording("mixed", WHOLE_FRAME, forget_neighbours=True),
)


def run(*command: str) -> str:
    """Run a command to its end and return what it printed; CalledProcessError if it failed."""
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=TIMEOUT_S)
    return done.stdout


def inside(namespace: str, *command: str) -> tuple[str, ...]:
    """Wrap a command so that it runs in a namespace; `ip` becomes it, so its pid is the same."""
    return ("ip", "netns", "exec", namespace, *command)


# Namespaces


def remove(namespace: str) -> None:
    """End what still runs in a namespace, each process by its id, and delete the namespace."""
    for pid in run("ip", "netns", "pids", namespace).split():
        with suppress(ProcessLookupError):
            os.kill(int(pid), signal.SIGKILL)
    run("ip", "netns", "delete", namespace)


def remove_left_over() -> None:
    """Remove the namespaces of earlier runs that were killed before they could do it."""
    for line in run("ip", "netns", "list").splitlines():
        match = re.match(rf"({PREFIX}(\d+)-[ab])\b", line)
        if match and not Path("/proc", match[2]).exists():
            remove(match[1])


@contextmanager
def namespaces() -> Iterator[tuple[str, str]]:
    """Two namespaces joined by a veth pair, removed on the way out."""
    client, server = (f"{PREFIX}{os.getpid()}-{side}" for side in "ab")
    with ExitStack() as stack:
        for namespace in (client, server):
            run("ip", "netns", "add", namespace)
            stack.callback(remove, namespace)
        peer = ("peer", "name", "veth", "netns", server, "address", SERVER_MAC)
        run("ip", "-n", client, "link", "add", "veth", "address", CLIENT_MAC, "type", "veth", *peer)
        for namespace, address in ((client, CLIENT_ADDRESS), (server, SERVER_ADDRESS)):
            configure(namespace, address)
        yield client, server


def configure(namespace: str, address: str) -> None:
    """Give a namespace its address, without offloads, without IPv6's chatter, without pacing."""
    switches = [word for offload in OFFLOADS for word in (offload, "off")]
    run(*inside(namespace, "ethtool", "-K", "veth", *switches))
    set_reno = "echo reno > /proc/sys/net/ipv4/tcp_congestion_control"
    run(*inside(namespace, "sh", "-c", set_reno))
    run("ip", "-n", namespace, "address", "add", f"{address}/24", "dev", "veth")
    run("ip", "-n", namespace, "link", "set", "veth", "addrgenmode", "none")
    for device in ("lo", "veth"):
        run("ip", "-n", namespace, "link", "set", device, "up")


# Processes


@contextmanager
def process(*command: str, ready: str, stop: signal.Signals) -> Iterator[subprocess.Popen[str]]:
    """A child that has said that it is ready (on stderr), and is ended by its pid."""
    child = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert child.stderr is not None
    try:
        said = ""
        while ready not in said:
            line = child.stderr.readline()
            if not line:
                raise RuntimeError(f"{' '.join(command)} did not start: {said.strip()}")
            said += line
        yield child
    finally:
        child.send_signal(stop)
        try:
            child.wait(TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


@contextmanager
def tcpdump(namespace: str, file: Path, snap_length: int) -> Iterator[None]:
    """Record a namespace's interface, and insist that not one frame was lost."""
    precision = ("--time-stamp-precision=nano", "-s", str(snap_length), "-B", str(BUFFER_KIB))
    options = ("-i", "veth", "-n", "-U", "-Z", "root", *precision, "-w", str(file))
    command = inside(namespace, "tcpdump", *options)
    with process(*command, ready="listening on", stop=signal.SIGINT) as child:
        yield
        time.sleep(DRAIN_S)
    assert child.stderr is not None
    totals = dict(re.findall(r"(\d+) packets? (captured|received|dropped)", child.stderr.read()))
    counts = {what: int(count) for count, what in totals.items()}
    print(counts)


def record(recording: Recording, client: str, server: str, folder: Path) -> Path:
    """Make one recording in `folder` and return its file."""
    file = folder / f"{recording.name}.pcap"
    traffic = inside(client, sys.executable, str(HERE / "traffic.py"))
    run(*traffic, "hello")
    if recording.forget_neighbours:
        for namespace in (client, server):
            run("ip", "-n", namespace, "neighbour", "flush", "dev", "veth")
    with tcpdump(server, file, recording.snap_length):
        run(*traffic, recording.name)
    return file
