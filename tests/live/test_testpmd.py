"""A real DPDK application: Debian's testpmd on a port without hardware, and its telemetry socket."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from kbview.sources.dpdk import socket_path
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape import events as ev
from kbview.tape.meter import Sample
from kbview.tape.tape import Tape

TESTPMD = shutil.which("dpdk-testpmd")
PREFIX = f"kbview-test-{os.getpid()}"
MS = 10**9
pytestmark = [
    pytest.mark.live,
    pytest.mark.skipif(TESTPMD is None, reason="dpdk-testpmd is not installed (Debian: dpdk-dev)"),
    pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="testpmd needs a core beside its main one"),
]


@contextlib.contextmanager
def running() -> Iterator["subprocess.Popen[bytes]"]:
    """Testpmd with a port that receives without end and throws away what is sent."""
    eal = f"--no-huge -m 64 --no-pci --file-prefix={PREFIX} --vdev=net_null0 -l 0,1".split()
    own = ["--auto-start", "--forward-mode=rxonly", "--total-num-mbufs=2048", "--nb-cores=1"]
    process = subprocess.Popen(
        [TESTPMD or "", *eal, "--", *own],
        stdin=subprocess.PIPE,  # it ends when this does
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        end_s = time.monotonic() + 30
        while PREFIX not in socket_path.found() and time.monotonic() < end_s:
            assert process.poll() is None, "testpmd ended at once"
            time.sleep(0.05)
        yield process
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    for folder in socket_path.folders():
        shutil.rmtree(folder / PREFIX, ignore_errors=True)


def test_its_ports_pools_and_lcores_are_told_and_its_restart_is_survived() -> None:
    tape = Tape()
    with running():
        source = resolve(f"dpdk:{PREFIX}", Choice())
        source.pump(tape, 600 * MS)
    first = [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters
    assert source.heading.notes[0].startswith("DPDK ")
    assert first.delivered > 1000
    assert first.arrived == first.delivered
    assert first.gauges["net_null0 rx queues"] == 1
    assert first.gauges["net_null0 rx_q0_packets"] >= first.delivered
    assert any(
        name.startswith("mempool mb_pool_0") and value == 2048 for name, value in first.gauges.items()
    )
    assert {"cores", "context_switches"} <= source.capabilities.meters
    worker = [core for core in first.cores if "worker" in core.task]
    assert worker
    assert sum(core.user_ps + core.syscall_ps + core.poll_useful_ps for core in worker) > 0

    source.pump(tape, tape.end_ps + 300 * MS)
    with running():
        for _ in range(100):
            source.pump(tape, tape.end_ps + 100 * MS)
            again = [record for record in tape.read(0) if isinstance(record, Sample)][-1].meters
            if again.delivered > first.delivered + 1000:
                break
        source.close()
    notes = [record.note for record in tape.read(0) if isinstance(record, ev.SourceNoted)]
    assert [note.partition(":")[0].partition(";")[0] for note in notes] == [
        "the application is gone",
        "the application is back",
    ]
    assert again.delivered > first.delivered + 1000


def test_a_report_of_it_and_what_is_said_when_it_is_not_there() -> None:
    program = [sys.executable, "-m", "kbview", "run", f"dpdk:{PREFIX}", "--until", "400ms", "--json"]
    with running():
        ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    (report,) = json.loads(ran.stdout)
    assert (report["origin"], report["datapath"], report["source"]) == ("live", "dpdk", PREFIX)
    assert report["frames"]["delivered"] > 0
    assert report["counts"]["polls"] is None  # telemetry does not tell them
    assert report["gauges"]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert ran.stderr.startswith(
        f"kbview: no DPDK application with --file-prefix {PREFIX} is running; "
    )
