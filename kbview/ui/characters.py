"""Characters that may reach the terminal: outside text is escaped here, glyphs become ASCII here.

No byte of a packet, a file name or a peer's message reaches the terminal except through `clean`.
"""

import re
from functools import lru_cache

_ASCII = {
    "█": "#", "▓": "%", "░": "-", "▁": ".", "▂": ".", "▃": ":", "▄": ":", "▅": "+", "▆": "+", "▇": "*",
    "─": "-", "│": "|", "║": "|", "╫": "+", "┊": "!", "╌": ".", "▸": ">", "▶": ">", "■": "#", "●": "o",
    "·": ".", "┌": "+", "┐": "+", "└": "+", "┘": "+", "×": "x", "µ": "u", "…": "~", "‖": "|", "→": ">",
    "┬": "+", "┤": "+", "├": "+", "┴": "+", "┼": "+", "←": "<", "↑": "^", "↓": "v", "▾": "v",
    "▔": "-", "🔎": "/ ", "═": "=", "◂": "<", "»": ">", "±": "~",
    "▏": ".", "▎": ".", "▍": ":", "▌": ":", "▋": "+", "▊": "+", "▉": "*",
}  # fmt: skip
_TABLE = str.maketrans(_ASCII)
_PLAIN = re.compile(f"[ -~{re.escape(''.join(_ASCII))}]*")  # most texts: known at once as harmless


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """The text with whatever would move, recolour, reorder or hide shown as an escape.

    Unprintable are controls, bidi and other format characters, surrogates and odd spaces; what
    takes no cell is a combining mark, which could be stacked without end.
    """
    if _PLAIN.fullmatch(text):
        return text
    from rich.cells import cell_len  # its tables are a tenth of the way to `--version`

    return "".join(char if char.isprintable() and cell_len(char) else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")


def to_ascii(text: str) -> str:
    """The same number of cells in ASCII; what has no stand-in becomes question marks."""
    plain = text.translate(_TABLE)
    if plain.isascii():
        return plain
    from rich.cells import cell_len

    return "".join(char if char.isascii() else "?" * cell_len(char) for char in plain)
