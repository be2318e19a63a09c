"""The sentence: the event, its place and cost, and below it the reason.

 skb_alloc  build_skb()  cpu0 softirq  24 ns, verified (PK)      step 5 of 23, #28
 The kernel's record of the packet is built around the buffer; nothing is copied.

In play the first row is the datapath's line and the second the weightiest sentence of the last
moments. The first row leaves out whole parts where it is narrow; the sentence is wrapped and never cut.
"""

import re
from textwrap import wrap

from kbview.state.journeys import JourneyEvent
from kbview.state.player import Player
from kbview.state.why import explain
from kbview.tape import events as ev
from kbview.tape.event import NO_PACKET, Event
from kbview.tape.steps import meaning_of
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.chrome import machine_words, title_words
from kbview.ui.panels.interrupts import run_words
from kbview.ui.row import Row, Run, Size, fit, length, spread
from kbview.ui.session import Session

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LONGEST_WORD = 10  # of a sentence about a run: at the end of a row so many cells may stay empty
_UNBOUNDED = Size(1 << 20, 2)  # of a sentence that is copied
Part = tuple[Run, int]  # a run of text, and how much it is worth


def draw(session: Session, size: Size) -> list[Row]:
    """The first row, or the message in its place, and the sentence."""
    player = session.player
    told: list[Row] = [
        [(f" {line}", "text")] for line in wrap(_sentence(session, size), size.width - 2)
    ]
    if session.message:
        rows = message_rows(session, size.width)
    elif player.until is not None:
        rows = [[(" running until ", "accent"), (clean(player.until.what), "text")]]
    elif player.playing or player.state.last_event is None:
        rows = _summary(player, size.width)
    else:
        rows = [_step(session, player.state.last_event, size.width)]
    if session.message and len(rows) + len(told) > size.height:
        told = []  # a part of a sentence would say something else
    shown = [*rows, *told][: size.height]
    return [fit(row, size.width) for row in shown + [[] for _ in range(size.height - len(shown))]]


def message_rows(session: Session, width: int) -> list[Row]:
    """The message of the session in as many rows as it needs."""
    style = "bad" if session.failed else "accent"
    return [fit([(f" {line}", style)], width) for line in wrap(clean(session.message), width - 2)]


def plain(session: Session) -> str:
    """The sentence as text; in a pause its place and time come first. "" if nothing happened."""
    event, told = session.player.state.last_event, _sentence(session, _UNBOUNDED)
    if session.player.playing or event is None:
        return told
    place = f"{place_of(event)}, at {fmt.fine_clock(session.player.state.now_ps)}"
    return ": ".join(filter(None, [place, told]))


def _sentence(session: Session, size: Size) -> str:
    state = session.player.state
    event = state.last_event
    if session.player.playing or event is None:
        return clean(state.why or state.note)
    if isinstance(event, ev.SoftirqExited) and (run := state.runs.of(event.cpu)):
        rows = size.height - 1
        room = rows * (size.width - 2) - (rows - 1) * _LONGEST_WORD
        return run_words(run, state.now_ps, room)
    return clean(
        explain(event).text or meaning_of(event, state.stations).why or state.why or state.note
    )


def _summary(player: Player, width: int) -> list[Row]:
    """The datapath and its summary; a banner that does not fit beside it takes the rows it needs."""
    row = _datapath(player, width)
    lines = wrap(clean(player.state.meters.banner), width - 2)
    if not lines or any(style == "marker" for _, style in row):
        return [row]
    return [[(f" {line}", "marker")] for line in lines]


def _datapath(player: Player, width: int) -> Row:
    state, profile = player.state, clean(player.source.heading.profile)
    banner = state.meters.banner
    told: Run = (f"  {clean(banner or state.summary)}", "marker" if banner else "dim")
    parts: list[Part] = [
        ((f" {clean(state.datapath)}", "accent"), 1 if banner else 2),
        (told, 3 if banner else 1),
    ]
    row = _fitting(parts, width)
    # The machine of the profile stands here if the title has no room for its words.
    room = 0 if banner or title_words(player, width) else width - length(row) - len(profile) - 5
    words = machine_words(player, room)
    return spread(row, [(f"{profile}: {words} ", "dim")], width) if words else row


