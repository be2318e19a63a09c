"""Writes the tape of a session to a file, as `record` would have from its oldest record on."""

from itertools import islice

from kbview import __version__
from kbview.sources.tapes.whole_file import WholeFile
from kbview.tape.detail import Detail
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample
from kbview.tape.source import Source
from kbview.tape.tape import Reel

_PIECE = 4096  # records at a time


def save(source: Source, snap: int, path: str, tape: Reel) -> str:
    """Write the tape; returns path, records and bytes as a few words. Errors: SourceError, one line."""
    with WholeFile(path, force=False) as output:
        header = Header(source.heading, source.capabilities, Detail.STEPS, snap, __version__)
        writer = TapeWriter(output.write, header)
        _copy(tape, writer)
        writer.close()
    return f"{path}: {writer.length:,} records in {writer.written:,} bytes"


def _copy(tape: Reel, writer: TapeWriter) -> None:
    """Copy all records of the tape; if its beginning is gone, first the state at its new beginning."""
    if tape.start:
        for record in tape.opening(tape.start):
            writer.extend([_plain(record) if isinstance(record, KeyFrame) else record])
    records = tape.read(tape.start)
    while piece := list(islice(records, _PIECE)):
        writer.extend(piece)


def _plain(key: KeyFrame) -> Sample:
    """A key frame is no record; a sample says the same of the meters."""
    return Sample(key.time_ps, key.meters, key.detail)
