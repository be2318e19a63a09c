"""The program's identity: its version and a digest of the modules that compute a point."""

import hashlib
from functools import cache
from pathlib import Path

import kbview

_ADDED = "declared_"  # modules that compiling adds to the source (scripts/native.py)
_COMPUTING = ("packet", "tape", "emulator", "experiment")


@cache
def identity() -> str:
    """The version and 12 hexadecimal digits, such as `0.1.0+5f3a09c1b2d4`.

    Two programs with the same identity have the same source of emulator, tape and packet. A compiled
    program has the identity of its source: it gives the same results.
    """
    root = Path(kbview.__path__[0])
    digest = hashlib.sha256()
    for folder in _COMPUTING:
        sources = (path for path in (root / folder).rglob("*.py") if not path.name.startswith(_ADDED))
        for path in sorted(sources):
            digest.update(path.relative_to(root).as_posix().encode() + b"\0")
            digest.update(path.read_bytes())
    return f"{kbview.__version__}+{digest.hexdigest()[:12]}"
