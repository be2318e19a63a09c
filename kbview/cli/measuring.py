"""Flags of the commands that measure many points: processes, cluster, results file, progress."""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kbview.cli.errors import FAILED, UNREADABLE, USAGE, complain
from kbview.tape.source import SourceError

_MOST_JOBS = 1024

if TYPE_CHECKING:
    from kbview.experiment.pool import Pool
    from kbview.experiment.results import ResultsFile
    from kbview.experiment.run import Runner, Told


def add_flags(parser: argparse.ArgumentParser) -> None:
    """The processes that measure, and the file that keeps finished points."""
    add = parser.add_argument
    add("--jobs", type=int, metavar="N", help="processes (default: one for each core)")
    add(
        "--cluster",
        metavar="ADDRESS",
        help="a Dask scheduler (tcp://HOST:PORT), or local:N workers; needs the package distributed",
    )
    group = parser.add_mutually_exclusive_group()
    group.add_argument(
        "--results", metavar="FILE", help="keep finished points here (default: the user's cache)"
    )
    group.add_argument("--fresh", action="store_true", help="measure known points again, and keep none")


@contextmanager
def runner(arguments: argparse.Namespace) -> Iterator["Runner"]:
    """The engine that the flags ask for. Errors of points, files and clusters become SourceError."""
    from kbview.experiment.dask_pool import ClusterError
    from kbview.experiment.pool import PointError
    from kbview.experiment.results import ResultsError
    from kbview.experiment.run import Runner

    results, pool = None, None
    try:
        pool = _pool(arguments)
        results = _results(arguments)
        with _progress() as tell:
            yield Runner(pool, results, tell)
        _tell_known(results)
    except KeyboardInterrupt:
        complain(_interrupted(results, fresh=arguments.fresh))
        raise
    except ClusterError as error:
        raise SourceError(str(error), USAGE) from error
    except ResultsError as error:
        raise SourceError(str(error), UNREADABLE) from error
    except PointError as error:
        raise SourceError(str(error), FAILED) from error
    finally:
        for opened in (pool, results):
            if opened is not None:
                opened.close()


def _pool(arguments: argparse.Namespace) -> "Pool":
    from kbview.experiment.dask_pool import DaskPool
    from kbview.experiment.processes import local

    if arguments.cluster is not None:
        return DaskPool(arguments.cluster)
    jobs = len(os.sched_getaffinity(0)) if arguments.jobs is None else arguments.jobs
    if not 1 <= jobs <= _MOST_JOBS:
        raise SourceError(f"--jobs {jobs}: use 1 to {_MOST_JOBS}", 2)
    return local(jobs)


def _results(arguments: argparse.Namespace) -> "ResultsFile | None":
    """The results file; None, after a line on stderr, if the cache cannot be used."""
    from kbview.experiment.results import ResultsError, ResultsFile, cache

    if arguments.results is not None:
        return ResultsFile(Path(arguments.results), kept=True)
    if arguments.fresh:
        return None
    try:
        return ResultsFile(cache(), kept=False)
    except ResultsError as error:
        complain(f"{error}; finished points are not kept")
        return None


def _interrupted(results: "ResultsFile | None", *, fresh: bool) -> str:
    """The end of an interrupted run in one line: how many points the next run need not measure."""
    if fresh:
        return "interrupted; with --fresh no point is kept"
    if results is None or results.fault:
        return "interrupted"
    count = results.added + results.reused
    return f"interrupted; {count:,} finished points are kept, and the same command goes on from there"


def _tell_known(results: "ResultsFile | None") -> None:
    """Say why points are not kept, and on a terminal how many points were not measured now."""
    if results is not None and results.fault:
        complain(f"{results.fault}; later points were not kept")
    if results is not None and results.reused and sys.stderr.isatty():
        complain(f"{results.reused:,} points were known from earlier runs; --fresh measures all again")


@contextmanager
def _progress() -> Iterator["Told"]:
    """Finished points and the time left, on a terminal's standard error; nothing elsewhere."""
    from kbview.experiment.run import quiet

    if not sys.stderr.isatty():
        yield quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("points"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        TextColumn("left"),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("points", total=None)

        def tell(done: int, of: int) -> None:
            progress.update(task, completed=done, total=of)

        yield tell
