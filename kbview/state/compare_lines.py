"""The lines of the comparison, each with its meaning, as functions of a report."""

from collections.abc import Callable
from typing import NamedTuple

from kbview.state.compare_words import each, lost, work_ps
from kbview.state.report import Report
from kbview.tape.event import Account
from kbview.tape.meter import DEFINITIONS

Value = Callable[[Report], float | None]
_SHARED = "for each delivered packet; where clients wait for answers, for each the application received"


class CompareLine(NamedTuple):
    """A line of the table. `value` is None where it is not known; it is a time if `picoseconds`.

    `less` says whether less is better.
    """

    name: str
    value: Value
    meaning: str
    less: bool = True
    picoseconds: bool = False


def _percentile(name: str, kernel: bool = False) -> Value:
    return lambda report: (report.kernel_latency_ps if kernel else report.latency_ps)[name]


def _cores_without(*accounts: Account) -> Value:
    """CPU time that is not booked to these accounts, in cores."""

    def value(report: Report) -> float | None:
        whole = sum(core[f"{account}_ps"] for core in report.cores for account in Account)
        without = sum(core[f"{account}_ps"] for core in report.cores for account in accounts)
        return (whole - without) * len(report.cores) / whole if whole else None

    return value


def _per_packet(name: str, total: str) -> CompareLine:
    return CompareLine(name, lambda report: each(report, total), f"{_SHARED}: {DEFINITIONS[total]}")


COMPARE_LINES: tuple[CompareLine, ...] = (
    CompareLine(
        "delivered", lambda report: report.frames["delivered"], DEFINITIONS["delivered"], less=False
    ),
    CompareLine(
        "to application",
        lambda report: report.received,
        "delivered packets that the application received, as payload or as frames",
        less=False,
    ),
    CompareLine("lost", lost, "frames that were missed, or dropped but not on purpose"),
    CompareLine(
        "CPU a packet",
        work_ps,
        f"CPU time of all steps but empty polls, {_SHARED}",
        picoseconds=True,
    ),
    CompareLine(
        "latency p50",
        _percentile("p50"),
        f"half of the packets took no longer {DEFINITIONS['latency_ps']}",
        picoseconds=True,
    ),
    CompareLine(
        "latency p99", _percentile("p99"), "99 of 100 packets took no longer", picoseconds=True
    ),
    CompareLine(
        "cores busy",
        _cores_without(Account.IDLE),
        "cores' worth of time that was not idle; a polling core never is",
    ),
    CompareLine(
        "cores at work",
        _cores_without(Account.IDLE, Account.POLL_EMPTY),
        "cores busy without empty polls; work for packets that were then dropped is in it",
    ),
    _per_packet("interrupts", "interrupts"),
    _per_packet("mode switches", "mode_switches"),
    _per_packet("context switches", "context_switches"),
    _per_packet("system calls", "syscalls"),
    _per_packet("copies", "copies"),
    _per_packet("sk_buffs", "allocations"),
)
