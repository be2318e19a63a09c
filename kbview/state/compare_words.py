"""The comparison of two reports in words: delivery, cost of a packet with its causes, latency.

Every sentence is made from numbers of the reports. It is left out where the numbers do not differ or
a report does not know its number. Unlike work is named: a datapath that gives frames does less.
"""

from collections.abc import Callable

from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import ASKED_FOR, Report
from kbview.tape.handover import does_less, notice

_ALIKE = 1.1  # a ratio below this is no difference worth a sentence
_TOP = 3
IP, TRANSPORT = "IP", "transport"
# Steps that show that a stack's layer had a packet, received or sent.
_LAYERS = {
    IP: {"ip_rcv", "ip_output", "user_ip_in", "mtcp_ip_in", "user_send"},
    TRANSPORT: {"udp_rcv", "tcp_v4_rcv", "udp_send_skb", "user_udp_in", "mtcp_tcp_in", "user_send"},
}
_WORK = {
    (IP, TRANSPORT): "does that work, too.",
    (IP,): "does the work of IP alone.",
    (TRANSPORT,): "does that work, too.",
    (): "does none of it here, either.",
}

Sentence = Callable[[Report, Report], str | None]


def contrast(base: Report, other: Report) -> list[str]:
    """Sentences on the differences between the two, the weightiest first."""
    return [text for say in SENTENCES if (text := say(base, other))]


def each(report: Report, name: str) -> float | None:
    """A count over `report.packets`; None if the count is not known, or there was no packet."""
    count, packets = report.counts[name], report.packets
    return count / packets if count is not None and packets else None


def work_ps(report: Report) -> float | None:
    """CPU time of all steps but empty polls, over `report.packets`; None if no time is known.

    A busy poll of the kernel takes the same steps whether it finds packets or not. The accounts of the
    cores tell both apart.
    """
    paid = sum(stage["total_ps"] for stage in report.stages if stage["stage"] not in FOUND_NOTHING)
    if report.cores and not report.cores_shared:
        paid = min(paid, sum(map(_useful_ps, report.cores)))
    packets = report.packets
    return paid / packets if packets and paid else None


def _useful_ps(core: dict[str, int]) -> int:
    """Time of a core that is neither idle nor an empty poll."""
    booked = sum(value for name, value in core.items() if name.endswith("_ps"))
    return booked - core["idle_ps"] - core["poll_empty_ps"]


def _times(more: float, less: float) -> str:
    ratio = more / less
    return f"{ratio:.0f} times" if ratio >= 10 else f"{ratio:.1f} times"


def _less_work(report: Report, beside: Report) -> str:
    """To be put behind a number of `report`, where it stands beside a number of a stack."""
    if not does_less(report.datapath) or does_less(beside.datapath):
        return ""
    return ", for less work" if layers(beside) else ""


def layers(report: Report) -> tuple[str, ...]:
    """The layers of a stack that had packets, by the priced steps; all where steps have no price."""
    if not report.profile:
        return IP, TRANSPORT
    taken = {stage["stage"] for stage in report.stages}
    return tuple(layer for layer, steps in _LAYERS.items() if taken & steps)


def _sending(base: Report, other: Report) -> str | None:
    """Where nothing is received, only sent."""
    if base.frames["arrived"] or other.frames["arrived"] or not base.sent_pps or not other.sent_pps:
        return None
    less, more = sorted((base, other), key=lambda report: report.sent_pps)
    if more.sent_pps < _ALIKE * less.sent_pps:
        return (
            f"{base.datapath} sends {base.sent_pps:,.0f} frames a second, {other.datapath} "
            f"{other.sent_pps:,.0f}: about as many."
        )
    return (
        f"{more.datapath} sends {more.sent_pps:,.0f} frames a second, {less.datapath} "
        f"{less.sent_pps:,.0f}: {_times(more.sent_pps, less.sent_pps)} as many."
    )


def _handover(base: Report, other: Report) -> str | None:
    """Unlike work."""
    if base.gives_frames is other.gives_frames or not base.frames["arrived"]:
        return None
    bypass, stack = (base, other) if base.gives_frames else (other, base)
    told = f"{bypass.datapath}: {notice(bypass.datapath)}."
    return f"{told} {stack.datapath} {_WORK[layers(stack)]}" if does_less(bypass.datapath) else told


def _delivery(base: Report, other: Report) -> str | None:
    if not base.frames["arrived"] and not other.frames["arrived"]:
        return None
    if None in (base.frames["delivered"], other.frames["delivered"]):
        return None
    clients = "The same clients, which wait for answers: " * base.closed_loop
    gone = [lost(report) for report in (base, other)]
    asked = base.discarded or other.discarded
    if (any(gone) or asked) and None not in gone:
        return f"{clients}{_losing(base)}; {_losing(other)}."
    frames = {report.frames[name] for report in (base, other) for name in ("delivered", "arrived")}
    if len(frames) == 1:
        return f"Both deliver all {base.frames['arrived']:,} packets."
    parts = ", ".join(f"{one.datapath} delivers {_of_arrived(one)}" for one in (base, other))
    return f"{clients}{parts}{'; none is lost' if not any(gone) and None not in gone else ''}."


def _of_arrived(report: Report) -> str:
    delivered, arrived = report.frames["delivered"] or 0, report.frames["arrived"] or 0
    return (
        f"all {arrived:,} packets" if delivered == arrived else f"{delivered:,} of {arrived:,} packets"
    )


