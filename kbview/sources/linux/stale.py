"""What a killed run left behind, found by its name, which carries the run's pid."""

import contextlib
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import psutil

from kbview.sources.linux import namespace
from kbview.sources.linux.tracefs import Mount
from kbview.tape.source import SourceError

T = TypeVar("T")

FOLDER = Path("/run")  # where a folder of ours may be
_OURS = re.compile(r"kbview-(\d+)-[a-z0-9]+")


def name(label: str, pid: int = 0) -> str:
    """The name of something that this run, or run `pid`, makes; `label` is letters a-z and digits."""
    return f"kbview-{pid or os.getpid()}-{label}"


def taken(label: str) -> bool:
    """Whether this process has a namespace of that label."""
    return (namespace.FOLDER / name(label)).exists()


def remove_folder(label: str) -> None:
    """Remove this run's folder of that label, if a child that was killed has left it."""
    shutil.rmtree(FOLDER / name(label), ignore_errors=True)


def sweep() -> list[str]:
    """Remove what dead runs left: namespaces with their links, folders, trace instances.

    Returns the names of what was removed. What this user may not remove stays.
    """
    removed = [name for name in _dead(namespace.FOLDER) if _done(namespace.remove, name)]
    removed += [name for name in _dead(FOLDER) if _done(shutil.rmtree, FOLDER / name)]
    with contextlib.suppress(SourceError, OSError), contextlib.closing(Mount()) as mount:
        instances = mount.path / "instances"
        removed += [name for name in _dead(instances) if _done(os.rmdir, instances / name)]
    return removed


def _done(remove: Callable[[T], object], name: T) -> bool:
    try:
        remove(name)
    except OSError:  # not ours to remove, or somebody else was faster
        return False
    return True


def _dead(folder: Path) -> list[str]:
    """The names in a folder that a run gave which has ended."""
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [each for each in found if (match := _OURS.fullmatch(each)) and not lives(int(match[1]))]


def lives(pid: int) -> bool:
    """Whether a process or thread of that number runs; a zombie does not."""
    try:
        status = psutil.Process(pid).status()
    except psutil.NoSuchProcess:
        return False
    return status not in (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
