"""Style names -> colours, one table for all themes. State is never in colour alone: the panels say
it in letters and glyphs as well, so the last column is enough to read the screen.

The terminal's own background is kept. Colours are of the 256: each is named in a third of the bytes
that a true colour takes. HARDWARE is blue, KERNEL orange and USER green wherever they appear.
"""

from enum import StrEnum
from functools import cache

from rich.style import Style


class Theme(StrEnum):
    """The columns of the table, in the order in which `T` goes through them."""

    __hash__ = str.__hash__  # an Enum's own is a function of Python

    DARK = "dark"
    LIGHT = "light"
    ANSI = "ansi"
    MONO = "mono"

    @property
    def textual(self) -> str:
        """The Textual theme for what Textual itself draws."""
        return "ansi-light" if self is Theme.LIGHT else "ansi-dark"


# fmt: off
STYLES: dict[str, tuple[str, str, str, str]] = {
    # name            dark                 light                16 colours         none
    "text":          ("",                  "",                  "",                ""),
    "strong":        ("bold",              "bold",              "bold",            "bold"),
    "dim":           ("color(249)",        "color(239)",        "",                ""),
    "faint":         ("color(245)",        "color(241)",        "",                ""),
    # the parts of the screen beside the part that a lesson speaks of
    "aside":         ("color(245)",        "color(241)",        "bright_black",    "dim"),
    # glyphs only: nothing that has to be read
    "shade":         ("color(240)",        "color(250)",        "bright_black",    "dim"),
    "rule":          ("color(238)",        "color(251)",        "bright_black",    "dim"),
    "title":         ("bold color(252)",   "bold color(236)",   "bold",            "bold"),
    "origin":        ("bold color(16) on color(221)", "bold color(231) on color(94)",
                      "bold black on yellow", "bold reverse"),
    "accent":        ("color(221)",        "color(94)",         "yellow",          "bold"),
    "marker":        ("bold color(221)",   "bold color(94)",    "bold yellow",     "bold"),
    "bad":           ("bold color(203)",   "bold color(160)",   "bold red",        "bold"),
    "hardware":      ("color(75)",         "color(26)",         "blue",            ""),
    "kernel":        ("color(215)",        "color(130)",        "magenta",         ""),
    "user":          ("color(79)",         "color(29)",         "green",           ""),
    "hardware chip": ("bold color(16) on color(75)", "bold color(231) on color(26)",
                      "bold white on blue", "reverse"),
    "kernel chip":   ("bold color(16) on color(215)", "bold color(231) on color(130)",
                      "bold white on magenta", "reverse"),
    "user chip":     ("bold color(16) on color(79)", "bold color(231) on color(29)",
                      "bold black on green", "reverse"),
    "wall":          ("bold",              "bold",              "bold",            "bold"),
    "key":           ("bold color(221)",   "bold color(94)",    "bold yellow",     "bold"),
    # whose a slot of a ring is
    "done":          ("color(215)",        "color(130)",        "magenta",         "bold"),
    "cleaned":       ("color(79)",         "color(29)",         "green",           ""),
    "free":          ("color(67)",         "color(110)",        "blue",            "dim"),
    "pointer":       ("bold color(16) on color(252)", "bold color(231) on color(238)",
                      "bold reverse", "bold reverse"),
    # what a core's time is booked to
    "idle":          ("color(245)",        "color(241)",        "",                ""),
    "hardirq":       ("color(203)",        "color(160)",        "red",             "bold"),
    "softirq":       ("color(215)",        "color(130)",        "magenta",         ""),
    "ksoftirqd":     ("color(221)",        "color(94)",        "yellow",          "bold"),
    "syscall":       ("color(176)",        "color(90)",         "bright_magenta",  ""),
    "copy":          ("color(117)",        "color(24)",         "cyan",            "bold"),
    "user time":     ("color(79)",         "color(29)",         "green",           ""),
    "poll_useful":   ("color(79)",         "color(29)",         "green",           "bold"),
    "poll_empty":    ("color(138)",        "color(95)",        "yellow",          "dim"),
}
# fmt: on


@cache
def style(theme: Theme, name: str) -> Style:
    """The style that a theme gives to a name; an unknown name is a mistake."""
    return Style.parse(STYLES[name][list(Theme).index(theme)])
