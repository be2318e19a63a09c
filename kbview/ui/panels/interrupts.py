"""Interrupts against polls: which of the two brings the packets in, and what the vector does now."""

from kbview.state.flows import taken_from_rings
from kbview.state.softirq_runs import NetRxRun
from kbview.state.state import State
from kbview.tape.meter import DEFINITIONS
from kbview.tape.vocabulary import RingKind
from kbview.ui import format as fmt
from kbview.ui import trend
from kbview.ui.panel import Panel
from kbview.ui.row import Row, Size

_LABEL = 18
_WAYS = {"irq_exit": "irq", "local_bh_enable": "call", "ksoftirqd": "ksoftirqd"}


class InterruptsPanel(Panel):
    """Two histories on top of each other, with the toggles marked."""

    name = "interrupts"
    title = "interrupts against polls"
    help = (
        ("irq", DEFINITIONS["interrupts"]),
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
            "run 128 packets",
            (
                "the latest run of net_rx_action: it may poll netdev_budget packets (300) for "
                "netdev_budget_usecs; a loop restarts it at most ten times within 2 ms"
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
        words = _words(state)[: max(0, min(3, spare))]
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


def _run(state: State) -> list[Row]:
    """The latest run of net_rx_action, where single events are told."""
    run = state.runs.latest
    return [] if run is None else [[("run ", "dim"), (run_words(run, state.now_ps), "text")]]


def run_words(run: NetRxRun, now_ps: int) -> str:
    """Packets, polls, time and round of a run, and the reason of its end."""
    took_ps = (now_ps if run.ended_ps is None else run.ended_ps) - run.begun_ps
    packets = "1 packet" if run.packets == 1 else f"{run.packets} packets"
    polls = "1 poll" if run.polls == 1 else f"{run.polls} polls"
    again = f", round {run.round}" if run.round > 1 else ""
    return f"{packets}, {polls}, {fmt.duration(took_ps)}{again}: {run.ending}"


def _words(state: State) -> list[Row]:
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
        *_ways_in(state),
        [
            (f"{each} a poll  softirq {fmt.rate(histories.rate('softirqs'))}  ", "dim"),
            (f"squeezed {fmt.quantity(meters.squeezes)}", "accent" if meters.squeezes else "dim"),
        ],
        *_run(state),
    ]
