"""`trace:IFACE`: what cannot be had is one line and the right exit code."""

import errno
import os

import pytest

from kbview.cli.main import main
from kbview.sources.linux import tracefs

USAGE, PERMISSION, UNSUPPORTED = 2, 4, 5

# words, exit code, what the line must say
REFUSED = [
    (["trace:nowhere0"], USAGE, "'nowhere0': no such interface here; use one of lo"),
    (["trace:"], USAGE, "no such interface here"),
    (["trace:lo", "--datapath", "dpdk"], USAGE, "--datapath is for the emulator"),
    (["trace:lo", "--rate", "5"], USAGE, "--rate is for the emulator; this is measured"),
    (["trace:lo", "--ring", "64"], USAGE, "ring cannot be set there; only stories=on or off"),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED)
def test_what_makes_no_sense(
    words: list[str], code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", *words]) == code
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line


@pytest.mark.parametrize(
    ("number", "code", "said"),
    [
        (errno.EPERM, PERMISSION, "run it with sudo"),
        (errno.ENODEV, UNSUPPORTED, "this kernel has no tracefs"),
        (errno.ENOSPC, 1, "tracefs cannot be used: No space left"),
    ],
)
def test_what_the_kernel_refuses(
    number: int,
    code: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse() -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(tracefs, "_PLACES", ())
    monkeypatch.setattr(tracefs, "_mounted", refuse)
    assert main(["run", "trace:lo"]) == code
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert said in line
