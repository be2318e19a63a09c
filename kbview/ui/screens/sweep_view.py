"""The Sweep: one setting over a range while the demo goes on, and the point where the demo is.

─ settings ────────── ─ delivered [frames/s] ───────── 11 of 18 ─
 rate_pps  2500000    o kernel  x dpdk  # the demo
▸ring         1024   2.5M ┤                         xxxxxxxx│
 moderation_us  16        │                    xxxxx        │
 rcvbuf     212992   1.8M ┤        oooooooooooo#ooooooooooo│
"""

from collections.abc import Iterator
from functools import cached_property, partial
from textwrap import wrap
from typing import ClassVar

from textual.binding import BindingType
from textual.timer import Timer

from kbview.state.compare_run import first_beside
from kbview.tape.handover import NOTICE, does_less
from kbview.tape.handover import mark as sign
from kbview.tape.source import Capabilities, SourceError
from kbview.ui.board import Drawing
from kbview.ui.characters import clean
from kbview.ui.dictionary import Dictionary
from kbview.ui.explained import Entry, section_of, word_entries
from kbview.ui.prompt import Prompt
from kbview.ui.row import Row, Size, block, cut, length, spread, title_row
from kbview.ui.session import Session
from kbview.ui.sweeper import Sweeper, SweepKey
from kbview.ui.view import CADENCE, Arrangement, View, bindings

_LOOKS_S = 0.25  # between two looks at the process that measures
_MEANING = 3  # rows
_ROOM_FOR_MEANING = 15  # rows of a screen that has them to spare
_SHARE = 3  # the list takes one column in so many
_LIST = (24, 34)
_HERE = "#"
_NOT_SYNTHETIC = "A sweep sends the traffic of a scenario again and again. This source has none."
_GRAMMAR = "8,16,32 or 100..1000/5 or 10:90:20"
_UNTOUCHED = (
    "Enter sweeps the marked setting over a range around its present value: each point is a run of "
    "its own, emulated in the background, through this datapath and the one beside it. The curve "
    f"grows here, and {_HERE} is where the demo is."
)


