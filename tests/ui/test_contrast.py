"""Text that has to be read stands out: WCAG 2 contrast of at least 4.5:1 against the background."""

import pytest
from rich.color import Color
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from kbview.ui.theme import STYLES, Theme, style

GLYPHS_ONLY = {"shade", "rule", "free"}
BACKGROUNDS = {Theme.DARK: (0, 0, 0), Theme.LIGHT: (255, 255, 255)}
LEAST = 4.5


def luminance(red: int, green: int, blue: int) -> float:
    """WCAG 2.2, relative luminance, 0..1."""
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (red / 255, green / 255, blue / 255)
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: tuple[int, int, int], background: tuple[int, int, int]) -> float:
    """1 for equal colours, 21 for black on white."""
    lights = sorted((luminance(*text), luminance(*background)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def triplet(color: Color) -> tuple[int, int, int]:
    red, green, blue = color.get_truecolor(DEFAULT_TERMINAL_THEME)
    return red, green, blue


@pytest.mark.parametrize("theme", BACKGROUNDS)
@pytest.mark.parametrize("name", sorted(STYLES.keys() - GLYPHS_ONLY))
def test_text_has_enough_contrast(theme: Theme, name: str) -> None:
    given = style(theme, name)
    if given.color is None:
        return  # the terminal's own colour
    background = triplet(given.bgcolor) if given.bgcolor else BACKGROUNDS[theme]
    assert contrast(triplet(given.color), background) >= LEAST


def test_contrast_is_that_of_the_standard() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (0x76, 0x76, 0x76)) == pytest.approx(4.54, abs=0.01)