def _losing(report: Report) -> str:
    count, arrived, asked = lost(report) or 0, report.frames["arrived"] or 0, report.discarded
    loss = f"{count:,}" if count else "none"
    most = f" (most at {where_lost(report)})" * bool(count)
    if asked:
        done = f"{report.datapath} drops {asked:,} of {arrived:,} packets on purpose"
        return f"{done} and loses {loss}{most}"
    return f"{report.datapath} loses {loss} of {arrived:,} packets{most}"


def _addressees(base: Report, other: Report) -> str | None:
    """Packets that end in a protocol of the host are not delivered to an application."""
    parts = [
        f"{one.datapath} gives the application {one.received:,} of them as "
        f"{'frames' if one.gives_frames else 'payload'}"
        for one in (base, other)
        if one.received is not None
    ]
    if len(parts) < 2 or not (base.frames["consumed"] or other.frames["consumed"]):
        return None
    return f"{', '.join(parts)}; SYN, ACK, FIN, ARP and ICMP end in a stack's own protocols."


def lost(report: Report) -> int | None:
    """Packets that died on this host, but not on purpose; None if drops or misses are not known."""
    dropped, missed = report.frames["dropped"], report.frames["missed"]
    return None if dropped is None or missed is None else dropped + missed - report.discarded


def where_lost(report: Report) -> str:
    """The place at which most of them died against the will of the host."""
    places = [
        (drop["count"], f"{drop['where']}: {drop['reason']}")
        for drop in report.drops
        if f"{drop['where']}/{drop['reason']}" not in ASKED_FOR
    ]
    places.append((report.frames["missed"] or 0, "no free descriptor"))
    return max(places)[1]


def _cpu(base: Report, other: Report) -> str | None:
    work = [(work_ps(report), report) for report in (base, other)]
    known = [(ps, report) for ps, report in work if ps is not None]
    if len(known) < 2 or base.per != other.per:
        return None
    (less_ps, less), (more_ps, more) = sorted(known, key=lambda pair: pair[0])
    ratio = "about as much" if more_ps < _ALIKE * less_ps else f"{_times(more_ps, less_ps)} as much"
    return (
        f"{more.datapath} spends {more_ps / 1000:,.0f} ns of CPU time for each {more.per}"
        f"{_less_work(more, less)}, {less.datapath} {less_ps / 1000:,.0f}{_less_work(less, more)}: "
        f"{ratio}, empty polls left out. The dearest steps of {more.datapath}: {_dearest(more)}."
    )


def _dearest(report: Report) -> str:
    stages = [stage["stage"] for stage in report.stages if stage["stage"] not in FOUND_NOTHING]
    return ", ".join(stages[:_TOP])


def _count(name: str, verb: str) -> Sentence:
    """A sentence about a count for each packet."""

    def say(base: Report, other: Report) -> str | None:
        values = [(each(report, name), report.datapath) for report in (base, other)]
        if any(value is None for value, _ in values) or base.per != other.per:
            return None
        (less, fewer), (more, greater) = sorted((value or 0.0, datapath) for value, datapath in values)
        often, seldom = f"{more:.2f}", f"{less:.2f}"  # as the table shows them
        if often == seldom or more < _ALIKE * less:
            return None
        rest = "never" if not less else f"{seldom} times"
        rest = "less than once in a hundred" if less and seldom == "0.00" else rest
        return f"{greater} {verb} {often} times for each {base.per}, {fewer} {rest}."

    return say


def _latency(base: Report, other: Report) -> str | None:
    middle = [(report.latency_ps["p50"], report) for report in (base, other)]
    known = [(ps, report) for ps, report in middle if ps is not None]
    if len(known) < 2:
        return None
    (less, sooner), (more, later) = sorted(known, key=lambda pair: pair[0])
    if not less or more < _ALIKE * less:
        return None
    ways = [
        f"{ps / 1e6:,.2f} us through {report.datapath}{' as frames' * report.gives_frames}"
        for ps, report in ((less, sooner), (more, later))
    ]
    return f"Half of the packets {_end(base)} within {', '.join(ways)}."


def _end(report: Report) -> str:
    """The end at which latency is taken."""
    forwarded = report.frames["forwarded"]
    if forwarded and not report.received:
        return "that are passed on leave the host"
    return "for the application reach it"


def _spinning(base: Report, other: Report) -> str | None:
    """A poller is busy whether there is work or not."""
    for report in (base, other):
        empty = sum(core["poll_empty_ps"] for core in report.cores)
        useful = sum(core["poll_useful_ps"] for core in report.cores)
        if empty > useful:
            share = 100 * useful / (empty + useful)
            price = _price(report, other if report is base else base)
            return f"{report.datapath} finds packets in {share:.1f} % of its polling time: {price}."
    return None


def _price(poller: Report, beside: Report) -> str:
    """The gain that empty polls pay for, where there is any."""
    mine, theirs = poller.latency_ps["p50"], beside.latency_ps["p50"]
    if mine is None or theirs is None or mine >= theirs:
        return "its core is busy whether packets come or not"
    return "at a low rate empty polls are the price of its latency"


SENTENCES: tuple[Sentence, ...] = (
    _sending,
    _handover,
    _delivery,
    _addressees,
    _cpu,
    _count("mode_switches", "crosses the wall between user and kernel"),
    _count("copies", "copies the payload"),
    _count("allocations", "allocates an sk_buff"),
    _count("interrupts", "is interrupted"),
    _count("context_switches", "changes the task"),
    _latency,
    _spinning,
)
