"""The Method contract: one experiment, and the steps whose costs it finds."""

from abc import ABC, abstractmethod
from typing import ClassVar

import msgspec

from kbview.emulator.cost import Calibration
from kbview.sources.calibration.spread import Spread


class MeasuredCost(msgspec.Struct, frozen=True):
    """The cost of one step on this machine.

    `ns` beyond its bytes, None where only the share of a byte was found; `how` describes the
    experiment; `derived` says whether an unmeasured number went into it.
    """

    how: str
    ns: Spread | None = None
    ns_per_byte: Spread | None = None
    derived: bool = False

    @property
    def credible(self) -> bool:
        """Whether it is a cost: quartiles that straddle zero do not say that the step takes time."""
        spread = self.ns or self.ns_per_byte
        return spread is not None and spread.low > 0


Findings = dict[str, MeasuredCost]


class Method(ABC):
    """Takes a few seconds and leaves nothing behind."""

    name: ClassVar[str]
    steps: ClassVar[tuple[str, ...]]

    @abstractmethod
    def measure(self, base: Calibration, found: Findings) -> Findings:
        """Run the experiment. `found` holds the costs of earlier methods; `base` has the rest.

        Errors: OSError and SourceError, where it cannot be done here.
        """


def cost_ns(step: str, base: Calibration, found: Findings) -> float:
    """The cost of a step by the measurements so far, else by the base profile; without its bytes."""
    finding = found.get(step)
    if finding is not None and finding.ns is not None and finding.credible:
        return finding.ns.median
    row = base.steps[step]
    return row.ns + row.cycles * 1e9 / base.clock_hz
