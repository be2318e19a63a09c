"""Writes the tape of a session to a file, as `record` would have from its oldest record on."""

from kbview import __version__
from kbview.sources.tapes.whole_file import WholeFile
from kbview.tape.detail import Detail
from kbview.tape.kbt.copier import TapeCopier
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.source import Source
from kbview.tape.tape import Reel


def save(source: Source, snap: int, path: str, tape: Reel) -> str:
    """Write the tape; returns path, records and bytes as a few words. Errors: SourceError, one line."""
    with WholeFile(path, force=False) as output:
        header = Header(source.heading, source.capabilities, Detail.STEPS, snap, __version__)
        writer = TapeWriter(output.write, header)
        TapeCopier(tape, writer).copy()
        writer.close()
    return f"{path}: {writer.length:,} records in {writer.written:,} bytes"
