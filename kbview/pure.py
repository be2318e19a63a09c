"""Compiled modules that are left out: Python then loads the sources beside them.

`scripts/wheel` puts extension modules beside the sources of the emulator. Their code is in one library,
`kbview/native__mypyc`. A library for another processor, or of a newer libc, cannot be loaded.
"""

import os
import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    FileFinder,
    PathFinder,
    SourceFileLoader,
)

PURE = "KBVIEW_PURE"  # in the environment: this program and its children leave compiled modules out
LIBRARY = "native__mypyc"
_ROOT = os.path.dirname(os.path.abspath(__file__))


def leave_out_compiled() -> None:
    """Let this program and its children load the package's sources alone from now on.

    Modules that are loaded already stay as they are.
    """
    os.environ[PURE] = "1"
    sys.path_hooks.insert(0, _sources_of)
    for path in [each for each in sys.path_importer_cache if _is_of_package(each)]:
        del sys.path_importer_cache[path]
    PathFinder.invalidate_caches()


def is_of_compiled(error: ImportError) -> bool:
    """Whether a module could not be imported because compiled code could not be loaded."""
    if error.name == f"kbview.{LIBRARY}":
        return True
    path = error.path or ""
    return _is_of_package(path) and path.endswith(tuple(EXTENSION_SUFFIXES))


def _is_of_package(path: str) -> bool:
    return path == _ROOT or path.startswith(_ROOT + os.sep)


def _sources_of(path: str) -> FileFinder:
    """The finder of sources in a folder of the package; raises ImportError for any other folder."""
    if not _is_of_package(path):
        raise ImportError("not a folder of kbview", path=path)
    return FileFinder(path, (SourceFileLoader, SOURCE_SUFFIXES))
