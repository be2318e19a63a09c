"""The limits of a datapath in a sentence: its cost of a packet, its loss, its way to wait."""

from kbview.state.budget import FULL
from kbview.state.compare_words import lost, where_lost, work_ps
from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import Report

_TOP = 4
_SPINS = 0.5  # the share of empty polls from which they are mentioned


def bottleneck(report: Report) -> str:
    """One sentence, made from the report's numbers only."""
    return "; ".join(part for part in (_dearest(report), _loss(report), _spin(report)) if part)


def load(report: Report) -> float:
    """The share of its time that the busiest core works, 0..1; empty polls are no work."""
    return max((_work_share(core) for core in report.cores), default=0.0)


def _work_share(core: dict[str, int]) -> float:
    return 1 - _share(core, "idle_ps") - _share(core, "poll_empty_ps") if _whole(core) else 0.0


def _share(core: dict[str, int], account: str) -> float:
    return core[account] / (_whole(core) or 1)


def _whole(core: dict[str, int]) -> int:
    return sum(value for name, value in core.items() if name.endswith("_ps"))


def _dearest(report: Report) -> str:
    """The steps that cost most, in ns for each packet."""
    if work_ps(report) is None:
        return ""
    stages = [stage for stage in report.stages if stage["stage"] not in FOUND_NOTHING][:_TOP]
    unit_ps = 1000 * report.packets
    return ", ".join(f"{stage['stage']} {stage['total_ps'] / unit_ps:,.0f}" for stage in stages)


def _loss(report: Report) -> str:
    gone, arrived = lost(report), report.frames["arrived"]
    if not gone or not arrived:
        return ""
    full = "a core is full, " if load(report) > FULL else ""
    share = 100 * gone / arrived
    told = f"{share:.2g}" if share < 10 else f"{share:.0f}" if share < 99 else "nearly 100"
    return f"{full}{told} % lost, most at {where_lost(report)}"


def _spin(report: Report) -> str:
    vain = max((_share(core, "poll_empty_ps") for core in report.cores), default=0.0)
    return f"empty polls take {100 * vain:.0f} % of a core" if vain > _SPINS else ""
