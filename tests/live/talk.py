"""Small programs that send and receive in the lab, each in a process of its own."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from kbview.sources.linux import child_process
from kbview.sources.linux.veth import End

# A datagram reader: blocks in recv(); the limits of its buffer and of its patience are arguments.
READ_UDP = """
import socket, sys, time
port, rcvbuf, sleep_s = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
if rcvbuf:
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
s.bind(("", port))
print("up", flush=True)
time.sleep(sleep_s)
while True:
    s.recv(2048)
"""
# The same with epoll: asks which socket is ready, then reads it once.
POLL_UDP = """
import select, socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", int(sys.argv[1])))
waiting = select.epoll()
waiting.register(s, select.EPOLLIN)
print("up", flush=True)
while True:
    for _ in waiting.poll():
        s.recv(2048)
"""
# Sends count datagrams of a length, so many seconds apart.
SEND_UDP = """
import socket, sys, time
address, port, count, length, apart_s = sys.argv[1], *map(int, sys.argv[2:5]), float(sys.argv[5])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for n in range(count):
    s.sendto(bytes(length), (address, port))
    if apart_s:
        time.sleep(apart_s)
"""
# Answers every request of a connection with as many bytes as it is told.
SERVE_TCP = """
import socket, sys
answer = int(sys.argv[2])
s = socket.create_server(("", int(sys.argv[1])))
print("up", flush=True)
while True:
    connection, _ = s.accept()
    while connection.recv(65536):
        connection.sendall(bytes(answer))
    connection.close()
"""
# One connection, count requests one after the other, each of so many bytes for so many.
ASK_TCP = """
import socket, sys, time
address, port, count, request, answer = sys.argv[1], *map(int, sys.argv[2:6])
s = socket.create_connection((address, port))
for n in range(count):
    s.sendall(bytes(request))
    left = answer
    while left:
        left -= len(s.recv(left))
    time.sleep(0.005)
s.close()
time.sleep(0.05)
"""
# A datagram whose UDP checksum is wrong, through a raw socket, which leaves it as it is.
SEND_BROKEN = """
import socket, struct, sys
address, port, length = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
s.sendto(struct.pack("!HHHH", 40000, port, 8 + length, 0x1234) + bytes(length), (address, 0))
"""


@contextmanager
def running(end: End, program: str, *words: object) -> Iterator[int]:
    """A program that says "up" when it is ready; gives its pid, and ends it."""
    process = child_process.start(
        end.namespace, [sys.executable, "-c", program, *map(str, words)], stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield process.pid
    finally:
        child_process.stop(process)


def run(end: End, program: str, *words: object) -> None:
    """Run a program to its end."""
    process = child_process.start(end.namespace, [sys.executable, "-c", program, *map(str, words)])
    try:
        assert process.wait(60) == 0
    finally:
        child_process.stop(process)


def asleep(pid: int, seconds: float = 30.0) -> None:
    """Wait until a task has left its core and stays in a call: /proc/PID/syscall is sure of it.

    The state in /proc/PID/stat is not: it is set before the core is given up.
    """
    end, before = time.monotonic() + seconds, ""
    while time.monotonic() < end:
        call = Path(f"/proc/{pid}/syscall").read_text(encoding="ascii")
        if call == before and call[0].isdigit():
            return
        before = call
        time.sleep(0.005)
    raise AssertionError(f"task {pid} does not go to sleep")
