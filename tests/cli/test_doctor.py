"""The doctor tells what is, whoever asks and wherever."""

import fcntl
import json
import os
import pty
import struct
import subprocess
import sys
import termios
from typing import Any

import pytest

from kbview.cli.checkup import bypass, machine, sources
from kbview.cli.main import main
from kbview.sources.dpdk import socket_path
from kbview.sources.resolve import OPENERS

WITHOUT = """
import sys
from kbview.cli.main import main
from kbview.cli.privilege import keep_only
keep_only(frozenset())
sys.exit(main(["doctor", "--json"]))
"""


def told(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, Any]]:
    assert main(["doctor", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert all(list(each) == ["name", "works", "said", "fix"] for each in found)
    names = [each["name"] for each in found]
    assert len(set(names)) == len(names)
    return {each["name"]: each for each in found}


def on_terminal(rows: int, columns: int, **environ: str) -> str:
    """What it writes to a terminal of that size."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    program = [sys.executable, "-m", "kbview", "doctor"]
    environ = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color", **environ}
    process = subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env=environ)
    os.close(theirs)
    text = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # nobody holds the other end any more
            break
        text += piece
    os.close(ours)
    assert process.wait(30) == 0
    return text.decode().replace("\r\n", "\n")


def test_every_finding_has_a_name_and_something_to_say(capsys: pytest.CaptureFixture[str]) -> None:
    found = told(capsys)
    assert {"kernel", "capabilities", "BPF", "hugepages", "DPDK testpmd", "DPDK sockets"} <= set(found)
    assert {"screen", "size", "TERM", "locale", "colours"} <= set(found)
    assert {f"source {opener.name}" for opener in OPENERS} <= set(found)
    assert all(each["said"] for each in found.values())
    assert found["source capture"]["works"]
    assert found["size"]["works"] is None  # pytest holds the output


def test_people_get_a_line_a_finding_and_a_command_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("yes  kernel ")
    assert all(line[:5].strip() in ("yes", "no", "-", "") for line in lines)


def test_no_screen_is_loaded_for_it() -> None:
    script = """
import sys
from kbview.cli.main import main
main(["doctor"])
assert not [name for name in sys.modules if name.startswith("textual")]
"""
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, timeout=60)


@pytest.mark.live
def test_without_capabilities_each_live_source_has_its_one_command() -> None:
    program = [sys.executable, "-c", WITHOUT]
    ran = subprocess.run(program, check=False, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0
    found = {each["name"]: each for each in json.loads(ran.stdout)}
    assert "CAP_NET_RAW" in found["capabilities"]["said"]
    for name, fix in (
        ("capabilities", "sudo kbview doctor"),
        ("source live", "sudo kbview live IFACE"),
        ("source lab", "sudo kbview lab"),
        ("source xdp", "sudo kbview xdp:IFACE"),
        ("BPF", "sudo kbview xdp:IFACE"),
    ):
        assert (found[name]["works"], found[name]["fix"]) == (False, fix), name
    assert found["source counters"]["works"]


def test_a_terminal_is_measured() -> None:
    text = on_terminal(40, 120, TMUX="/tmp/x", SSH_TTY="/dev/pts/0")
    assert "yes  screen " in text
    assert "120x40 cells" in text
    assert "256 or more" in text
    assert "multiplexer" in text
    assert "ssh -C" in text
    assert "--low-bandwidth" in text


def test_a_terminal_that_will_not_do_is_told_what_would() -> None:
    text = on_terminal(10, 40, TERM="dumb", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    for line in (
        "the screen needs 60x16",
        "resize -s 24 80",
        "export TERM=xterm-256color",
        "export LC_ALL=C.UTF-8",
        "export COLORTERM=truecolor",
    ):
        assert line in text


@pytest.mark.parametrize(
    ("system", "release", "works"),
    [("Linux", "6.1.0-13-amd64", True), ("Linux", "4.19.0", False), ("Darwin", "23.1.0", False)],
)
def test_kernels(system: str, release: str, works: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.release", lambda: release)
    (finding,) = machine.kernel()
    assert finding.works == works


def test_a_refusal_with_a_command_is_taken_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    for opener in OPENERS:
        monkeypatch.setattr(opener, "can_run", lambda: "it lacks a thing; run: sudo thing")
    assert {(each.works, each.said, each.fix) for each in sources.findings()} == {
        (False, "it lacks a thing", "sudo thing")
    }


def test_what_others_run_is_not_ours_to_see(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_path, "found", dict)
    monkeypatch.setattr(socket_path, "unreadable", lambda: ["/var/run/dpdk"])
    (finding,) = bypass.applications()
    assert (finding.works, finding.fix) == (False, "sudo kbview doctor")
