"""The version, and whether the emulator of this installation is compiled."""

import os
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import kbview
from kbview.pure import PURE

_ENGINE = Path(kbview.__path__[0], "emulator", "engine")


def compiled() -> bool:
    """Whether Python loads the compiled emulator: an extension module comes before a Python module."""
    if os.environ.get(PURE):
        return False
    return any(_ENGINE.with_suffix(suffix).exists() for suffix in EXTENSION_SUFFIXES)


def version() -> str:
    """Like `kbview 0.1.0 (emulator in pure Python)`."""
    kind = "compiled" if compiled() else "in pure Python"
    return f"kbview {kbview.__version__} (emulator {kind})"
