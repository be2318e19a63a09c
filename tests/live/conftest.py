"""Live tests make namespaces; where that is not permitted they are skipped, with the reason."""

import os

import pytest

from kbview.sources.linux import libc


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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what is marked `live` where this machine does not let us."""
    live = [item for item in items if item.get_closest_marker("live")]
    if live and (reason := _refused()):
        for item in live:
            item.add_marker(pytest.mark.skip(reason=f"no network namespaces here: {reason}"))
