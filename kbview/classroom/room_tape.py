"""The tape of a room: a file that grows with the presenter's tape, for followers that look around."""

from itertools import islice
from pathlib import Path

from kbview import __version__
from kbview.sources.tapes.output import TapeOutput
from kbview.state.player import Player
from kbview.tape.detail import Detail
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter
from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample

_PIECE = 4096  # records at a time
_SNAP = 256  # bytes kept of each packet


class RoomTape:
    """Copies the records of one player. Errors: SourceError where the file cannot be written."""

    def __init__(self, path: Path, player: Player) -> None:
        self.path = path
        self._player = player
        self._output = TapeOutput(str(path), force=False)
        source = player.source
        head = Header(source.heading, source.capabilities, Detail.STEPS, _SNAP, __version__)
        self._writer = TapeWriter(self._output.write, head)
        self._position = player.tape.start
        for record in player.tape.opening(self._position) if self._position else ():
            self._writer.extend([_as_sample(record) if isinstance(record, KeyFrame) else record])

    def of(self, player: Player) -> bool:
        """Whether it is the tape of this player."""
        return self._player is player

    def append(self) -> None:
        """Copy the records that are new since the last call, and let readers see them."""
        records = self._player.tape.read(self._position)
        while piece := list(islice(records, _PIECE)):
            self._writer.extend(piece)
            self._position += len(piece)
        self._writer.flush()

    def close(self) -> None:
        """Write the index. The file stays: followers may still have it open."""
        self._writer.close()
        self._output.close()


def _as_sample(key: KeyFrame) -> Sample:
    """A key frame is no record; a sample says the same of the meters."""
    return Sample(key.time_ps, key.meters, key.detail)
