"""A track: the samples of one chunk of a tape, without the events between them."""

from collections.abc import Callable, Sequence

from kbview.tape.key_frame import KeyFrame
from kbview.tape.meter import Sample


class Track:
    """Where on the tape samples stand, and their times.

    `sample` gives one by its number in the track, `key` the key frame of the chunk. Both may be
    restored only then, and raise TapeDamagedError where their bytes are damaged.
    """

    def __init__(
        self,
        positions: Sequence[int],
        times: Sequence[int],
        sample: Callable[[int], Sample],
        key: Callable[[], KeyFrame],
    ) -> None:
        self.positions = positions
        self.times = times
        self.sample = sample
        self.key = key

    def samples(self) -> list[Sample]:
        """All of them."""
        return list(map(self.sample, range(len(self.positions))))
