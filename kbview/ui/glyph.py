"""Terminals without UTF-8: each glyph that the panels use has a stand-in of the same width."""

from rich.cells import cell_len

_ASCII = {
    "█": "#", "▓": "%", "░": "-", "▁": ".", "▂": ".", "▃": ":", "▄": ":", "▅": "+", "▆": "+", "▇": "*",
    "─": "-", "│": "|", "║": "|", "╫": "+", "┊": "!", "╌": ".", "▸": ">", "▶": ">", "■": "#", "●": "o",
    "·": ".", "┌": "+", "┐": "+", "└": "+", "┘": "+", "×": "x", "µ": "u", "…": "~", "‖": "=", "→": ">",
    "←": "<", "↑": "^", "↓": "v", "▾": "v", "◂": "<", "»": ">",
}  # fmt: skip
_TABLE = str.maketrans(_ASCII)


def to_ascii(text: str) -> str:
    """The same number of cells in ASCII; what has no stand-in becomes question marks."""
    plain = text.translate(_TABLE)
    return plain if plain.isascii() else "".join(map(_ascii_char, plain))


def _ascii_char(char: str) -> str:
    return char if char.isascii() else "?" * cell_len(char)
