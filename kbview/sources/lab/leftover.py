"""Leftovers: what a killed run could not remove, found by its name, which carries its pid."""

import os
import re
from pathlib import Path

from kbview.sources.lab import namespace

_OURS = re.compile(r"kbview-(\d+)-[a-z0-9]+")


def name(label: str) -> str:
    """What a namespace of this process is called; `label` is lower-case letters and digits."""
    return f"kbview-{os.getpid()}-{label}"


def taken(label: str) -> bool:
    """Whether this process has a namespace of that label."""
    return (namespace.FOLDER / name(label)).exists()


def sweep() -> list[str]:
    """Remove the namespaces of runs that are dead, and return their names; links go with them."""
    if not namespace.FOLDER.is_dir():
        return []
    found = sorted(path.name for path in namespace.FOLDER.iterdir())
    dead = [each for each in found if (match := _OURS.fullmatch(each)) and not lives(int(match[1]))]
    for each in dead:
        namespace.remove(each)
    return dead


def lives(pid: int) -> bool:
    """Whether a process of that number runs; one that is dead and not yet waited for does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
