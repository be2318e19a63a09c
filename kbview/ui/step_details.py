"""The account of one step of a journey: when, what, why, and what it costs with where that is from."""

from collections.abc import Sequence
from textwrap import wrap

from kbview.state.journeys import JourneyEvent
from kbview.tape import events as ev
from kbview.tape.cost import CostTable, StepCost
from kbview.tape.source import Heading, Origin
from kbview.tape.steps import meaning_of
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.dictionary import words_of
from kbview.ui.row import Row, Size, fit, spread
from kbview.ui.session import Session

HELP = (
    ("when", "trace time, and the time since the packet arrived"),
    ("what", "the function of the kernel, driver or library that is at work"),
    (
        "shared",
        "work that is nobody's packet's own, such as an interrupt: all that waited profit from it",
    ),
    ("cost", "what the emulator charges for the step: cycles scale with the clock, nanoseconds do not"),
    ("verified", "published for such a machine, with its measurement"),
    ("derived", "worked out from published numbers"),
    ("recalled", "from the literature, within a range, for a machine like it"),
    ("assumed", "nobody's number: chosen by this project"),
)
_TERM = 8


def draw(session: Session, stops: Sequence[JourneyEvent], at: int, size: Size) -> list[Row]:
    """The rows of one stop."""
    stop, heading = stops[at], session.player.source.heading
    meaning = meaning_of(stop.event, session.player.state.stations)
    rows = [_rule(session.packet, stops, at, size.width)]
    rows += _entry("when", _when(stops, at), size.width)
    rows += _entry("what", meaning.function or "-", size.width)
    rows += _entry("why", meaning.why, size.width)
    return rows + _entry("cost", _cost(stop.event, heading), size.width)


def name(stop: JourneyEvent) -> str:
    """A step by its name, another event by the words of its class."""
    event = stop.event
    return clean(event.step) if isinstance(event, ev.StepTaken) else words_of(type(event))


def _rule(packet: int, stops: Sequence[JourneyEvent], at: int, width: int) -> Row:
    event = stops[at].event
    cpu = getattr(event, "cpu", -1)
    where = [f"cpu{cpu}" if cpu >= 0 else "no cpu", str(getattr(event, "account", ""))]
    shared = ["shared"] if stops[at].shared else []
    left: Row = [
        ("─ ", "rule"),
        (fmt.packet(packet), "title"),
        (f" at {at + 1} of {len(stops)}: ", "dim"),
        (name(stops[at]), "strong"),
        (" ", "rule"),
    ]
    right = " ".join(filter(None, [*shared, *where]))
    return spread(left, [(f" {right} ", "dim"), ("─", "rule")], width, ("─", "rule"))


def _entry(term: str, text: str, width: int) -> list[Row]:
    lines = wrap(text, max(20, width - _TERM - 2)) or [""]
    heads = [term, *[""] * (len(lines) - 1)]
    return [
        fit([(f" {head:<{_TERM}}", "accent"), (line, "text")], width)
        for head, line in zip(heads, lines, strict=True)
    ]


def _when(stops: Sequence[JourneyEvent], at: int) -> str:
    stop, first = stops[at], stops[0]
    begin = "it arrived" if isinstance(first.event, ev.FrameArrived) else "the first of these steps"
    text = f"{fmt.clock(stop.time_ps)}, {fmt.duration(stop.time_ps - first.time_ps)} after {begin}"
    if stop.duration_ps:
        text += f"; took {fmt.duration(stop.duration_ps)}"
    gap_ps = stops[at + 1].time_ps - stop.time_ps - stop.duration_ps if at + 1 < len(stops) else 0
    return (
        f"{text}; then {fmt.duration(gap_ps)} until the next" if gap_ps > 0 and not stop.ends else text
    )


def _cost(event: ev.Event, heading: Heading) -> str:
    if not isinstance(event, ev.StepTaken):
        return "none of its own: it marks a moment, the work is in the steps around it"
    if heading.costs is None:
        measured = heading.origin is not Origin.EMULATED
        return "as it was measured; no table of costs came with it" if measured else "no table of costs"
    cost = heading.costs.steps.get(event.step)
    if cost is None:
        return "not in the table of costs that came with this tape"
    return clean(f"{_formula(cost, heading.costs)}; {cost.confidence}, from {cost.source}. {cost.note}")


def _formula(cost: StepCost, table: CostTable) -> str:
    parts = [
        f"{cost.cycles:g} cycles at {table.clock_hz / 1e9:g} GHz" if cost.cycles else "",
        f"{cost.ns:g} ns at any clock" if cost.ns else "",
        f"{cost.cycles_per_byte:g} cycles a byte" if cost.cycles_per_byte else "",
        f"{cost.ns_per_byte:g} ns a byte" if cost.ns_per_byte else "",
    ]
    return " + ".join(filter(None, parts)) or "nothing"
