"""The rows around the panels: the title above and the keys below.

EMULATED xdp18: no mitigations  http.pcap → kernel    ▶ 1 s = 200 µs  t  12.480 ms
space play  . step  , back  t bypass  ? help  q quit  1-7 screens  m datapath
"""

from collections.abc import Sequence

from kbview.state.player import Player
from kbview.tape.event import NO_PACKET
from kbview.ui import format as fmt
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, cut, fit, length, spread

_WAYS_OUT = ("help", "quit")
_NAME = 4  # cells that are left of a long name


def title(player: Player, size: Size) -> list[Row]:
    """Where the numbers come from, which way the packets go, and how fast time passes.

    Slow or paused the time has all its digits, so that a step of a few ns is seen. In a narrow terminal
    the packet is left out first, then the profile; the pace stays. The words of the profile's machine
    stand behind its name, as many as fit.
    """
    way: Row = [("→ ", "dim"), (f"{clean(player.state.datapath)} ", "accent")]
    right = _right(player)
    label, name = clean(player.source.heading.label), clean(player.source.heading.name)
    short = label.removesuffix(player.source.heading.profile).rstrip()
    for origin, kept in ((label, 3), (label, 2), (short, 2), (short, 1)):
        room = size.width - length([*way, *right[:kept]]) - len(origin) - 4
        if room >= (len(name) if kept > 1 and origin == label else _NAME):
            break
    if words := title_words(player, size.width):
        origin = f"{label}: {words}"
        kept = 3 if length([*way, *right]) + len(f"{origin}{name}") + 4 <= size.width else 2
    left: Row = [(f" {origin} ", "origin"), (f" {cut(name, max(room, _NAME))} ", "title"), *way]
    return [spread(left, right[:kept], size.width)]


def title_words(player: Player, width: int) -> str:
    """The words of the machine that a title has room for; "" for none."""
    heading = player.source.heading
    told = f" {heading.label}:   {heading.name} → {player.state.datapath} "
    return machine_words(player, width - len(clean(told)) - 1 - length(_right(player)[:2]))


def machine_words(player: Player, width: int) -> str:
    """The machine of the profile in words, as many as fit; "" where costs are measured or none fit.

    The summary of a profile ends with the kernel and its mitigations, which change costs most.
    """
    costs = player.source.heading.costs
    parts = clean(costs.summary).split(", ") if costs else []
    ends = (", ".join(parts[at:]) for at in range(len(parts)))
    return next((words for words in ends if len(words) <= width), "")


def _right(player: Player) -> Row:
    """Pace, time and the packet that arrived last."""
    state = player.state
    packet = f"  {fmt.packet(state.packet)}" if state.packet != NO_PACKET else ""
    clock = fmt.clock if player.playing and not player.slow else fmt.fine_clock
    return [
        (_pace(player), "strong"),
        (f"  t {clock(state.now_ps):>10}", "text"),
        (f"{packet} ", "dim"),
    ]


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


def keys(hints: Sequence[tuple[str, str]], size: Size) -> list[Row]:
    """The keys that exist, as many as there is room for; the keys of help and quit always."""
    found: list[Row] = [[(key, "key"), (f" {what}  ", "dim")] for key, what in hints]
    ways_out = [at for at, (_, what) in enumerate(hints) if what in _WAYS_OUT]
    room = size.width + 1 - sum(length(found[at]) for at in ways_out)
    kept = set(ways_out)
    for at, hint in enumerate(found):
        if at not in kept and length(hint) <= room:
            kept.add(at)
            room -= length(hint)
    row: Row = [(" ", "text"), *(run for at in sorted(kept) for run in found[at])]
    return [fit(row, size.width)]
