"""The keys: one table for the bindings, the line at the bottom and the help."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches
from typing import NamedTuple

from kbview.state.destination import EXAMPLES
from kbview.state.marker import RULES_HELP
from kbview.state.summary import EXAMPLES as FILTERS
from kbview.tape.source import SourceError
from kbview.ui.key_names import names, spelling


class Key(NamedTuple):
    """`id` is the name under which it can be remapped; `shown` is how the screen spells it.

    `action` is the Textual action of the screen or the shell; "" where a part of the shell holds the
    command under the key's id.

    `hint` is its word in the bottom line, "" for a key that is only in the help. The line is cut
    from the right where it does not fit, so the most needed come first. `view` is the screen that has
    the key, "" for all.
    """

    id: str
    keys: str
    shown: str
    action: str
    hint: str
    meaning: str
    view: str = ""
    pair: str = ""  # how the bottom line spells it together with its opposite

    @property
    def bound(self) -> str:
        """The action that Textual binds to the key."""
        return self.action or f"press('{self.id}')"


KEYS: tuple[Key, ...] = (
    Key("play", "space", "space", "", "play", "play or pause"),
    Key("step", "full_stop", ".", "", "step", "pause, and go on by one event"),
    Key("back", "comma", ",", "", "back", "pause, and go back by one event"),
    Key("toggle", "t", "t", "", "bypass", "toggle kernel and bypass on the running traffic"),
    Key("help", "question_mark", "?", "", "help", "the words, and what is selected; again to leave"),
    Key("quit", "q", "q", "end", "quit", "quit at once"),
    Key("choose", "m", "m", "", "datapath", "choose any datapath for the running traffic"),
    Key("faster", "plus,equals_sign", "+", "", "faster", "more trace time in a second of yours"),
    Key("slower", "minus", "-", "", "slower", "in slow motion each packet can be followed"),
    Key("until", "u", "u", "", "until", "run until a drop, a mode switch, a full queue ..."),
    Key("go", "g", "g", "", "go", "go to a time, a share of the tape or a packet: " + EXAMPLES),
    Key("lesson", "n", "n", "", "lesson", "begin or take up a lesson; in a lesson: answer, or go on"),
    Key("lesson_back", "b", "b", "", "", "the step of the lesson before"),
    Key("lesson_away", "N", "N", "", "", "put the lesson away; n takes it up again"),
    Key("lessons", "L", "L", "", "", "the list of lessons: the lecture, section by section"),
    Key("class", "A", "A", "", "", "present: who has answered, and how the answers are spread"),
    Key("packet", "greater_than_sign", ">", "", "", "pause, and go on to the next arrival"),
    Key("packet_back", "less_than_sign", "<", "", "", "back to the arrival before"),
    Key("stage", "s", "s", "", "", "pause, and go on until a packet changes its station"),
    Key("stage_back", "S", "S", "", "", "back to the change of station before"),
    Key("later", "right", "→", "", "", "leap by what passes in a second at this speed"),
    Key("earlier", "left", "←", "", "", "leap back by as much"),
    Key("much_later", "shift+right", "shift →", "", "", "leap by ten times as much"),
    Key("much_earlier", "shift+left", "shift ←", "", "", "leap back by ten times as much"),
    Key("home", "home", "Home", "", "", "to the beginning of the tape"),
    Key("tape_end", "end", "End", "", "", "to the end of the tape, where the source writes"),
    Key("mark", "M", "M", "", "", "set a marker here"),
    Key("marker", "right_square_bracket", "]", "", "", "to the next marker: " + RULES_HELP),
    Key("marker_back", "left_square_bracket", "[", "", "", "to the marker before"),
    Key("fastest", "asterisk", "*", "", "", "as fast as the machine can"),
    Key("knob", "l", "l", "", "load", "choose what of the running traffic up and down change"),
    Key("more", "up", "↑", "", "", "more of it: the next rung of its ladder"),
    Key("less", "down", "↓", "", "", "less of it"),
    Key(
        "line_up",
        "up,k",
        "↑ k",
        "select(-1)",
        "packet",
        "the packet before, or up in this part",
        "packet",
        "↑↓",
    ),
    Key(
        "line_down",
        "down,j",
        "↓ j",
        "select(1)",
        "",
        "the packet after, or down in this part",
        "packet",
    ),
    Key("filter", "slash", "/", "filter", "filter", "which packets: " + FILTERS, "packet"),
    Key("pane", "tab", "Tab", "pane", "part", "let the arrows move the next part", "packet"),
    Key("inspect", "enter", "Enter", "inspect", "journey", "the journey of this packet", "packet"),
    Key(
        "compare_choose",
        "m",
        "m",
        "choose",
        "datapaths",
        "which datapaths to compare, at most 4",
        "compare",
    ),
    Key("compare_up", "up,k", "↑ k", "scroll(-1)", "rows", "back up in the table", "compare", "↑↓"),
    Key(
        "compare_down",
        "down,j",
        "↓ j",
        "scroll(1)",
        "",
        "down in the table, to the differences in words",
        "compare",
    ),
    Key("open", "o", "o", "", "open", "open a scenario, a recording or a file of this folder"),
    Key("settings", "O", "O", "", "", "the settings of this source; it restarts with them"),
    Key("write", "w", "w", "", "", "write the tape to a file, to be watched again or sent on"),
    Key("export", "e", "e", "", "", "draw this screen to a file, as SVG"),
    Key("select", "tab", "Tab", "", "explain", "select the next part of the screen, for ? to explain"),
    Key("select_back", "shift+tab", "shift Tab", "", "", "select the part before"),
    Key("unselect", "escape", "Esc", "", "", "select nothing"),
    Key("copy", "y", "y", "", "", "copy the chosen row, or the sentence, to the clipboard (OSC 52)"),
    Key("theme", "T", "T", "theme", "theme", "the next theme"),
    Key("overview", "1", "1", "view('overview')", "", "the Overview: where packets are, wait and die"),
    Key("journey", "2", "2", "view('journey')", "", "the Journey: packets against time, step by step"),
    Key(
        "compare",
        "3",
        "3",
        "view('compare')",
        "",
        "the Compare: the same traffic through several datapaths",
    ),
    Key(
        "packet_view",
        "4",
        "4",
        "view('packet')",
        "",
        "the Packet: layers, bytes and the buffer it lies in",
    ),
    Key("costs", "5", "5", "view('costs')", "", "the Costs: nanoseconds a packet against the budget"),
    Key(
        "drops",
        "6",
        "6",
        "view('drops')",
        "",
        "the Drops: why, where, and the cure; the sockets; the cores",
    ),
    Key("sweep", "7", "7", "view('sweep')", "", "the Sweep: one setting over a range, as a curve"),
    Key("sweep_up", "up,k", "↑ k", "mark(-1)", "setting", "the setting before", "sweep", "↑↓"),
    Key("sweep_down", "down,j", "↓ j", "mark(1)", "", "the setting after", "sweep"),
    Key("sweep_page_up", "pageup", "PgUp", "mark(-10)", "", "ten settings up", "sweep"),
    Key("sweep_page_down", "pagedown", "PgDn", "mark(10)", "", "ten settings down", "sweep"),
    Key("sweep_run", "enter", "Enter", "run", "sweep", "sweep the marked setting", "sweep"),
    Key("sweep_figure", "v", "v", "figure", "figure", "the next figure of the same sweep", "sweep"),
    Key("sweep_stop", "x", "x", "give_up", "stop", "give the rest of the sweep up", "sweep"),
    Key("follow", "f", "f", "", "", "follow this packet, or nobody: steps stop at it alone"),
    Key(
        "packet_up",
        "up,k",
        "↑ k",
        "select(-1)",
        "packet",
        "the packet that arrived before",
        "journey",
        "↑↓",
    ),
    Key("packet_down", "down,j", "↓ j", "select(1)", "", "the packet that arrived after", "journey"),
    Key(
        "step_left",
        "left,h",
        "← h",
        "choose_stop(-1)",
        "step",
        "this packet's step before",
        "journey",
        "←→",
    ),
    Key("step_right", "right,l", "→ l", "choose_stop(1)", "", "this packet's next step", "journey"),
    Key(
        "step_enter",
        "enter",
        "Enter",
        "be_there",
        "go to",
        "go to the moment of this step",
        "journey",
    ),
    Key("swap", "v", "v", "swap", "table", "this packet step by step, or all against time", "journey"),
    Key("zoom_in", "z", "z", "zoom(1)", "zoom", "stretch the time around this step", "journey"),
    Key("zoom_out", "Z", "Z", "zoom(-1)", "", "see more time", "journey"),
    Key(
        "costs_swap",
        "v",
        "v",
        "swap",
        "overheads",
        "by step, by overheads, or p50 and p99 between stations",
        "costs",
    ),
    Key(
        "costs_beside",
        "x",
        "x",
        "beside",
        "other load",
        "a light load beside a flood, a flood beside a light load; again: leave it out",
        "costs",
    ),
    Key(
        "costs_keep",
        "c",
        "c",
        "keep",
        "keep",
        "keep these overheads beside those of another load or datapath; again: forget them",
        "costs",
    ),
    Key(
        "drops_swap", "v", "v", "swap", "sockets", "drops, sockets, cores with interrupt lines", "drops"
    ),
    Key("drops_order", "r", "r", "order", "order", "the sockets by rate, by queue, by drops", "drops"),
    Key("palette", "colon,ctrl+p", ": ^P", "command_palette", "", "find a command by its name"),
    Key("find", "slash", "/", "command_palette", "", "find a command or a word, as : does"),
    Key("suspend", "ctrl+z", "^Z", "suspend_process", "", "stop kbview; `fg` in the shell goes on"),
    Key("interrupt", "ctrl+c", "^C", "interrupt", "", "quit at once, from anywhere"),
)
PROMPTS = frozenset({"go", "filter", "write", "export"})
_FIRST = (frozenset({"play"}), frozenset({"play", "step", "back", "toggle"}))  # with own keys, without
_MOST = 3  # keys of its own that a screen may put before the ways out
_LAST = frozenset({"help", "quit"})
# Taken before whatever has the focus. A prompt, because what is typed into it may come along with the
# key that opens it, in one piece, over a slow line.
AT_ONCE = PROMPTS | {"interrupt"}
LESSONS = frozenset({"lesson", "lesson_back", "lesson_away", "lessons"})
IN_LESSON = (("n", "go on"), ("b", "back"), ("space", "play"), ("?", "help"), ("q", "quit"))
SELECTING = frozenset({"select", "select_back", "unselect"})
LOAD = frozenset({"knob", "more", "less"})  # of use only where the traffic can be changed
SCREENS = ("1-7", "screens")  # how the bottom line spells the keys of all screens at once


def remapped(keymap: Mapping[str, str]) -> tuple[Key, ...]:
    """The table with other keys for some commands: id -> keys as people spell them, apart by commas.

    A character stands for itself; other keys have Textual's names: space, enter, f5, ctrl+x and others.
    Errors: SourceError for an unknown id, no key, and a key that a screen has for another command.
    """
    known = {key.id for key in KEYS}
    for name, spelt in keymap.items():
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = f"did you mean {close[0]}?" if close else "`kbview config keys` lists them"
            raise SourceError(f"[keys] {name}: no such command; {hint}", 2)
        if not names(spelt):
            raise SourceError(f"[keys] {name} = {spelt!r}: names no key", 2)
    made = tuple(
        key._replace(keys=",".join(names(keymap[key.id])), shown=spelling(keymap[key.id]), pair="")
        if key.id in keymap
        else key
        for key in KEYS
    )
    _refuse_shared(made, keymap)
    return made


def _refuse_shared(made: Sequence[Key], keymap: Collection[str]) -> None:
    """SourceError if a key of `keymap` has a second command on the same screen."""
    for key in made:
        for other in made:
            shared = set(key.keys.split(",")) & set(other.keys.split(","))
            if shared and key.id in keymap and other.id != key.id and key.view == other.view:
                name = sorted(shared)[0]
                raise SourceError(f"[keys] {key.id}: {name} is the key of {other.id} already", 2)


def of(view: str) -> list[Key]:
    """The keys of a screen: its own, then the common keys. Its own hides a common one."""
    own = [key for key in KEYS if key.view == view]
    taken = {name for key in own for name in key.keys.split(",")}
    return own + [key for key in KEYS if not key.view and not taken & set(key.keys.split(","))]


def hints(view: str, idle: Collection[str] = ()) -> list[tuple[str, str]]:
    """The bottom line of a screen: play, its own keys, how to get help and out, and the rest.

    `idle` are the ids of keys without use for the source.
    """
    own = [
        (key.pair or key.shown, key.hint)
        for key in KEYS
        if key.view == view and key.hint and key.id not in idle
    ]
    common = [key for key in of(view) if not key.view and key.hint and key.id not in idle]
    first = [(key.shown, key.hint) for key in common if key.id in _FIRST[not own]]
    last = [(key.shown, key.hint) for key in common if key.id not in _FIRST[not own] | _LAST]
    ways_out = [(key.shown, key.hint) for key in common if key.id in _LAST]
    return [*first, *own[:_MOST], *ways_out, SCREENS, *own[_MOST:], *last]
