"""Waiting for the app: until it is as expected, however busy the machine is."""

import time
from collections.abc import Callable

from textual.pilot import Pilot

PATIENCE_S = 30.0


async def until(pilot: Pilot[None], true: Callable[[], bool]) -> None:
    """Let the app run until it is so; the assertions that follow say what is missing if it never is."""
    end_s = time.monotonic() + PATIENCE_S
    await pilot.pause()
    while not true() and time.monotonic() < end_s:
        await pilot.pause(0.05)
