"""A tape of a million frames at `milestones`: written, opened, sought in, and how much memory it takes.

The frames are recordings/http.pcap over and over, through the kernel datapath, with a sample of the
meters every millisecond. Encoding is timed by itself, together with the emulator, and beside a plain
encoder of the same records. The same of overload-udp, the median of three rounds. Seconds are of
CPU time, which others on the machine do not lengthen. Memory is the peak of a process that copies a
tape, for one and for one of four times the length.

    python -m benchmarks.tape
"""

import os
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable
from pathlib import Path
from random import Random
from statistics import median
from typing import NamedTuple

import msgspec

from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.rebuild import rebuild
from kbview.tape.detail import Detail
from kbview.tape.event_batch import EventBatch
from kbview.tape.events import Event
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.recording import Recording
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.source import Source
from kbview.tape.tape import Tape

FRAMES = 1_000_000
EVERY_PS = 10**9
SEEKS = 50
ROUNDS = 3
COLUMNS_PS = (20 * 10**6, 10**9, 10**11)  # at the usual speed, faster, and as fast as it goes
WANTED_PER_S = 100_000
WANTED_RATIO = 1.0  # to a plain encoder in C, which keeps records and no columns
WANTED_BYTES = 40  # an aim: missed, it is printed and does not fail
MOST_BYTES = 45
WANTED_OPEN_S = 0.5
WANTED_SEEK_S = 0.15
MEMORY_GROWTH_MB = 8.0


class Peer:
    """The plainest tape: msgspec encodes each record as an array, and zlib compresses all of them."""

    def __init__(self) -> None:
        self.spent_s = 0.0
        self._encoder = msgspec.msgpack.Encoder()
        self._packer = zlib.compressobj(1)

    def extend(self, records: list[Event]) -> None:
        began = time.process_time()
        self._packer.compress(self._encoder.encode(records))
        self.spent_s += time.process_time() - began


class Sink(Tape):
    """Takes records from a source and counts the time that the writer needs for them, and a peer."""

    def __init__(self, writer: TapeWriter) -> None:
        super().__init__()
        self.writer = writer
        self.spent_s = 0.0
        self.peer = Peer()
        self.beside_s = 0.0  # time that is not the writer's or the source's

    def extend(self, records: Iterable[Event]) -> None:
        events = list(records)
        began = time.process_time()
        self.writer.extend(events)
        self.spent_s += time.process_time() - began
        self._beside(events)

    def extend_batch(self, batch: EventBatch) -> None:
        began = time.process_time()
        self.writer.extend_batch(batch)
        self.spent_s += time.process_time() - began
        began = time.process_time()
        events = batch.events()
        self.beside_s += time.process_time() - began
        self._beside(events)

    def _beside(self, events: list[Event]) -> None:
        began = time.process_time()
        self.peer.extend(events)
        self.beside_s += time.process_time() - began


def traffic(frames: int) -> Source:
    """The bundled HTTP capture over and over, at milestones."""
    path = recording("http.pcap")
    assert path is not None
    source = resolve(path, Choice(datapath="kernel", frames=frames, loop=True))
    source.set_detail(Detail.MILESTONES)
    return source


class Written(NamedTuple):
    """Seconds for encoding, for all of a tape, and for the peer's encoding of the same records."""

    encoding_s: float
    all_s: float
    peer_s: float


def write(path: Path, source: Source) -> Written:
    """Write a tape at milestones."""
    source.set_detail(Detail.MILESTONES)
    began = time.process_time()
    with path.open("wb") as file:
        header = Header(source.heading, source.capabilities, Detail.MILESTONES)
        sink = Sink(TapeWriter(file.write, header))
        reached_ps = 0
        while not source.ended:
            reached_ps = source.pump(sink, reached_ps + EVERY_PS)
        sink.writer.close()
    source.close()
    all_s = time.process_time() - began - sink.beside_s
    return Written(sink.spent_s, all_s, sink.peer.spent_s)


