"""The rows of a lesson: the step's text, and its question or the verdict.

Each frame that the NIC writes into the ring raises an interrupt, unless the
vector is masked. How many interrupts does a packet cost here?  /packet  n answers
"""

from textwrap import wrap

from kbview.state.slide import Slide
from kbview.ui.characters import clean
from kbview.ui.row import Row, Size, block

ROWS = 5  # of 80 columns
_MOST = 8
_USUAL = 80
_RUNNING = "The model runs ..."


def height(slide: Slide, width: int) -> int:
    """The rows that a step needs: 5 from 80 columns on, so that its place is fixed; else as many."""
    return ROWS if width >= _USUAL else max(ROWS, min(_MOST, len(_lines(slide, width))))


def draw(slide: Slide, size: Size) -> list[Row]:
    """The rows of a step, in exactly this size."""
    lines = _lines(slide, size.width)
    rows: list[Row] = [[(f" {line}", style)] for line, style in lines]
    return block(rows, size)


def _lines(slide: Slide, width: int) -> list[tuple[str, str]]:
    """Lines with their style: text, then question or verdict."""
    where = f"[{slide.place.step + 1}/{slide.steps}] "
    told = slide.because if slide.verdict else slide.prose
    room = max(10, width - 2)
    lines = [(line, "text") for line in wrap(clean(where + (told or slide.prose)), room)]
    if slide.verdict:
        lines = [(line, "accent") for line in wrap(clean(slide.verdict), room)] + lines
    elif slide.running:
        lines.append((_RUNNING, "dim"))
    elif slide.asks:
        lines += [(line, "accent") for line in wrap(clean(_asked(slide)), room)]
    return lines


def _asked(slide: Slide) -> str:
    choices = "  ".join(f"{at} {choice}" for at, choice in enumerate(slide.choices, 1))
    unit = f"[{slide.unit}] " if slide.unit else ""
    return f"{slide.question}  {choices or f'{unit}n: type a number'}"


def aside(rows: list[Row]) -> list[Row]:
    """The rows of a part of the screen that the lesson does not speak of."""
    return [[("".join(text for text, _ in row), "aside")] for row in rows]
