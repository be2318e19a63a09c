"""Messages between the lab's processes: commands one way, readings the other, over pipes.

A message is a msgspec Struct in MessagePack, behind its length in four bytes.
"""

import os
import select
import struct
from collections.abc import Iterator

import msgspec

from kbview.sources.workers.load import Load
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.histogram import Histogram
from kbview.tape.meter import RingMeter, SocketMeter

_LENGTH = struct.Struct("=I")
_MOST = 1 << 16


class Begin(msgspec.Struct, tag=True):
    """To a receiver that is ready: open your way to the frames, and read."""


class Tell(msgspec.Struct, tag=True):
    """To a receiver: tell so much (within bounds), or only count."""

    detail: Detail


class Stop(msgspec.Struct, tag=True):
    """To a receiver: read what is there, give a last reading, and end."""


class Ready(msgspec.Struct, tag=True):
    """From a child: imports are done, nothing is open yet."""


class Failed(msgspec.Struct, tag=True):
    """From a child: it cannot go on. `text` is one line for a person."""

    text: str
    exit_code: int


class Sent(msgspec.Struct, tag=True):
    """From the sender. Totals since it began; `refused` frames found the link's ring full.

    `late` were due while the machine did something else, and were given up. `down`: the link is.
    """

    time_ns: int
    load: Load
    frames: int
    bytes: int
    refused: int
    late: int
    syscalls: int
    user_ns: int
    system_ns: int
    down: bool = False


# Events that a receiver may tell; times are CLOCK_MONOTONIC in picoseconds.
Told = (
    ev.FrameArrived
    | ev.FrameRecorded
    | ev.XdpRan
    | ev.Copied
    | ev.RingProduced
    | ev.RingConsumed
    | ev.BlockRetired
    | ev.BlockReleased
    | ev.SyscallEntered
    | ev.ModeSwitched
    | ev.PacketDelivered
)


class StackCounts(msgspec.Struct, array_like=True, frozen=True):
    """The kernel's counts of the link while a receiver was open. `skbs` reached the stack."""

    softirqs: int = 0
    polls: int = 0
    empty_polls: int = 0
    skbs: int = 0


class Reading(msgspec.Struct, tag=True):
    """From a receiver of this kind. Totals since it began, of its own process; levels as they are now.

    `came` counts the link's received frames. It is read last, so frames that came and are neither
    delivered nor dropped are under way. `copied_bytes` are the bytes that copies moved: the length
    that recv() returned, or the frame without FCS. `skbs` are sk_buffs that never reached the stack.
    `kernel` is zero where the kernel may not be asked. `polling_ns` is the time on the core of a
    receiver that never sleeps, where its split is known; `useful_ns` its part in polls that found
    frames. `latency` and `events` are new since the last reading; `untold` events were too many to
    tell.
    """

    time_ns: int
    kind: str
    mode: str
    came: int
    delivered: int
    bytes: int
    polls: int
    empty_polls: int
    syscalls: int
    copies: int
    copied_bytes: int
    skbs: int
    user_ns: int
    system_ns: int
    polling_ns: int
    useful_ns: int
    voluntary: int
    involuntary: int
    drops: dict[str, int]
    rings: list[RingMeter]
    sockets: dict[str, SocketMeter]
    latency: Histogram
    kernel: StackCounts = StackCounts()
    events: list[Told] = []
    untold: int = 0
    first: bool = False
    last: bool = False


Command = Begin | Tell | Stop | Load
Report = Ready | Failed | Sent | Reading
_COMMAND: msgspec.msgpack.Decoder[Command] = msgspec.msgpack.Decoder(Begin | Tell | Stop | Load)
_REPORT: msgspec.msgpack.Decoder[Report] = msgspec.msgpack.Decoder(Ready | Failed | Sent | Reading)


def decode_command(body: bytes) -> Command:
    """A command from its bytes; msgspec.DecodeError if it is none."""
    return _COMMAND.decode(body)


def decode_report(body: bytes) -> Report:
    """A report from its bytes; msgspec.DecodeError if it is none."""
    return _REPORT.decode(body)


class Inbox:
    """Messages from a pipe, as they come. `closed` once the other side has gone."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.closed = False
        self._kept = b""
        os.set_blocking(descriptor, False)

    def bodies(self, wait_s: float = 0.0) -> Iterator[bytes]:
        """Whole messages that are there, after waiting for up to `wait_s` for something to come."""
        if not self.closed and select.select([self.descriptor], [], [], wait_s)[0]:
            self._read()
        at = 0
        while len(self._kept) >= at + _LENGTH.size:
            end = at + _LENGTH.size + _LENGTH.unpack_from(self._kept, at)[0]
            if len(self._kept) < end:
                break
            yield self._kept[at + _LENGTH.size : end]
            at = end
        self._kept = self._kept[at:]

    def _read(self) -> None:
        try:
            while piece := os.read(self.descriptor, _MOST):
                self._kept += piece
        except BlockingIOError:
            return
        except OSError:
            pass
        self.closed = True


class Outbox:
    """Messages into a pipe, never waiting for the reader: a measurement must not be held up."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._rest = b""
        os.set_blocking(descriptor, False)

    def post(self, message: Command | Report) -> bool:
        """Write it, or as much as the pipe takes; False if an earlier one still blocks the way."""
        if not self.flush():
            return False
        body = msgspec.msgpack.encode(message)
        self._rest = _LENGTH.pack(len(body)) + body
        self.flush()
        return True

    def flush(self, wait_s: float = 0.0) -> bool:
        """Write the rest of an earlier message; whether all is written."""
        while self._rest:
            if not select.select([], [self._descriptor], [], wait_s)[1]:
                return False
            self._rest = self._rest[os.write(self._descriptor, self._rest) :]
        return True
