"""`kbview live` and `kbview run live:IFACE` as a person starts them, and ends them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from kbview.sources.linux import child_process
from kbview.sources.linux.testbed import Testbed
from tests.live.traffic import send

pytestmark = pytest.mark.live
KBVIEW = [sys.executable, "-m", "kbview"]
WITHOUT = """
import sys
from kbview.cli.main import main
from kbview.cli.privilege import keep_only
keep_only(frozenset())
sys.exit(main(sys.argv[1:]))
"""


def _packet_sockets(bed: Testbed) -> list[str]:
    with bed.b.namespace.entered():
        return Path("/proc/thread-self/net/packet").read_text(encoding="ascii").splitlines()[1:]


def _reads(pid: int) -> bool:
    """Whether the ring's thread runs beside the main one."""
    return len(os.listdir(f"/proc/{pid}/task")) > 1


def _watching(bed: Testbed, *flags: str) -> "subprocess.Popen[bytes]":
    program = [*KBVIEW, "run", f"live:{bed.b.link}", *flags]
    started = child_process.start(
        bed.b.namespace, program, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    end = time.monotonic() + 30
    while not (_packet_sockets(bed) and _reads(started.pid)) and time.monotonic() < end:
        time.sleep(0.02)
    assert _packet_sockets(bed), "it opened no ring"
    time.sleep(0.5)  # its thread is there; now it lets packets in
    return started


def test_a_report_of_what_arrived_without_a_screen() -> None:
    with Testbed() as bed:
        running = _watching(bed, "--until", "3s", "--json")
        send(bed, 50)
        out, err = running.communicate(timeout=60)
        assert not _packet_sockets(bed)
    assert running.returncode == 0, err
    (report,) = json.loads(out)
    assert (report["origin"], report["datapath"]) == ("live", "af_packet")
    assert report["frames"]["arrived"] == report["frames"]["dropped"] == 50  # nobody listens
    assert report["counts"]["copies"] == 50
    assert report["latency_ps"]["min"] > 0


def test_while_it_reads_it_has_no_rights() -> None:
    with Testbed() as bed:
        running = _watching(bed, "--until", "20s")
        status, end = "", time.monotonic() + 20
        while "CapEff:\t0000000000000000" not in status and time.monotonic() < end:
            status = Path(f"/proc/{running.pid}/status").read_text(encoding="ascii")
            time.sleep(0.02)
        send(bed, 10)
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=60)
    assert "CapEff:\t0000000000000000" in status


def test_it_ends_by_itself_after_so_many_frames() -> None:
    with Testbed() as bed:
        running = _watching(bed, "--until", "20", "--json")
        send(bed, 30)
        out, _ = running.communicate(timeout=60)
    assert json.loads(out)[0]["frames"]["arrived"] == 30  # one block held them all


def test_ctrl_c_is_how_one_without_an_end_ends_and_it_reports() -> None:
    with Testbed() as bed:
        running = _watching(bed, "--set", "rings=2", "--json")
        send(bed, 20)
        time.sleep(1)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=60)
        assert not _packet_sockets(bed)
    assert running.returncode == 0, err
    assert json.loads(out)[0]["frames"]["arrived"] == 20


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGTERM, -signal.SIGTERM),
        (signal.SIGHUP, -signal.SIGHUP),
        (signal.SIGKILL, -signal.SIGKILL),
    ],
)
def test_whatever_ends_it_nothing_is_left(number: int, code: int) -> None:
    with Testbed() as bed:
        running = _watching(bed, "--set", "rings=2")
        send(bed, 20)
        running.send_signal(number)
        _, err = running.communicate(timeout=60)
        assert running.returncode == code
        assert b"Traceback" not in err
        assert not _packet_sockets(bed)


@pytest.mark.parametrize("command", [["run", "live:lo"], ["live", "lo"]])
def test_without_the_capability_there_is_one_sentence_and_its_command(command: list[str]) -> None:
    program = [sys.executable, "-c", WITHOUT, *command]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 4
    assert ran.stdout == ""
    *_, said = ran.stderr.splitlines()
    assert said == (
        "kbview: reading packets takes CAP_NET_RAW, which this process lacks; "
        f"run: sudo {sys.executable} -m kbview live lo"
    )


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["--profile", "xdp18"], "live:lo: --profile is for the emulator; this is measured"),
        (["--datapath", "kernel"], "live:lo: --datapath is for the emulator; live shows its own"),
        (["--set", "ring=1"], "ring = 1 is not within 2 and 4096"),
        (["--user", "no-such-user"], "--user no-such-user: there is no such user"),
    ],
)
def test_what_makes_no_sense_is_refused(flags: list[str], said: str) -> None:
    program = [*KBVIEW, "run", "live:lo", "--until", "10ms", *flags]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stderr) == (2, f"kbview: {said}\n")