def title_of(event: Event) -> str:
    """A step by its name, another event by the words of its class: "frame arrived"."""
    if isinstance(event, ev.StepTaken):
        return clean(event.step)
    return _WORD.sub(" ", type(event).__name__).lower()


def place_of(event: Event) -> str:
    """The place of an event and its cause, in a few words: "cpu0, by syscall, #28"."""
    cpu, packet = getattr(event, "cpu", -1), getattr(event, "packet", NO_PACKET)
    match event:
        case ev.ModeSwitched():
            told = f"to {event.to} mode by {'an interrupt' if event.why == 'irq' else event.why}"
        case ev.ContextSwitched():
            told = f"{event.to} runs"
        case ev.PacketDropped():
            told = f"at {event.where}: {event.reason}"
        case ev.FrameMissed() | ev.IrqRaised():
            told = f"queue {event.queue}"
        case _:
            told = title_of(event)
    parts = [f"cpu{cpu}" if cpu >= 0 else "", told, fmt.packet(packet) if packet != NO_PACKET else ""]
    return clean(", ".join(filter(None, parts)))


def reached(said: str, event: Event, width: int) -> str:
    """The goal of a run with its place, in a row: the viewer has chosen the goal, so it gives way."""
    place = place_of(event)
    told = f"{said}: {place}"
    return told if len(told) <= width - 2 else f"reached: {place}"


def _step(session: Session, event: Event, width: int) -> Row:
    """The parts that fit, the name first, then place, cost, packet and origin."""
    packet, cpu = getattr(event, "packet", NO_PACKET), getattr(event, "cpu", -1)
    function = meaning_of(event, session.player.state.stations).function
    took = getattr(event, "duration_ps", 0)
    place = " ".join(filter(None, [f"cpu{cpu}" if cpu >= 0 else "", getattr(event, "account", "")]))
    left: list[Part] = [
        ((f" {title_of(event)}", "strong"), 9),
        ((f"  {function}" if function else "", "text"), 5),
        ((f"  {place}" if place else "", "dim"), 6),
        ((f"  {fmt.duration(took)}" if took else "", "strong"), 7),
        ((_origin(session, event), "dim"), 3),
    ]
    right: list[Part] = [
        ((_number(session, event, packet), "text"), 4),
        ((f"  {fmt.packet(packet)}" if packet != NO_PACKET else "  shared", "strong"), 8),
        ((f"  event {session.player.state.position} ", "dim"), 2),
    ]
    kept = _keep([*left, *right], width - 1)
    row: Row = [part[0] for part in left if part in kept]
    return spread(row, [part[0] for part in right if part in kept], width)


def _number(session: Session, event: Event, packet: int) -> str:
    """Which step of its packet an event is."""
    stops: list[JourneyEvent] = session.journeys.stops(packet) if session.packet != NO_PACKET else []
    at = next((at for at, stop in enumerate(stops, 1) if stop.event is event), 0)
    return f"  step {at}" if at else ""


def _origin(session: Session, event: Event) -> str:
    costs = session.player.source.heading.costs
    cost = costs.steps.get(event.step) if costs and isinstance(event, ev.StepTaken) else None
    return f", {cost.confidence} ({clean(cost.source).split(';')[0]})" if cost else ""


def _keep(parts: list[Part], width: int) -> list[Part]:
    """As many parts as fit; the parts of the least worth are left out first."""
    kept = [part for part in parts if part[0][0]]
    while kept and length([part[0] for part in kept]) > width:
        kept.remove(min(kept, key=lambda part: part[1]))
    return kept


def _fitting(parts: list[Part], width: int) -> Row:
    return [part[0] for part in _keep(parts, width)]
