"""Imports on the way to the first screen: the collector rests, and later leaves the modules alone."""

import gc
import subprocess
import sys

import pytest

from kbview.ui.loading import loading


def test_the_collector_rests_and_comes_back() -> None:
    """Also where an import fails."""
    assert gc.isenabled()
    with loading():
        assert not gc.isenabled()
    assert gc.isenabled()
    with pytest.raises(ImportError), loading():
        raise ImportError
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off() -> None:
    gc.disable()
    try:
        with loading():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_objects_are_kept_once() -> None:
    """The second call keeps nothing: garbage of a source that was open before is still collected."""
    code = """
import gc, weakref
from kbview.ui.loading import keep
class Node: pass
keep()
kept = gc.get_freeze_count()
node = Node()
node.itself = node
seen = weakref.ref(node)
del node
keep()
assert 0 < gc.get_freeze_count() <= kept
gc.collect()
assert seen() is None
"""
    subprocess.run([sys.executable, "-P", "-c", code], check=True)