def overload(folder: Path) -> tuple[int, Written]:
    """`kbview record overload-udp --detail milestones`: its frames, and the round of median time."""
    rounds = []
    for _ in range(ROUNDS):
        source = resolve("overload-udp", Choice())
        assert isinstance(source, EmulatorSource)
        rounds.append(write(folder / "overload.kbt", source))
        frames = source.emulation.totals.arrived
    return frames, sorted(rounds, key=lambda written: written.all_s)[ROUNDS // 2]


def opened(path: Path, *, index: bool = True) -> Recording:
    """A tape by its index, or as if the writer had been killed before it could write one."""
    file = path.open("rb", buffering=0)  # closed when nobody has the tape any more

    def read_at(offset: int, length: int) -> bytes:
        return os.pread(file.fileno(), length, offset)

    return Recording(read_at, path.stat().st_size - (0 if index else 1))


def seconds_to_open(path: Path, *, index: bool) -> float:
    """Until one can read it."""
    began = time.process_time()
    tape = opened(path, index=index)
    next(tape.read(0))
    return time.process_time() - began


def seconds_to_seek(path: Path, column_ps: int) -> list[float]:
    """For moments all over the tape, in no order: all that the screen needs to show each, histories
    with columns of `column_ps` included. Each is the best of ROUNDS, with nothing kept from before."""
    tape, random, best = opened(path), Random(1), []
    moments = [random.randrange(tape.end_ps) for _ in range(SEEKS)]
    for time_ps in moments:
        spent = []
        for _ in range(ROUNDS):
            tape = opened(path)
            began = time.process_time()
            rebuild(tape, tape.position_at(time_ps), column_ps)
            spent.append(time.process_time() - began)
        best.append(min(spent))
    return sorted(best)


def copy(path: Path, share: float) -> None:
    """Read the first part of a tape and write it to nowhere."""
    tape = opened(path)
    last = tape.position_at(int(share * tape.end_ps))
    with open(os.devnull, "wb") as file:
        writer = TapeWriter(file.write, tape.header)
        for position, record in enumerate(tape.read(0)):
            if position == last:
                break
            writer.extend([record])
        writer.close()


def peak_mb(path: Path, share: float) -> float:
    """Peak memory of a process that copies a part of the tape."""
    program = (
        "import sys; from pathlib import Path; from benchmarks import tape;"
        "tape.copy(Path(sys.argv[1]), float(sys.argv[2]));"
        "print(Path('/proc/self/status').read_text().partition('VmHWM:')[2].split()[0])"
    )
    words = [sys.executable, "-c", program, str(path), str(share)]
    return int(subprocess.run(words, capture_output=True, check=True).stdout) / 1024


def main() -> int:
    """Print the table; 1 if anything is worse than what is wanted."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million.kbt"
        encoding_s, all_s, peer_s = write(path, traffic(FRAMES))
        frames, written = overload(Path(folder))
        size, length = path.stat().st_size / FRAMES, opened(path).length
        opens = {index: median(seconds_to_open(path, index=index) for _ in range(5))
                 for index in (True, False)}  # fmt: skip
        seeks = {column_ps: seconds_to_seek(path, column_ps) for column_ps in COLUMNS_PS}
        quarter_mb, whole_mb = peak_mb(path, 0.25), peak_mb(path, 1.0)
    encoded = FRAMES / encoding_s
    print(f"{FRAMES:,} frames, {length:,} records")
    print(f"  written, encoding alone      {encoded:10,.0f} frames/s   wanted {WANTED_PER_S:,}")
    print(f"  written, with the emulator   {FRAMES / all_s:10,.0f} frames/s")
    print(f"  as an array for each record  {FRAMES / peer_s:10,.0f} frames/s   by msgspec and zlib")
    print(f"  size                         {size:10.1f} bytes a frame   wanted {WANTED_BYTES}")
    print(
        f"  opened by its index          {opens[True] * 1e3:10.1f} ms   wanted {WANTED_OPEN_S * 1e3:g}"
    )
    print(f"  opened without an index      {opens[False] * 1e3:10.1f} ms")
    for column_ps, spent in seeks.items():
        print(
            f"  a seek, columns of {column_ps / 1e6:5g} us {median(spent) * 1e3:9.1f} ms, "
            f"longest of {SEEKS} {spent[-1] * 1e3:.1f} ms   wanted {WANTED_SEEK_S * 1e3:g}"
        )
    print(f"  peak memory of a copy        {whole_mb:10.1f} MB, of a quarter {quarter_mb:.1f} MB")
    print(f"{frames:,} frames of overload-udp")
    print(f"  written, encoding alone      {frames / written.encoding_s:10,.0f} frames/s")
    print(f"  written, with the emulator   {frames / written.all_s:10,.0f} frames/s")
    ratio = written.peer_s / written.encoding_s
    print(f"  as an array for each record  {frames / written.peer_s:10,.0f} frames/s"
          f"   ratio {ratio:.1f}   wanted {WANTED_RATIO}")  # fmt: skip
    good = (
        encoded >= WANTED_PER_S
        and ratio >= WANTED_RATIO
        and size <= MOST_BYTES
        and opens[True] < WANTED_OPEN_S
        and max(spent[-1] for spent in seeks.values()) < WANTED_SEEK_S
        and whole_mb - quarter_mb < MEMORY_GROWTH_MB
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
