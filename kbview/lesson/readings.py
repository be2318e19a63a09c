"""Readings: the values of all names that a query may ask for, at a moment or of a whole run."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches

from kbview.experiment.figure import FIGURES, Figure
from kbview.lesson.fault import LessonError
from kbview.lesson.query import Value
from kbview.tape.event import Account
from kbview.tape.meter import TOTALS, CoreMeter, Meters
from kbview.tape.steps import STEPS
from kbview.tape.vocabulary import DropReason, Place, RingKind

TEXTS = ("datapath", "profile", "station", "event", "task")
_MOMENT = ("time_us", "packet")
_COUNTS = (*TOTALS, "in_flight", "tlb_misses", "completion_interrupts")
_RENAMED = {"delivered": "rate", "sent": "sent_rate"}
_RING = ("done", "free", "size", "cleaned", "freezes")
_SOCKET = ("queued", "rcvbuf", "packets", "received", "drops")
_STEP = ("count", "ns")
_MOST_CORES = 64


def _spelled(figure: Figure) -> str:
    """The figure's name in a query. A name alone is a count; a share of a packet ends in `_each`."""
    if figure.unit == "/packet":
        return f"{figure.name}_each"
    return _RENAMED.get(figure.name, figure.name).replace("-", "_")


_FIGURES = {_spelled(figure): figure for figure in FIGURES.values()}
SINGLE = (*_COUNTS, *_FIGURES, *_MOMENT, *TEXTS)


def spelled(word: str) -> str:
    """A word of a vocabulary as a name in a query has it: `tx ring` is `tx_ring`."""
    return word.replace(" ", "_").replace("-", "_")


_RINGS = {spelled(kind): kind for kind in RingKind}
_PLACES = {spelled(place): place for place in Place}


def check_name(name: str) -> None:
    """Refuse a name that no moment and no run has a value for: LessonError with the nearest name."""
    first, *rest = name.split(".")
    if not rest:
        _refuse(name, first, SINGLE)
    elif first == "step":
        _fits(name, rest, (STEPS, _STEP))
    elif first == "drop":
        _fits(name, rest, (_PLACES, tuple(DropReason)))
    elif first == "ring":
        _fits(name, rest, (_RINGS, _RING))
    elif first == "socket":
        _fits(name, rest, (_SOCKET,))
    elif first.startswith("core") and first[4:].isascii() and first[4:].isdecimal():
        _fits(name, rest, (tuple(Account),))
        if int(first[4:6]) >= _MOST_CORES or len(first) > 6:
            raise LessonError(f"`{name}`: cores are numbered from 0 to {_MOST_CORES - 1}")
    else:
        kinds = "a run, a datapath, step, drop, ring, socket or core0"
        raise LessonError(f"`{name}`: unknown name; before a dot stands {kinds}")


def _fits(
    name: str, parts: list[str], known: "tuple[Mapping[str, object] | tuple[str, ...], ...]"
) -> None:
    if len(parts) != len(known):
        raise LessonError(f"`{name}` has {len(parts)} words after the first dot, not {len(known)}")
    for part, words in zip(parts, known, strict=True):
        _refuse(name, part, tuple(words))


def _refuse(name: str, part: str, known: tuple[str, ...]) -> None:
    if part in known:
        return
    close = get_close_matches(part[:60], known, 1, 0.5)
    hint = f"did you mean {close[0]}?" if close else "see docs/lessons.md"
    raise LessonError(f"`{name[:80]}`: no figure is named {part[:60]}; {hint}")


class Readings:
    """Meters, the time in which they grew, and texts. `sure` are the meters that the source can know.

    A count of zero that the source cannot know is None. With `sure` None it knows all of them.
    """

    def __init__(
        self,
        meters: Meters,
        duration_ps: int,
        texts: Mapping[str, str],
        packet: int | None = None,
        sure: frozenset[str] | None = None,
    ) -> None:
        self._meters = meters
        self._duration_ps = duration_ps
        self._texts = texts
        self._packet = packet
        self._sure = sure

    def value(self, name: str) -> Value:
        """The value of a name that `check_name` accepts; None where it has none."""
        first, *rest = name.split(".")
        if not rest:
            return self._single(first)
        kinds: dict[str, Callable[[list[str]], Value]] = {
            "step": self._step,
            "drop": self._drop,
            "ring": self._ring,
            "socket": self._socket,
        }
        return kinds[first](rest) if first in kinds else self._core(int(first[4:]), rest[0])

    def _single(self, name: str) -> Value:
        if name in _COUNTS:
            count: int | None = getattr(self._meters, name)
            unknown = self._sure is not None and name not in self._sure and name != "in_flight"
            return None if count is None or (unknown and not count) else float(count)
        if name in _FIGURES:
            return _FIGURES[name].formula(self._meters, self._duration_ps)
        if name == "time_us":
            return self._duration_ps / 1e6
        if name == "packet":
            return None if self._packet is None or self._packet < 0 else float(self._packet)
        return self._texts.get(name)

    def _step(self, rest: list[str]) -> Value:
        stage = self._meters.stages.get(rest[0])
        if rest[1] == "count":
            return float(stage.count) if stage else 0.0
        return stage.total_ps / stage.count / 1e3 if stage and stage.count else None

    def _drop(self, rest: list[str]) -> Value:
        return float(self._meters.drops.get(f"{_PLACES[rest[0]]}/{rest[1]}", 0))

    def _ring(self, rest: list[str]) -> Value:
        rings = [ring for ring in self._meters.rings if ring.kind == _RINGS[rest[0]]]
        return float(sum(getattr(ring, rest[1]) for ring in rings)) if rings else None

    def _socket(self, rest: list[str]) -> Value:
        sockets = self._meters.sockets.values()
        return float(sum(getattr(each, rest[0]) for each in sockets)) if sockets else None

    def _core(self, number: int, account: str) -> Value:
        cores: list[CoreMeter] = self._meters.cores
        if number >= len(cores) or not self._duration_ps:
            return None
        return 100 * cores[number].of(Account(account)) / self._duration_ps
