"""Live tests need namespaces and run in one group; terminals run in another.

`./test` distributes single tests over the cores. Tests with the same `xdist_group` run one after the
other in one worker: tests that change or compare settings of the whole machine, and tests that share a
played tape.
"""

import os
import signal

import pytest

from kbview.sources.linux import libc

# A shell starts its background jobs with SIGINT ignored; programs that a test interrupts inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)


def _refused() -> str | None:
    """Why there can be no namespace here, or None. Tried in a child: the tests' own stays."""
    pid = os.fork()
    if pid == 0:
        try:
            libc.unshare_network()
        except OSError as error:
            os._exit(error.errno or 1)
        os._exit(0)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return os.strerror(number) if number else None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put live tests and terminals in their groups, and skip live tests without namespaces."""
    live = [item for item in items if item.get_closest_marker("live")]
    for item in live:
        item.add_marker(pytest.mark.xdist_group("live"))
    for item in items:
        if "terminal" in item.path.parent.parts and item not in live:
            item.add_marker(pytest.mark.xdist_group("terminal"))
    if live and (reason := _refused()):
        for item in live:
            item.add_marker(pytest.mark.skip(reason=f"no network namespaces here: {reason}"))
