"""The one gate for text from outside: nothing a packet, a file name or a peer says reaches the
terminal as anything but visible, one-line text."""

from rich.cells import cell_len


def clean(text: str) -> str:
    """The text with whatever would move, recolour, reorder or hide shown as an escape.

    Unprintable are controls, bidi and other format characters, surrogates and odd spaces; what
    takes no cell is a combining mark, which could be stacked without end.
    """
    return "".join(char if char.isprintable() and cell_len(char) else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
