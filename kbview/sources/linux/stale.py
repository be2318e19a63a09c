"""Leftovers: what a killed run could not remove, found by its name, which carries its pid."""

import os
import re
import shutil
from pathlib import Path

from kbview.sources.linux import namespace

FOLDER = Path("/run")  # where a folder of ours may be
_OURS = re.compile(r"kbview-(\d+)-[a-z0-9]+")


def name(label: str, pid: int = 0) -> str:
    """What something of ours, or of `pid`, is called; `label` is lower-case letters and digits."""
    return f"kbview-{pid or os.getpid()}-{label}"


def taken(label: str) -> bool:
    """Whether this process has a namespace of that label."""
    return (namespace.FOLDER / name(label)).exists()


def remove_folder(label: str) -> None:
    """Remove a folder of this process, if there is one: who should have may have been killed."""
    shutil.rmtree(FOLDER / name(label), ignore_errors=True)


def sweep() -> list[str]:
    """Remove namespaces, and so links, and folders of runs that are dead; returns their names."""
    namespaces, folders = _dead(namespace.FOLDER), _dead(FOLDER)
    for each in namespaces:
        namespace.remove(each)
    for each in folders:
        shutil.rmtree(FOLDER / each, ignore_errors=True)
    return namespaces + folders


def _dead(folder: Path) -> list[str]:
    found = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [each for each in found if (match := _OURS.fullmatch(each)) and not lives(int(match[1]))]


def lives(pid: int) -> bool:
    """Whether a process of that number runs; one that is dead and not yet waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] not in (b"Z", b"X")
