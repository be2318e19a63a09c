"""A long session: the memory is flat once the spill begins, and the spill goes with its process."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from kbview.tape.tape import CAPACITY

_MOST_GROWTH = 8 << 20  # bytes, while 180,000 records are added
_LONG = """
import psutil
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.detail import Detail
source = resolve("overload-udp", Choice(kept=True))
source.set_detail(Detail.STEPS)
for records in ({first}, {last}):
    while source.tape.length < records:
        source.pump(source.tape, source.tape.end_ps + 10**9)
    print(psutil.Process().memory_info().rss, flush=True)
input()
"""


def test_the_memory_is_flat_and_a_killed_process_leaves_no_spill(tmp_path: Path) -> None:
    """The tape keeps CAPACITY records in memory; as many again and more follow."""
    program = _LONG.format(first=CAPACITY * 6 // 5, last=3 * CAPACITY)
    process = subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)},
    )
    try:
        assert process.stdout is not None
        first, last = int(process.stdout.readline()), int(process.stdout.readline())
        assert last - first < _MOST_GROWTH
        links = Path(f"/proc/{process.pid}/fd").iterdir()
        assert any(os.readlink(link).startswith(str(tmp_path)) for link in links)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert list((tmp_path / "kbview").iterdir()) == []
    finally:
        process.kill()
        process.wait()
