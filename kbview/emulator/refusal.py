"""Refusals: what a scenario cannot be, in one line that says what to use instead."""


class ScenarioError(Exception):
    """A scenario that cannot be: one line with what, where and what to use instead."""


def at_least(name: str, value: float, least: float, most: float | None = None) -> None:
    """Refuse a number that is too small, or too large where there is a most."""
    if not value >= least:
        raise ScenarioError(f"{name} = {value} is too small; use {least:g} or more")
    if most is not None and value > most:
        raise ScenarioError(f"{name} = {value} is too large; use {most:.10g} or less")


def within(name: str, value: int, most: int) -> None:
    """Refuse what is not from 1 to `most`."""
    if not 1 <= value <= most:
        raise ScenarioError(f"{name} = {value} is out of range; use 1 to {most}")


def one_of(name: str, value: str, known: tuple[str, ...]) -> None:
    """Refuse a word that is not known."""
    if value not in known:
        *others, last = (f'"{each}"' for each in known)
        listing = f"{', '.join(others)} or {last}" if others else last
        raise ScenarioError(f'{name} = "{value}" is unknown; use {listing}')


def power_of_two(name: str, size: int, most: int) -> None:
    """Refuse what is no ring's size: 2, 4, 8, up to `most`."""
    if size > most:
        raise ScenarioError(f"{name} = {size} is too large; use {most} or less")
    if size < 2 or size & (size - 1):
        raise ScenarioError(f"{name} = {size} is not a power of two; {_nearest(size)}")


def _nearest(ring: int) -> str:
    if ring < 2:
        return "use 2 or more"
    below = 1 << (ring.bit_length() - 1)
    return f"use {below} or {below * 2}"