class SweepView(View):
    """A sweep goes on while other screens are looked at, and in a pause."""

    view = "sweep"
    title_text = "sweep"
    most = 2
    BINDINGS: ClassVar[list[BindingType]] = bindings(view)
    help = (
        (
            "settings",
            (
                ("setting", "a key of the scenario with its present value; ↑ and ↓ move the mark"),
                ("Enter", f"asks for the values, {_GRAMMAR}, and begins"),
            ),
        ),
        (
            "curve",
            (
                ("o, x", "a datapath each: emulated runs of 20,000 frames, a fifth of them warm-up"),
                ("*", f"{NOTICE}; its numbers are for less work than a stack's"),
                (_HERE, "the running demo: its setting, and its figure over the last second of yours"),
                ("3 of 18", "points that are measured, of all"),
                ("left out", "a datapath that cannot serve this traffic, with the reason"),
            ),
        ),
    )

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._at = 0
        self._figure = 0
        self._looking: Timer | None = None

    @cached_property
    def _sweeper(self) -> Sweeper | None:
        """Made at the first look at the screen."""
        if self.session.offers.sweeper is None:
            return None
        sweeper = self.session.offers.sweeper()
        self.session.closing.append(sweeper.stop)
        return sweeper

    def lacks(self, capabilities: Capabilities) -> str | None:
        """It emulates the traffic of a scenario."""
        del capabilities
        return _NOT_SYNTHETIC if self.session.offers.sweeper is None else None

    def parts(self) -> list[str]:
        """The figure, the marked setting, and the parts of the screen."""
        sweeper = self._sweeper
        if sweeper is None:
            return []
        return [sweeper.figures[self._figure], self._marked.name, *super().parts()]

    def account(self, name: str, words: Dictionary) -> list[Entry]:
        """The definition of the figure or of the setting, or the words of a part."""
        sweeper = self._sweeper
        if sweeper is not None and name in sweeper.figures:
            return [(sweeper.title(name), sweeper.meaning(name)), *word_entries(name, words)]
        if sweeper is not None and name == self._marked.name:
            return [(name, self._marked.meaning), *word_entries(name, words)]
        return list(section_of(name, self.help))

    def lay_out(self, size: Size) -> Arrangement:
        """The list at the left, the curve at the right with the meaning of the marked setting below."""
        width = min(max(size.width // _SHARE, _LIST[0]), _LIST[1])
        listed = Drawing(self._draw_list, size.height, CADENCE)
        below = _MEANING if size.height >= _ROOM_FOR_MEANING else 0
        curve = Drawing(self._draw_curve, size.height - below, CADENCE)
        meaning = Drawing(self._draw_meaning, below, CADENCE)
        return Arrangement((), [(width, [listed]), (0, [curve, meaning])])

    # ---- keys ------------------------------------------------------------------------------

    def action_mark(self, by: int) -> None:
        """Move the mark in the list."""
        if self._sweeper is not None:
            self._at = min(max(0, self._at + by), len(self._sweeper.settings()) - 1)
            self.show()

    def action_figure(self) -> None:
        """The next figure of the same sweep."""
        if self._sweeper is not None:
            self._figure = (self._figure + 1) % len(self._sweeper.figures)
            self.show()

    def action_run(self) -> None:
        """Ask for the values of the marked setting."""
        sweeper = self._sweeper
        if sweeper is None:
            return
        key = self._marked
        asks = f"sweep {_short(key.name)} over"
        proposed = sweeper.proposal(key.name)
        box = Prompt(asks, _GRAMMAR, proposed, self.session.theme, self.session.ascii)
        self.app.push_screen(box, partial(self._begin, sweeper, key))

    def action_give_up(self) -> None:
        """End the sweep; its finished points stay."""
        if self._sweeper is not None:
            self._sweeper.stop()
            self.show()

    def _begin(self, sweeper: Sweeper, key: SweepKey, values: str | None) -> None:
        if values is None:
            return
        try:
            sweeper.start(key.name, values.strip(), self._datapaths())
        except SourceError as error:
            self.say(str(error))
        else:
            self.session.message = ""
            if self._looking is None:
                self._looking = self.set_interval(_LOOKS_S, partial(self._look, sweeper))
            self._looking.resume()
        self.show()

    def _look(self, sweeper: Sweeper) -> None:
        """Take what is finished, and rest when no more will come."""
        changed = sweeper.gather()
        if not sweeper.state.running and self._looking is not None:
            self._looking.pause()
            changed = True
        if changed and self.is_current:
            self.show()

    def _datapaths(self) -> list[str]:
        """The datapath that is shown and the next one, in the source's order."""
        source, current = self.session.player.source, self.session.player.state.datapath
        beside = first_beside(source.choices(), current, source.heading.tcp)[:1]
        return sorted([current, *beside], key=source.datapaths().index)

    # ---- drawing ---------------------------------------------------------------------------

    @property
    def _marked(self) -> SweepKey:
        keys = self._sweeper.settings() if self._sweeper is not None else ()
        return keys[self._at] if keys else SweepKey("", "", "", "")

    def _draw_list(self, size: Size) -> list[Row]:
        keys = self._sweeper.settings() if self._sweeper is not None else ()
        room = size.height - 1
        first = min(max(0, self._at - room // 2), max(0, len(keys) - room))
        rows = [title_row("settings", f"{self._at + 1} of {len(keys)}", size.width)]
        for at, key in enumerate(keys[first : first + room], first):
            marked = at == self._at
            name: Row = [
                ("▸" if marked else " ", "pointer"),
                (cut(_short(key.name), size.width - 2), "strong" if marked else "text"),
            ]
            rows.append(spread(name, [(f" {key.value}", "dim")], size.width))
        return block(rows, size)

    def _draw_curve(self, size: Size) -> list[Row]:
        sweeper = self._sweeper
        if sweeper is None:
            return block([], size)
        state, figure = sweeper.state, sweeper.figures[self._figure]
        progress = f"{state.done} of {state.of}" if state.key else ""
        if state.key and not state.running and state.done < state.of:
            progress += ", given up"
        rows = [title_row(sweeper.title(figure), progress, size.width)]
        room = Size(size.width, size.height - 2)
        if not state.key:
            return block([*rows, *_wrapped(_UNTOUCHED, size.width, "text")], size)
        notes = list(_wrapped(state.note, size.width, "bad")) if state.note else []
        room = Size(room.width, room.height - len(notes))
        lines = sweeper.draw(figure, room, self.session.player.state.histories.recent())
        return block(
            [*rows, _legend(sweeper, size.width), *(_curve_row(line) for line in lines), *notes], size
        )

    def _draw_meaning(self, size: Size) -> list[Row]:
        key = self._marked
        told = " ".join(filter(None, [f"{_short(key.name)}:", key.meaning]))
        unit = f"in {key.unit}" if key.unit else ""
        return block(
            [title_row("setting", unit, size.width), *_wrapped(told, size.width, "text")], size
        )


def _legend(sweeper: Sweeper, width: int) -> Row:
    """The marks of the datapaths and of the demo; where there is room, the meaning of `*`."""
    names = [name for _, name in sweeper.curves]
    marks: Row = [(f" {mark} {clean(name)}{sign(name)} ", "text") for mark, name in sweeper.curves]
    less = f"   * {NOTICE.partition(':')[0]}" if any(map(does_less, names)) else ""
    told: Row = [*marks, (f" {_HERE}", "pointer"), (" the demo", "dim")]
    return [*told, (less, "dim")] if length(told) + len(less) <= width else told


def _short(name: str) -> str:
    return name.removeprefix("traffic.")


def _wrapped(text: str, width: int, style: str) -> Iterator[Row]:
    for line in wrap(clean(text), width - 2):
        yield [(f" {line}", style)]


def _curve_row(line: str) -> Row:
    """A line of the plot; the demo's own point stands out."""
    before, here, after = line.partition(_HERE)
    return [(before, "text"), (here, "pointer"), (after, "text")] if here else [(line, "text")]
