"""A capture: a file or a pipe of packets, whatever its format, read once and in bounded memory."""

import os
import sys
from collections.abc import Iterator
from types import TracebackType
from typing import BinaryIO, Self, TypeVar

from kbview.packet import pcap, pcapng
from kbview.packet.clock import CaptureClock
from kbview.packet.decoder import FrameDecoder
from kbview.packet.filter.filter_verdict import FilterSubject, Verdict, decide
from kbview.packet.foreign import guess
from kbview.packet.frame import Frame
from kbview.packet.link import as_ethernet, can_read, refusal
from kbview.packet.reader import Reader
from kbview.packet.record import LONGEST_PACKET, PS_PER_SECOND, CaptureRecord, UnknownLinkTypeError
from kbview.packet.window import Window

_Item = TypeVar("_Item")


_ADVICE: dict[type[Exception], str] = {
    FileNotFoundError: "no such file; check the path",
    PermissionError: "no permission to read it; ask its owner, or use sudo",
    IsADirectoryError: "a directory; name a capture in it",
}


class CaptureError(Exception):
    """A capture that cannot be read. Its text is a line that names file, fault and remedy."""


class Capture:
    """Packets in their order. Close it, or use it as a context manager.

    With a filter's `verdict` it is as if the capture had no other packets.
    """

    def __init__(
        self, name: str, window: Window, reader: Reader, verdict: Verdict | None = None
    ) -> None:
        self.name = name
        self._verdict = verdict
        self._window = window
        self._reader = reader
        self._decoder = FrameDecoder(verify=False)

    @property
    def format(self) -> str:
        """Like `pcap` or `pcapng, gzipped`."""
        return self._reader.format + (", gzipped" if self._window.gzipped else "")

    @property
    def link_types(self) -> tuple[int, ...]:
        """The link types seen so far; a pcapng file may bring new ones at any time."""
        return self._reader.link_types

    @property
    def note(self) -> str:
        """Faults of the capture that were passed over, as far as it was read; "" if there are none."""
        remarks = []
        if self._reader.damage:
            remarks.append(f"{self._reader.damage}; replayed up to there")
        for link_type, count in self._reader.skipped.items():
            remarks.append(f"{_count(count, 'packet')} left out: {refusal(link_type)}")
        if oversized := self._decoder.oversized:
            remarks.append(
                f"{_count(oversized, 'packet')} said to be longer than {LONGEST_PACKET:,} bytes, "
                "taken as that long"
            )
        return "; ".join([*remarks, *_clock_remarks(self._decoder.clock)])

    def frames(self, verify: bool = True) -> Iterator[list[Frame]]:
        """Frames, at most 4096 at a time, timed from the first packet.

        `verify` checks the checksums of packets that were captured whole; lengths are always
        checked.
        """
        self._decoder = decoder = FrameDecoder(verify)
        if self._verdict is None:
            return self._guarded(self._reader.frames(decoder))
        return self._guarded(self._wanted_frames(decoder))

    def _wanted_frames(self, decoder: FrameDecoder) -> Iterator[list[Frame]]:
        """The frames of the packets that the filter takes, numbered without the others."""
        count = 0
        for batch in self._wanted_batches():
            frames = decoder.frames(batch, count)
            count += len(frames)
            if frames:
                yield frames

    def _wanted_batches(self) -> Iterator[list[CaptureRecord]]:
        verdict = self._verdict
        for batch in self._reader.batches():
            yield batch if verdict is None else [record for record in batch if _takes(verdict, record)]

    def records(self) -> Iterator[tuple[int, int, int, bytes]]:
        """For each packet its time in ps since 1970, original length, link type and bytes."""
        for batch in self._guarded(self._wanted_batches()):
            for time_ps, original_length, interface, data in batch:
                yield time_ps, original_length, interface.link_type, data

    def close(self) -> None:
        """Let go of the file."""
        self._window.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def _guarded(self, items: Iterator[_Item]) -> Iterator[_Item]:
        """The same items; a CaptureError of one line if reading fails."""
        reader = self._reader
        try:
            yield from items
            if reader.skipped and not reader.count:
                raise UnknownLinkTypeError(next(iter(reader.skipped)))
        except OSError as error:
            raise CaptureError(_unreadable(self.name, error)) from error
        except UnknownLinkTypeError as error:
            raise CaptureError(_unknown_link_type(self.name, error.link_type)) from error


def _takes(verdict: Verdict, record: CaptureRecord) -> bool:
    """Whether a filter takes a packet, as the Ethernet frame that it is shown as."""
    _, original, interface, data = record
    original = max(0, original - interface.fcs_length)
    data, longer = as_ethernet(interface.link_type, data[:original])
    return decide(verdict, FilterSubject(data, original + longer))


def open_capture(
    path: str | os.PathLike[str], stream: BinaryIO | None = None, verdict: Verdict | None = None
) -> Capture:
    """Open a file, or a pipe: `stream`, or standard input for "-". `verdict` is a filter's."""
    name = "standard input" if path == "-" else os.fspath(path) or "''"
    if stream is None:
        stream = sys.stdin.buffer if path == "-" else _open(name)
    try:
        window = Window(stream)
        return Capture(name, window, _reader(name, window), verdict)
    except OSError as error:
        stream.close()
        raise CaptureError(_unreadable(name, error)) from error
    except CaptureError:
        stream.close()
        raise


def _open(name: str) -> BinaryIO:
    try:
        return open(name, "rb", buffering=0)
    except (OSError, ValueError) as error:
        raise CaptureError(_unreadable(name, error)) from error


def _reader(name: str, window: Window) -> Reader:
    """The reader for the format at the window's begin."""
    complete = window.require(pcap.FILE_HEADER)
    data = window.data[window.begin : window.end]
    if window.damage:
        raise CaptureError(f"{name}: {window.damage}; fetch or capture it again")
    if not data:
        raise CaptureError(f"{name}: empty; capture again, as with tcpdump -w")
    if data.startswith(pcapng.MAGIC):
        return pcapng.PcapngReader(window)
    if data[:4] not in pcap.MAGICS:
        raise CaptureError(f"{name}: {guess(data)}")
    if not complete:
        raise CaptureError(f"{name}: cut in its file header; fetch or capture it again")
    reader = pcap.Pcap(window)
    if not can_read(reader.link_types[0]):
        raise CaptureError(_unknown_link_type(name, reader.link_types[0]))
    return reader


def _unknown_link_type(name: str, link_type: int) -> str:
    return f"{name}: {refusal(link_type)}; capture on an Ethernet interface, or on any"


def _clock_remarks(clock: CaptureClock) -> list[str]:
    """Changes that the clock made to the time stamps."""
    remarks = []
    if clock.early:
        remarks.append(f"{_count(clock.early, 'packet')} out of order, given the time before them")
    if clock.set_back:
        back_s = clock.set_back_ps / PS_PER_SECOND
        remarks.append(
            f"the clock was set back {_count(clock.set_back, 'time')}, by {back_s:,.3f} s in all; "
            "the packets after it keep their distances"
        )
    if clock.closed:
        days = clock.closed_ps / PS_PER_SECOND / 86_400
        remarks.append(
            f"{_count(clock.closed, 'jump')} of more than a day in time closed, {days:,.1f} days in all"
        )
    return remarks


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _unreadable(name: str, error: Exception) -> str:
    reason = getattr(error, "strerror", None) or str(error)
    return f"{name}: {_ADVICE.get(type(error), f'cannot be read: {reason}; try a copy of it')}"
