"""The keys: one table for the bindings, the line at the bottom and the help."""

from typing import NamedTuple


class Key(NamedTuple):
    """`id` is the name under which it can be remapped; `shown` is how the screen spells it.

    `hint` is its word in the bottom line, "" for those that are only in the help; the line is cut
    from the right where it does not fit, so the most needed come first.
    """

    id: str
    keys: str
    shown: str
    action: str
    hint: str
    meaning: str


KEYS: tuple[Key, ...] = (
    Key("play", "space", "space", "play", "play", "play or pause"),
    Key("toggle", "t", "t", "bypass", "bypass", "toggle kernel and bypass on the running traffic"),
    Key("help", "question_mark", "?", "help", "help", "this help; again to leave it"),
    Key("quit", "q", "q", "end", "quit", "quit at once"),
    Key(
        "faster", "plus,equals_sign", "+", "speed(1)", "faster", "more trace time in a second of yours"
    ),
    Key("slower", "minus", "-", "speed(-1)", "slower", "in slow motion each packet can be followed"),
    Key("step", "full_stop", ".", "step", "step", "pause, and go on by one event"),
    Key("choose", "m", "m", "choose", "datapath", "choose any datapath for the running traffic"),
    Key("theme", "T", "T", "theme", "theme", "the next theme"),
    Key("overview", "1", "1", "overview", "", "the Overview"),
    Key("palette", "colon,ctrl+p", ": ^P", "command_palette", "", "find a command by its name"),
    Key("interrupt", "ctrl+c", "^C", "end", "", "quit at once, from anywhere"),
)
HINTS = [(key.shown, key.hint) for key in KEYS if key.hint]
