"""The comparison of two reports in words: delivery, cost of a packet with its causes, latency.

Every sentence is made from numbers of the reports, and is left out where they do not differ or one of
them does not know.
"""

from collections.abc import Callable

from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import Report

_ALIKE = 1.1  # a ratio below this is no difference worth a sentence
_TOP = 3

Sentence = Callable[[Report, Report], str | None]


def contrast(base: Report, other: Report) -> list[str]:
    """Sentences on the differences between the two, the weightiest first."""
    return [text for say in SENTENCES if (text := say(base, other))]


def each(report: Report, name: str) -> float | None:
    """A count for each packet; None if it is not known, or there was no packet."""
    count, packets = report.counts[name], report.packets
    return count / packets if count is not None and packets else None


def work_ps(report: Report) -> float | None:
    """CPU time of all steps but polls in vain, for each packet."""
    paid = sum(stage["total_ps"] for stage in report.stages if stage["stage"] not in FOUND_NOTHING)
    packets = report.packets
    return paid / packets if packets and paid else None


def _times(more: float, less: float) -> str:
    ratio = more / less
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _sending(base: Report, other: Report) -> str | None:
    """Where nothing is received, only sent."""
    if base.frames["arrived"] or other.frames["arrived"] or not base.sent_pps or not other.sent_pps:
        return None
    less, more = sorted((base, other), key=lambda report: report.sent_pps)
    if more.sent_pps < _ALIKE * less.sent_pps:
        return f"Both send {less.sent_pps:,.0f} frames a second."
    return (
        f"{more.datapath} sends {more.sent_pps:,.0f} frames a second, {less.datapath} "
        f"{less.sent_pps:,.0f}: {_times(more.sent_pps, less.sent_pps)} as many."
    )


def _delivery(base: Report, other: Report) -> str | None:
    if not base.frames["arrived"] and not other.frames["arrived"]:
        return None
    if None in (base.frames["delivered"], other.frames["delivered"]):
        return None
    gone = {report.datapath: lost(report) for report in (base, other)}
    if not any(gone.values()):
        return f"Both deliver all {base.frames['delivered']:,} packets."
    parts = [
        f"{name} loses {count:,} (most at {where_lost(report)})" if count else f"{name} loses none"
        for report, (name, count) in zip((base, other), gone.items(), strict=True)
    ]
    return f"{'; '.join(parts)}."


def lost(report: Report) -> int:
    """Packets that died on this host, wherever."""
    return (report.frames["dropped"] or 0) + (report.frames["missed"] or 0)


def where_lost(report: Report) -> str:
    """Where most of them died."""
    places = [(drop["count"], f"{drop['where']}: {drop['reason']}") for drop in report.drops]
    places.append((report.frames["missed"] or 0, "no free descriptor"))
    return max(places)[1]


def _cpu(base: Report, other: Report) -> str | None:
    work = [(work_ps(report), report) for report in (base, other)]
    known = [(ps, report) for ps, report in work if ps is not None]
    if len(known) < 2:
        return None
    (less_ps, less), (more_ps, more) = sorted(known, key=lambda pair: pair[0])
    if more_ps < _ALIKE * less_ps:
        return f"Both spend about {less_ps / 1000:,.0f} ns of CPU time on a packet."
    return (
        f"{more.datapath} spends {more_ps / 1000:,.0f} ns of CPU time on a packet, {less.datapath} "
        f"{less_ps / 1000:,.0f}: {_times(more_ps, less_ps)} as much; most goes to {_dearest(more)}."
    )


def _dearest(report: Report) -> str:
    stages = [stage["stage"] for stage in report.stages if stage["stage"] not in FOUND_NOTHING]
    return ", ".join(stages[:_TOP])


def _count(name: str, verb: str, none: str) -> Sentence:
    """A sentence about a count for each packet."""

    def say(base: Report, other: Report) -> str | None:
        values = [(each(report, name), report.datapath) for report in (base, other)]
        if any(value is None for value, _ in values):
            return None
        (less, fewer), (more, greater) = sorted((value or 0.0, who) for value, who in values)
        if more < 0.01 or more < _ALIKE * less:
            return None
        rest = f"{fewer} {none}" if less < 0.01 else f"{fewer} {less:.2f}"
        return f"{greater} {verb} {more:.2f} times a packet, {rest}."

    return say


def _latency(base: Report, other: Report) -> str | None:
    middle = [(report.latency_ps["p50"], report.datapath) for report in (base, other)]
    if any(ps is None for ps, _ in middle):
        return None
    (less, sooner), (more, later) = sorted((ps or 0, who) for ps, who in middle)
    if not less or more < _ALIKE * less:
        return None
    return (
        f"Half of the packets reach the application within {less / 1e6:,.2f} us through {sooner}, "
        f"{more / 1e6:,.2f} us through {later}."
    )


def _spinning(base: Report, other: Report) -> str | None:
    """A poller is busy whether there is work or not."""
    for report in (base, other):
        empty = sum(core["poll_empty_ps"] for core in report.cores)
        useful = sum(core["poll_useful_ps"] for core in report.cores)
        if empty > useful:
            share = 100 * useful / (empty + useful)
            return (
                f"{report.datapath} keeps its core busy all the time, {share:.0f} % of it usefully: "
                "at a low rate that is the price of its latency."
            )
    return None


SENTENCES: tuple[Sentence, ...] = (
    _sending,
    _delivery,
    _cpu,
    _count("mode_switches", "crosses the wall between user and kernel", "never"),
    _count("copies", "copies the payload", "never"),
    _count("allocations", "allocates an sk_buff", "never"),
    _count("interrupts", "is interrupted", "hardly ever"),
    _count("context_switches", "changes the task", "hardly ever"),
    _latency,
    _spinning,
)
