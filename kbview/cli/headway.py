"""Progress of a long command, with the time left, on a terminal's standard error."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

_QUIET_S = 1.0
_PERIOD_S = 0.25
Share = Callable[[], float | None]


@contextmanager
def shown(label: str, share: Share) -> Iterator[None]:
    """Show the share of the work that is done, 0 to 1, until the block ends.

    `share` is called from another thread; None is an unknown share. Nothing is shown in the first
    second, and where standard error is no terminal.
    """
    if not sys.stderr.isatty():
        yield
        return
    over = Event()
    thread = Thread(target=_show, args=(label, share, over), daemon=True, name="kbview-progress")
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _show(label: str, share: Share, over: Event) -> None:
    if over.wait(_QUIET_S):
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from kbview.ui.characters import clean

    columns = (
        TextColumn(clean(label), markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(label, total=None)
        while not over.wait(_PERIOD_S):
            done = share()
            if done is not None:
                progress.update(task, total=1.0, completed=min(done, 1.0))
            progress.refresh()
