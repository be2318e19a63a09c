"""The rows around the panels: the title above, the sentence of why and the keys below."""

from collections.abc import Sequence

from kbview.state.player import Player
from kbview.state.why import explain
from kbview.tape.events import NO_PACKET, Event
from kbview.tape.meaning import meaning_of
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, cut, fit, length, spread

_NAME = 4  # cells that are left of a long name


def title(player: Player, size: Size) -> list[Row]:
    """Where the numbers come from, which way the packets go, and how fast time passes."""
    heading, state = player.source.heading, player.state
    packet = f"  #{state.packet}" if state.packet != NO_PACKET else ""
    right: Row = [
        (_pace(player), "strong"),
        (f"  t {fmt.clock(state.now_ps):>10}", "text"),
        (f"{packet} ", "dim"),
    ]
    datapath = f"{clean(state.datapath)} "
    origin = f" {clean(heading.label)} "
    needed = len(origin) + _NAME + length([(datapath, "")]) + 4
    while len(right) > 1 and needed + length(right) > size.width:
        right.pop()  # the pace is the last to go
    room = size.width - length(right) - needed + _NAME
    left: Row = [
        (origin, "origin"),
        (f" {cut(clean(heading.name), max(room, _NAME))} ", "title"),
        ("→ ", "dim"),
        (datapath, "accent"),
    ]
    return [spread(left, right, size.width)]


def _pace(player: Player) -> str:
    if player.ended:
        return "■ ended"
    if player.until is not None:
        return "▶ running until"
    if player.following:
        return "▶ as it happens"
    speed = "as fast as it goes" if player.speed_ps is None else f"1 s = {_speed(player.speed_ps)}"
    return f"{'▶' if player.playing else '‖'} {speed}"


def _speed(speed_ps: int) -> str:
    return f"{speed_ps} ps" if speed_ps < 1000 else fmt.duration(speed_ps)


def why(player: Player, message: str, size: Size) -> list[Row]:
    """A message if there is one, else why things are as they are; paused, what happened last."""
    if message:
        return [fit([(" " + cut(clean(message), size.width - 1), "bad")], size.width)]
    state = player.state
    if player.until is not None:
        return [fit([(" until ", "accent"), (clean(player.until.what), "text")], size.width)]
    row: Row = [(" why: ", "accent")]
    text = state.why
    if not player.playing and state.last_event is not None:
        row.append((f"{_told(state.last_event)}  ", "strong"))
        text = explain(state.last_event).text or meaning_of(state.last_event).why
    room = size.width - length(row)
    return [fit([*row, (cut(clean(text or state.note), room), "text")], size.width)]


def _told(event: Event) -> str:
    """An event in a few words: its name, its step, its packet."""
    packet = getattr(event, "packet", NO_PACKET)
    words = [type(event).__name__, getattr(event, "step", "")]
    return clean(" ".join(filter(None, [*words, f"#{packet}" if packet != NO_PACKET else ""])))


def keys(hints: Sequence[tuple[str, str]], size: Size) -> list[Row]:
    """The keys that exist, as many as there is room for."""
    row: Row = [(" ", "text")]
    for key, what in hints:
        hint: Row = [(key, "key"), (f" {what}  ", "dim")]
        if length(row) + length(hint) - 2 <= size.width:
            row += hint
    return [fit(row, size.width)]
