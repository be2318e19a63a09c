"""The cost of each step: a calibration's rows, and the steps priced from them for a clock.

A row has a core part in cycles, which scales with the clock, and an uncore part in nanoseconds
(DRAM, PCIe, interrupt delivery), which does not; each may have a share per byte.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum

import msgspec

from kbview.tape.meter import StageMeter


class Confidence(StrEnum):
    """The origin of a cost, shown beside the cost."""

    VERIFIED = "verified"
    DERIVED = "derived"
    RECALLED = "recalled"
    ASSUMED = "assumed"
    MEASURED = "measured"  # on the machine that the profile is of, by `kbview calibrate`


class CostRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The cost of a step on a machine, and its source."""

    confidence: Confidence
    source: str
    cycles: float = 0.0
    ns: float = 0.0
    cycles_per_byte: float = 0.0
    ns_per_byte: float = 0.0
    note: str = ""

    def inherited(self, base: str) -> "CostRow":
        """As a stand-in on another machine: no better than assumed there."""
        note = f"taken over from {base}: {self.note}".rstrip(": ")
        return msgspec.structs.replace(self, confidence=Confidence.ASSUMED, note=note)


class MemoryFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Sizes of a machine's caches and TLBs. `ddio_bytes`: the last-level cache's share for DMA, if any.

    The TLBs' entries are for pages of 4 KB, 2 MB and 1 GB; `iotlb` is the IOMMU's.
    """

    confidence: Confidence
    source: str
    first_tlb: tuple[int, int, int]
    second_tlb: tuple[int, int, int]
    iotlb: int
    ddio_bytes: int | None = None
    note: str = ""


class SiblingFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The factor by which a step takes longer while the other thread of the core works."""

    confidence: Confidence
    source: str
    slowdown: float
    note: str = ""

    def inherited(self, base: str) -> "SiblingFacts":
        """As a stand-in on another machine: no better than assumed there."""
        note = f"taken over from {base}: {self.note}".rstrip(": ")
        return msgspec.structs.replace(self, confidence=Confidence.ASSUMED, note=note)


class Calibration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A machine profile: its nominal clock and its rows by step.

    `base` names the profile that supplies the rows that this profile lacks. Cycles are
    taken over as cycles. `fitted` says which published points its own rows were adjusted to. Without
    `memory`, which is not taken over, costs are those of the buffers that they were measured with.
    `references` spells out the keys in the sources of the rows: author, title, place, year.
    """

    name: str
    summary: str
    clock_hz: int
    steps: dict[str, CostRow]
    base: str = ""
    fitted: tuple[str, ...] = ()
    references: dict[str, str] = {}
    memory: MemoryFacts | None = None
    siblings: SiblingFacts | None = None

    def over(self, base: "Calibration") -> "Calibration":
        """This calibration completed by the rows of its base; each row names its profile."""
        inherited = {name: row.inherited(base.name) for name, row in base.steps.items()}
        references = base.references | self.references
        siblings = self.siblings or (base.siblings and base.siblings.inherited(base.name))
        return msgspec.structs.replace(
            self, steps=inherited | self.steps, references=references, siblings=siblings
        )


class UnpricedStepError(Exception):
    """A datapath takes a step that the calibration has no row for."""


class Step:
    """A named unit of work with its price. It counts how often it was taken.

    A fixed sequence of steps, taken together, is a step as well: `parts` are its members, and
    `copying` is the part with a cost for each byte, None if there is none.
    """

    __slots__ = ("copying", "cost_ps", "count", "extra_ps", "name", "parts", "ps_per_byte")

    def __init__(self, name: str, cost_ps: int, ps_per_byte: float = 0.0) -> None:
        self.name = name
        self.cost_ps = cost_ps
        self.ps_per_byte = ps_per_byte
        self.parts: tuple[Step, ...] = (self,)
        self.copying: Step | None = self if ps_per_byte else None
        self.count = 0
        self.extra_ps = 0  # the cost of the bytes, beyond count * cost_ps


class Prices:
    """A calibration at a clock: hands out steps and sums the time spent on each.

    `extra_cycles` of a step are a scenario's, not the machine's: the work of an application.
    """

    def __init__(
        self,
        calibration: Calibration,
        clock_hz: int | None = None,
        extra_cycles: Mapping[str, float] | None = None,
    ) -> None:
        self.calibration = calibration
        self._extra_cycles = extra_cycles or {}
        self.clock_hz = clock_hz or calibration.clock_hz
        self.asked: set[str] = set()  # names of the steps that were handed out or reserved
        self._steps: dict[str, Step] = {}
        self._sequences: dict[tuple[str, ...], Step] = {}

    def step(self, name: str) -> Step:
        """The step of that name; the same object each time."""
        self.asked.add(name)
        if name not in self._steps:
            row = self._row(name)
            ps = 1e12 / self.clock_hz
            cycles = row.cycles + self._extra_cycles.get(name, 0.0)
            cost_ps = round(cycles * ps + row.ns * 1000)
            self._steps[name] = Step(name, cost_ps, row.cycles_per_byte * ps + row.ns_per_byte * 1000)
        return self._steps[name]

    def times(self, name: str, count: int) -> Step:
        """The step of that name at `count` times the price of its row, which is the price of one."""
        step = self.step(name)
        row = self._row(name)
        step.cost_ps = round(count * (row.cycles * 1e12 / self.clock_hz + row.ns * 1000))
        return step

    def reserve(self, names: Iterable[str]) -> None:
        """Announce steps that a packet may take later. UnpricedStepError if a step has no price."""
        for name in names:
            self._row(name)
            self.asked.add(name)

    def _row(self, name: str) -> CostRow:
        row = self.calibration.steps.get(name)
        if row is None:
            raise UnpricedStepError(
                f"profile {self.calibration.name} has no cost for the step {name!r}; "
                f"add a row [steps.{name}] with its source"
            )
        return row

    def sequence(self, *names: str) -> Step:
        """Steps that always follow each other, booked at once: one addition instead of many."""
        self.asked.update(names)
        if names not in self._sequences:
            parts = tuple(self.step(name) for name in names)
            whole = Step("+".join(names), sum(part.cost_ps for part in parts))
            whole.parts = parts
            whole.copying = next((part for part in parts if part.copying), None)
            self._sequences[names] = whole
        return self._sequences[names]

    def stages(self) -> dict[str, StageMeter]:
        """The count and the total time of each step."""
        booked: dict[str, int] = {}  # counts of steps as parts of sequences
        for whole in self._sequences.values():
            if whole.count:
                for part in whole.parts:
                    booked[part.name] = booked.get(part.name, 0) + whole.count
        stages: dict[str, StageMeter] = {}
        for name, step in self._steps.items():
            if count := step.count + booked.get(name, 0):
                stages[name] = StageMeter(count, step.extra_ps + count * step.cost_ps)
        return stages
