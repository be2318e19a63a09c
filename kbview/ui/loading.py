"""Loading: the imports on the way to the first screen, without the garbage collector.

Modules stay until the end. Tracing them over and over takes a seventh of the time to the first screen.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

# New objects between two collections. With Python's 700 they took 0.2 ms of each frame of the screen.
_YOUNG = 10_000


@contextmanager
def loading() -> Iterator[None]:
    """The collector rests in this block. Afterwards it is as it was before."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def keep() -> None:
    """Exempt all objects of now from later collections; only the first call of a process does.

    A later call would also exempt the garbage of the sources that were open before. Collections become
    rare: a frame of play makes hundreds of objects, none of them garbage that only a collection finds.
    """
    if not gc.get_freeze_count():
        gc.freeze()
        gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
