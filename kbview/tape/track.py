"""A track: the samples of one chunk of a tape, without the events between them."""

from collections.abc import Callable, Sequence

from kbview.tape.meter import Sample


class Track:
    """Where on the tape samples stand, and their times.

    `sample` gives one by its number in the track; it may be restored only then.
    """

    def __init__(
        self, positions: Sequence[int], times: Sequence[int], sample: Callable[[int], Sample]
    ) -> None:
        self.positions = positions
        self.times = times
        self.sample = sample

    def samples(self) -> list[Sample]:
        """All of them."""
        return list(map(self.sample, range(len(self.positions))))
