"""What steps cost on the emulated machine, as it travels with a tape: with source and confidence."""

import msgspec


class StepCost(msgspec.Struct, frozen=True, array_like=True):
    """The cost of one step: a part in cycles, which scales with the clock, and one that does not.

    `confidence` is "verified", "derived", "recalled" or "assumed"; `source` says where it is from.
    """

    confidence: str
    source: str
    cycles: float = 0.0
    ns: float = 0.0
    cycles_per_byte: float = 0.0
    ns_per_byte: float = 0.0
    note: str = ""


class CostTable(msgspec.Struct, frozen=True):
    """A machine: what it is, its clock, and its costs by step."""

    summary: str
    clock_hz: int
    steps: dict[str, StepCost]
