"""Interrupts against polls: which of the two brings the packets in, and what the vector does now."""

from kbview.state.flows import taken_from_rings
from kbview.state.softirq_runs import MOST_LOOP_PS, MOST_ROUNDS, NetRxRun
from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.tape.vocabulary import RingKind
from kbview.ui import format as fmt
from kbview.ui import trend
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size, first_that_fits, whole

_LABEL = 18
_WAYS = {"irq_exit": "irq", "local_bh_enable": "call", "ksoftirqd": "ksoftirqd"}


class InterruptsPanel(Panel):
    """Two histories on top of each other, with the toggles marked."""

    name = "interrupts"
    title = "interrupts against polls"
    help = (
        ("irq", DEFINITIONS["interrupts"]),
        ("of these sent", DEFINITIONS["completion_interrupts"]),
        ("poll", DEFINITIONS["polls"]),
        ("empty", DEFINITIONS["empty_polls"]),
        ("squeezed", DEFINITIONS["squeezes"]),
        ("softirq", DEFINITIONS["softirqs"]),
        (
            "irq 3 %  call 60 %",
            (
                "of the softirq's runs, those that began as an interrupt ended, in a system call on "
                "the caller's time, and in ksoftirqd; shown where not all were the first"
            ),
        ),
        (
            "run 128 of 300 packets",
            (
                "the latest run of net_rx_action: it may poll netdev_budget packets for "
                "netdev_budget_usecs; a run that leaves work is restarted, ten times at most in 2 ms"
            ),
        ),
        ("17 a poll", "frames taken from the rings, divided by the polls that found any"),
        (
            "masked, armed",
            (
                "the NIC's vector is masked from its handler until polling finds the ring empty; "
                "other interrupts of the core still come"
            ),
        ),
    )
    needs = frozenset({"interrupts", "polls"})
    least, weight = 3, 16
    most = 13

    def summary(self, state: State) -> str:
        """What the vectors do."""
        vectors = [ring.masked for ring in state.meters.rings if ring.kind == RingKind.RX]
        if not vectors or None in vectors:
            return "no irq" if vectors else ""
        if len(vectors) == 1:
            return "masked" if vectors[0] else "armed"
        return f"{sum(map(bool, vectors))}/{len(vectors)} masked"

    def body(self, state: State, size: Size) -> list[Row]:
        """The histories, the datapaths they belong to, and the numbers in words."""
        spare = size.height - 2
        words = _words(state, size.width)[: max(0, min(3, spare))]
        height = max(1, (size.height - len(words)) // 2)
        rows: list[Row] = []
        for name, label, style in (("interrupts", "irq", "hardirq"), ("polls", "poll", "softirq")):
            rate = fmt.rate(state.histories.rate(name))
            heading: Row = [(f"{label:<7}", "text"), (f"{rate:<9}", "strong")]
            drawn = trend.chart(state.histories, name, size.width - _LABEL, height, style)
            rows += trend.labelled(heading, drawn, _LABEL)
        names = [(" " * _LABEL, "text"), *trend.names(state.histories, size.width - _LABEL)]
        return [*rows, *(_beside(word, names) if not at else word for at, word in enumerate(words))]


def _beside(words: Row, names: Row) -> Row:
    """The names of the datapaths share a row with the first words where there are any."""
    return [words[0], *names[1:]]


def _ways_in(state: State) -> list[Row]:
    """How softirqs were entered, if not only by interrupts."""
    shares = state.entries.shares()
    if not shares.keys() - {"irq_exit"}:
        return []
    parts = [f"{word} {fmt.percent(shares.get(by, 0))}" for by, word in _WAYS.items()]
    return [[("by ", "dim"), ("  ".join(parts), "text")]]


def _completions(state: State) -> list[Row]:
    """The interrupts that only sent frames caused, where there are any."""
    recent = state.histories.recent()
    before, after = (one.meters.completion_interrupts for one in recent) if recent else (None, None)
    if recent is None or not after or after == before:
        return []
    rate = fmt.rate((after - (before or 0)) * 1e12 / recent.duration_ps)
    return [[("of these sent ", "dim"), (rate, "text"), (" (completions)", "dim")]]


def _run(state: State, width: int) -> list[Row]:
    """The latest run of net_rx_action, where single events are told."""
    run = state.runs.latest
    if run is None:
        return []
    now_ps = state.now_ps if run.ended_ps is None else run.ended_ps
    packets, time = _packets(run), _of(now_ps - run.begun_ps, run.budget_ps)
    again = f"; round {run.round} of {MOST_ROUNDS}" if run.round else ""
    parts: list[tuple[Row, int]] = [
        ([("run ", "dim"), (packets, "text")], 9),
        ([(f", {time}", "text")], 7),
        ([(again, "text")], 3),
        ([(f": {run.ending}", "text")], 8),
    ]
    return [whole(parts, width)]


def run_words(run: NetRxRun, now_ps: int, room: int) -> str:
    """Packets, polls, time and round of a run with their limits, and the reason of its end.

    The polls and the time of the loop are left out where the sentence is longer than `room` cells.
    """
    now_ps = now_ps if run.ended_ps is None else run.ended_ps
    polls = "1 poll" if run.polls == 1 else f"{run.polls} polls"
    took = _of(now_ps - run.begun_ps, run.budget_ps)
    again, loop = "", ""
    if run.round:
        again = f"; round {run.round} of {MOST_ROUNDS}"
        loop = f", {_of(now_ps - run.loop_ps, MOST_LOOP_PS)}"
    texts = (
        f"{_packets(run)} in {polls}, {took}{again}{loop}; {run.ending}.",
        f"{_packets(run)}, {took}{again}{loop}; {run.ending}.",
        f"{_packets(run)}, {took}{again}; {run.ending}.",
    )
    return first_that_fits(texts, room)


def _packets(run: NetRxRun) -> str:
    if run.budget is not None:
        return f"{run.packets} of {run.budget} packets"
    return "1 packet" if run.packets == 1 else f"{run.packets} packets"


def _of(took_ps: int, most_ps: int | None) -> str:
    """A time, with its limit where that is known."""
    return fmt.duration(took_ps) if most_ps is None else fmt.part_of(took_ps, most_ps)


def _words(state: State, width: int) -> list[Row]:
    histories, meters = state.histories, state.meters
    polls = histories.change("polls")
    empty = fmt.percent(histories.change("empty_polls") / polls) if polls else "-"
    found = polls - histories.change("empty_polls")
    recent = histories.recent()
    taken = taken_from_rings(recent) if recent else 0
    begun = recent.stages().get("napi_poll") if recent else None
    if begun is not None:  # a poll is counted when it ends; its frames before that
        found = max(found, begun.count - histories.change("empty_polls"))
    each = fmt.quantity(taken / found) if found and taken >= found else "-"
    return [
        [(f"empty {empty}".ljust(_LABEL), "dim")],
        *_completions(state),
        *_ways_in(state),
        [
            (f"{each} a poll  softirq {fmt.rate(histories.rate('softirqs'))}  ", "dim"),
            (f"squeezed {fmt.quantity(meters.squeezes)}", "accent" if meters.squeezes else "dim"),
        ],
        *_run(state, width),
    ]
