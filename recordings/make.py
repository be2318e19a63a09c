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
import time
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
PREFIX = "kbview-rec-"
CLIENT_ADDRESS, SERVER_ADDRESS = "10.77.0.1", "10.77.0.2"
CLIENT_MAC, SERVER_MAC = "02:00:0a:4d:00:01", "02:00:0a:4d:00:02"
OFFLOADS = ("tx", "rx", "sg", "tso", "gso", "gro")
PYTHON = (sys.executable, "-B")  # leaves no byte code behind
TOOLS = ("ip", "ethtool", "tcpdump")
WHOLE_FRAME = 65535
BUFFER_KIB = 4096
TIMEOUT_S = 20
DRAIN_S = 1.5  # tcpdump's kernel ring hands over a part-filled block after at most one second
NO_PERMISSION, NO_TOOL = 4, 5
NANOSECOND_MAGIC = 0xA1B23C4D
BUSY_NS = 100_000


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
    captured, received, dropped = map(int, re.findall(r"(\d+) packets? ", child.stderr.read()))
    if dropped or captured != received:
        raise RuntimeError(f"tcpdump kept {captured} of {received} frames and lost {dropped}")


# Recordings


def record(recording: Recording, client: str, server: str, output: Path) -> Path:
    """Make one recording; an older one is replaced only by a whole one."""
    partial = output / f"{recording.name}.partial.pcap"
    traffic = inside(client, *PYTHON, str(HERE / "traffic.py"))
    run(*traffic, "hello")
    if recording.forget_neighbours:
        for namespace in (client, server):
            run("ip", "-n", namespace, "neighbour", "flush", "dev", "veth")
    try:
        with tcpdump(server, partial, recording.snap_length):
            run(*traffic, recording.name)
        return partial.replace(output / f"{recording.name}.pcap")
    finally:
        partial.unlink(missing_ok=True)


def read_frames(file: Path) -> Iterator[tuple[int, bytes]]:
    """When each frame was seen, and what was kept of it."""
    data, offset = file.read_bytes(), 24
    if struct.unpack_from("=I", data)[0] != NANOSECOND_MAGIC:
        raise RuntimeError(f"{file} is not a nanosecond capture")
    while offset < len(data):
        seconds, nanoseconds, kept = struct.unpack_from("=3I", data, offset)
        yield seconds * 1_000_000_000 + nanoseconds, data[offset + 16 : offset + 16 + kept]
        offset += 16 + kept


def describe(file: Path) -> str:
    """The file's row in README.md, measured."""
    frames = list(read_frames(file))
    times_ns = [time_ns for time_ns, _ in frames]
    duration_ms = (max(times_ns) - min(times_ns)) / 1e6
    from_client = bytes.fromhex(CLIENT_MAC.replace(":", ""))
    arrivals_ns = sorted(time_ns for time_ns, frame in frames if frame[6:12] == from_client)
    busiest = max(
        bisect_left(arrivals_ns, time_ns + BUSY_NS) - number
        for number, time_ns in enumerate(arrivals_ns)
    )
    counts = (file.stat().st_size, len(frames), len(arrivals_ns), busiest)
    size, *columns = (f"{count:,}" for count in counts)
    return f"| `{file.name}` | {size} | {' | '.join(columns)} | {duration_ms:.1f} ms |"


def make(chosen: list[Recording], output: Path) -> None:
    """Make the chosen recordings, and print the table that README.md shows."""
    remove_left_over()
    with namespaces() as (client, server):
        serve = inside(server, *PYTHON, str(HERE / "serve.py"))
        with process(*serve, ready="ready", stop=signal.SIGTERM):
            print("| file | bytes | frames | arriving | in the busiest 100 µs | duration |")
            for recording in chosen:
                print(describe(record(recording, client, server, output)), flush=True)


def obstacle() -> tuple[int, str] | None:
    """Why nothing can be recorded here, if so: the exit code and what to do."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if missing:
        return NO_TOOL, f"not found: {', '.join(missing)}; install iproute2, ethtool and tcpdump"
    if os.geteuid() != 0:
        return NO_PERMISSION, "network namespaces need root: sudo python3 recordings/make.py"
    return None


def main() -> int:
    """Make the recordings named on the command line, or all of them."""
    names = [recording.name for recording in RECORDINGS]
    parser = argparse.ArgumentParser(description="Record real traffic over a veth pair.")
    parser.add_argument("name", nargs="*", help=f"which of {', '.join(names)} (default: all)")
    parser.add_argument("-o", "--output", type=Path, default=HERE, help="folder for the files")
    arguments = parser.parse_args()
    for name in set(arguments.name) - set(names):
        parser.error(f"no recording is called {name}; there are {', '.join(names)}")
    if reason := obstacle():
        print(f"make.py: {reason[1]}", file=sys.stderr)
        return reason[0]
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        make([one for one in RECORDINGS if one.name in (arguments.name or names)], arguments.output)
    except subprocess.CalledProcessError as error:
        print(f"make.py: {' '.join(error.cmd)}: {error.stderr.strip()}", file=sys.stderr)
        return 1
    except (RuntimeError, subprocess.TimeoutExpired) as error:
        print(f"make.py: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    return 0


if __name__ == "__main__":
    sys.exit(main())
