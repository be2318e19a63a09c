"""The lines of the comparison, each with its meaning, as functions of the meters."""

from collections.abc import Callable
from typing import NamedTuple

from kbview.state.flows import FOUND_NOTHING
from kbview.tape.event import Account
from kbview.tape.meter import DEFINITIONS, Meters

Value = Callable[[Meters], float | None]


class CompareLine(NamedTuple):
    """A line of the table. `value` is None where there is none; it is a time if `picoseconds`.

    `less` says whether less is better.
    """

    name: str
    value: Value
    meaning: str
    less: bool = True
    picoseconds: bool = False


def _total(*names: str) -> Value:
    return lambda meters: sum(getattr(meters, name) for name in names)


def _each(name: str) -> Value:
    return lambda meters: getattr(meters, name) / meters.delivered if meters.delivered else None


def _work_ps(meters: Meters) -> float | None:
    paid = sum(stage.total_ps for step, stage in meters.stages.items() if step not in FOUND_NOTHING)
    return paid / meters.delivered if meters.delivered and paid else None


def _percentile(share: float) -> Value:
    return lambda meters: meters.latency.percentile(share) if meters.latency.total else None


def _cores_without(*accounts: Account) -> Value:
    """CPU time that is not booked to these accounts, in cores."""

    def value(meters: Meters) -> float | None:
        whole = sum(core.of(account) for core in meters.cores for account in Account)
        without = sum(core.of(account) for core in meters.cores for account in accounts)
        return (whole - without) * len(meters.cores) / whole if whole else None

    return value


def _per_packet(name: str, total: str) -> CompareLine:
    return CompareLine(name, _each(total), f"for each delivered packet: {DEFINITIONS[total]}")


COMPARE_LINES: tuple[CompareLine, ...] = (
    CompareLine("delivered", _total("delivered"), DEFINITIONS["delivered"], less=False),
    CompareLine("lost", _total("dropped", "missed"), "frames that were dropped or missed"),
    CompareLine(
        "CPU a packet",
        _work_ps,
        "CPU time of all steps but polls in vain, for each delivered packet",
        picoseconds=True,
    ),
    CompareLine(
        "latency p50", _percentile(0.5), "half of the packets took no longer", picoseconds=True
    ),
    CompareLine("latency p99", _percentile(0.99), "99 of 100 packets took no longer", picoseconds=True),
    CompareLine(
        "cores busy",
        _cores_without(Account.IDLE),
        "cores' worth of time that was not idle; a polling core never is",
    ),
    CompareLine(
        "cores useful",
        _cores_without(Account.IDLE, Account.POLL_EMPTY),
        "the same without polls that found nothing",
    ),
    _per_packet("interrupts", "interrupts"),
    _per_packet("mode switches", "mode_switches"),
    _per_packet("context switches", "context_switches"),
    _per_packet("system calls", "syscalls"),
    _per_packet("copies", "copies"),
    _per_packet("copied bytes", "copied_bytes"),
    _per_packet("sk_buffs", "allocations"),
)
