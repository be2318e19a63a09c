"""The tape of a room: a file that grows with the presenter's tape, for followers that look around."""

from pathlib import Path

from kbview import __version__
from kbview.sources.tapes.output import TapeOutput
from kbview.state.player import Player
from kbview.tape.detail import Detail
from kbview.tape.kbt.copier import TapeCopier
from kbview.tape.kbt.header import Header
from kbview.tape.kbt.writer import TapeWriter

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
        self._copier = TapeCopier(player.tape, self._writer)

    def of(self, player: Player) -> bool:
        """Whether it is the tape of this player."""
        return self._player is player

    def append(self) -> None:
        """Copy the records that are new since the last call, and let readers see them."""
        self._copier.copy()
        self._writer.flush()

    def close(self) -> None:
        """Write the index. The file stays: followers may still have it open."""
        self._writer.close()
        self._output.close()
