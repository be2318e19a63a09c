"""The copier: records of a tape that may still grow, appended to a writer."""

from itertools import islice

from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample
from kbview.tape.tape import Reel

_PIECE = 4096  # records at a time


class TapeCopier:
    """Copies each record once; if the tape's beginning is gone, the state at its start is first."""

    def __init__(self, tape: Reel, writer: TapeWriter) -> None:
        self._tape = tape
        self._writer = writer
        self._position = tape.start
        for record in tape.opening(self._position) if self._position else ():
            writer.extend([_as_sample(record) if isinstance(record, KeyFrame) else record])

    def copy(self) -> None:
        """Append the records that are new since the last call. Errors: those of the writer.

        Records that the tape has forgotten meanwhile are left out.
        """
        self._position = max(self._position, self._tape.start)
        records = self._tape.read(self._position)
        while piece := list(islice(records, _PIECE)):
            self._writer.extend(piece)
            self._position += len(piece)


def _as_sample(key: KeyFrame) -> Sample:
    """A key frame is no record; a sample says the same of the meters."""
    return Sample(key.time_ps, key.meters, key.detail)
