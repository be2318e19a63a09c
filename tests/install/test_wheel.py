"""`scripts/wheel` says in a line why it cannot compile; `./run` uses modules of its own sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PURE = "without compiled modules kbview runs in pure Python\n"
WRAPPER = """#!/bin/sh
# An interpreter that has no headers, or whose pip fails as on a full disk.
case "$* " in
    *'"include"'*) [ -z "{headers}" ] || {{ echo "{headers}"; exit; }} ;;
    "-m pip wheel "*) echo "creating build" >&2; echo "error: No space left on device" >&2; exit 1 ;;
esac
exec {python} "$@"
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with an environment that is complete, of this interpreter."""
    folder = tmp_path / "a checkout"
    folder.mkdir()
    shutil.copy2(ROOT / "run", folder)
    shutil.copytree(ROOT / "scripts", folder / "scripts")
    (folder / "kbview").mkdir()
    (folder / "kbview" / "__init__.py").touch()
    (folder / "kbview" / "__main__.py").write_text("print('the checkout')\n")
    (folder / "kbview" / "ring.py").touch()
    (folder / "requirements").mkdir()
    (folder / "requirements" / "run.txt").touch()
    (folder / ".venv" / "bin").mkdir(parents=True)
    (folder / ".venv" / ".kbview-run").touch()
    (folder / ".venv" / ".kbview-path").write_text(f"{folder}\n")
    _interpreter(folder)
    return folder


def _interpreter(folder: Path, headers: str = "") -> None:
    path = folder / ".venv" / "bin" / "python"
    path.write_text(WRAPPER.format(python=sys.executable, headers=headers))
    path.chmod(0o755)


def _call(folder: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        ["sh", *words], cwd=folder, env={**kept, **environment},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"CC": "no-such-compiler"}, "a C compiler is needed; on Debian: sudo apt-get"),
        ({"CC": "sh -c 'echo cannot execute cc1; exit 1'"}, "the C compiler "),
        ({"TMPDIR": "/nowhere"}, "/nowhere takes no file"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_in_a_line(
    checkout: Path, environment: dict[str, str], why: str
) -> None:
    done = _call(checkout, "scripts/wheel", "--here", **environment)
    last = done.stderr.splitlines(keepends=True)[-1]
    assert done.returncode == 1
    assert last.startswith(f"kbview: {why}")
    assert last.endswith(PURE)


def test_missing_headers_are_named_with_the_package_that_has_them(checkout: Path) -> None:
    _interpreter(checkout, headers="/nowhere/python3")
    done = _call(checkout, "scripts/wheel", "--here", CC="true")
    assert done.returncode == 1
    assert done.stderr == (
        "kbview: Python's headers are needed (/nowhere/python3/Python.h); on Debian: sudo apt-get"
        f" install python3-dev; {PURE}"
    )


def test_a_full_disk_is_named_and_the_modules_of_before_stay(checkout: Path, tmp_path: Path) -> None:
    kept = checkout / ".venv" / "native.1"
    kept.mkdir()
    (checkout / ".venv" / "native").symlink_to(kept.name)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    done = _call(checkout, "scripts/wheel", "--here", CC="true", TMPDIR=str(scratch))
    assert done.returncode == 1
    first, last = done.stderr.splitlines(keepends=True)
    assert first == "kbview: compiling the emulator: one to four minutes\n"
    (log,) = scratch.iterdir()  # nothing else is left
    assert last == (
        f"kbview: the wheel could not be built: error: No space left on device (the log: {log}); {PURE}"
    )
    assert log.read_text() == "creating build\nerror: No space left on device\n"
    assert (checkout / ".venv" / "native").resolve() == kept


@pytest.fixture
def compiled(checkout: Path) -> Path:
    """The same with compiled modules of its sources, whose main module prints another word."""
    folder = checkout / ".venv" / "native.1"
    shutil.copytree(checkout / "kbview", folder / "kbview")
    (folder / "kbview" / "__main__.py").write_text("print('compiled')\n")
    found = sorted(f"./{path.name}" for path in (checkout / "kbview").iterdir())
    (folder / ".names").write_text("".join(f"{name}\n" for name in found))
    (folder / ".stamp").touch()
    (checkout / ".venv" / "native").symlink_to(folder.name)
    return checkout


def test_compiled_modules_of_these_sources_are_used(compiled: Path) -> None:
    done = _call(compiled, "run")
    assert (done.stdout, done.stderr) == ("compiled\n", "")
    assert _call(compiled, "run", KBVIEW_PURE="1").stdout == "the checkout\n"


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_other_sources_run_in_pure_python(compiled: Path, change: str) -> None:
    stamp = compiled / ".venv" / "native.1" / ".stamp"
    ring = compiled / "kbview" / "ring.py"
    if change == "edited":
        os.utime(ring, ns=(0, stamp.stat().st_mtime_ns + 1_000_000_000))
    elif change == "added":  # its time may be an old one
        (compiled / "kbview" / "frame.py").touch()
        os.utime(compiled / "kbview" / "frame.py", (1, 1))
    else:
        ring.unlink()
    done = _call(compiled, "run")
    assert done.stdout == "the checkout\n"
    assert done.stderr == (
        "kbview: sources are newer than the compiled modules: pure Python,"
        " until scripts/wheel --here has run again\n"
    )
