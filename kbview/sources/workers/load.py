"""The load: what the lab's sender puts on the link, within bounds that a machine survives."""

import msgspec

from kbview.tape.source import SourceError

MOST_PPS = 500_000
MOST_FLOWS = 1000
FIRST_PORT = 10_000  # of the sender's; flow n comes from the n-th after it
RECEIVING_PORT = 7777
_SIZES = (64, 1518)  # bytes with FCS
# What a turn of each knob steps to.
LADDERS: dict[str, tuple[int, ...]] = {
    "rate": (
        *(100, 200, 500, 1000, 2000, 5000, 10_000, 20_000),
        *(50_000, 100_000, 150_000, 200_000, 300_000, 400_000, 500_000),
    ),
    "size": (64, 128, 256, 512, 1024, 1518),
    "flows": (1, 2, 4, 8, 16, 64, 256),
    "burst": (1, 2, 4, 8, 16, 32, 64),
}


class Load(msgspec.Struct, frozen=True, tag=True):
    """rate: frames a second. size: bytes with FCS. flows: senders. burst: frames back to back.

    A rate of 0 holds the sender.
    """

    rate: int = 20_000
    size: int = 64
    flows: int = 1
    burst: int = 1

    def checked(self) -> "Load":
        """Itself; SourceError with exit code 2 where it is out of bounds."""
        for name, value, least, most in (
            ("--rate", self.rate, 0, MOST_PPS),
            ("--size", self.size, *_SIZES),
            ("--flows", self.flows, 1, MOST_FLOWS),
            ("burst", self.burst, 1, LADDERS["burst"][-1]),
        ):
            if not least <= value <= most:
                raise SourceError(f"{name} {value} is out of the lab's bounds, {least} to {most}", 2)
        return self

    def turned(self, name: str, rungs: int) -> "Load":
        """The same with one knob so many rungs higher or lower, as far as its ladder goes."""
        ladder, value = LADDERS[name], getattr(self, name)
        below = sum(rung <= value for rung in ladder) - 1
        if rungs < 0 and (below < 0 or ladder[below] != value):
            below += 1  # between two rungs: down is the lower of them
        rung = ladder[max(0, min(len(ladder) - 1, below + rungs))]
        return msgspec.structs.replace(self, **{name: rung})
