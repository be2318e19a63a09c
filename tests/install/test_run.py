"""`./run` sets up an environment of its own, once, and leaves the caller where the caller was.

The packages come from the environment of this test, so that no network is needed: the lock file of the
copied checkout is empty.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.xdist_group("install")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout whose folder has a space in its name, already set up."""
    folder = tmp_path_factory.mktemp("install") / "a checkout"
    folder.mkdir()
    for name in ("run", "scripts", "kbview", "recordings"):
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)
    (folder / "requirements").mkdir()
    (folder / "requirements" / "run.txt").write_text("", encoding="utf-8")
    first = _run(folder, "--version", cwd=folder.parent)
    assert first.returncode == 0, first.stderr
    assert "setting up" in first.stderr
    return folder


def _run(
    checkout: Path, *words: str, cwd: Path, **environment: str
) -> "subprocess.CompletedProcess[str]":
    packages = f"{sysconfig.get_path('purelib')}:{sysconfig.get_path('platlib')}"
    kept = {"PATH": os.environ["PATH"], "HOME": str(cwd), "PYTHONPATH": packages}
    return subprocess.run(
        [str(checkout / "run"), *words],
        cwd=cwd,
        env={**kept, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_second_start_says_nothing_of_setting_up(checkout: Path, tmp_path: Path) -> None:
    again = _run(checkout, "--version", cwd=tmp_path)
    assert again.returncode == 0
    assert again.stderr == ""


def test_files_are_looked_for_and_written_where_the_caller_is(checkout: Path, tmp_path: Path) -> None:
    shutil.copy(ROOT / "recordings" / "udp-bursts.pcap", tmp_path / "my.pcap")
    done = _run(checkout, "run", "my.pcap", "--until", "5", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    done = _run(checkout, "record", "paced-udp", "--until", "5", "-o", "mine.kbt", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "mine.kbt").stat().st_size
    assert not (checkout / "mine.kbt").exists()


def test_a_module_in_the_callers_folder_is_not_imported(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "argparse.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    done = _run(checkout, "--version", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("left", ["nothing in it", "only a link to python", "no pip"])
def test_an_environment_that_was_left_half_made_is_made_anew(
    checkout: Path, tmp_path: Path, left: str
) -> None:
    half = tmp_path / "venv"
    (half / "bin").mkdir(parents=True)
    if left != "nothing in it":
        (half / "bin" / "python").symlink_to(sys.executable)
    if left == "no pip":
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", half], check=True)
    done = _run(checkout, "--version", cwd=tmp_path, KBVIEW_VENV=str(half))
    assert done.returncode == 0, done.stderr
    assert "incomplete" in done.stderr
    assert done.stdout.startswith("kbview ")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be two users")
SOMEBODY = 12345


@needs_root
def test_an_environment_that_sudo_made_is_the_users(checkout: Path, tmp_path: Path) -> None:
    made = tmp_path / "venv"
    who = {"SUDO_UID": str(SOMEBODY), "SUDO_GID": str(SOMEBODY)}
    done = _run(checkout, "--version", cwd=tmp_path, KBVIEW_VENV=str(made), **who)
    assert done.returncode == 0, done.stderr
    assert {path.lstat().st_uid for path in made.rglob("*")} == {SOMEBODY}


@needs_root
def test_an_environment_of_somebody_else_is_refused_with_the_remedy() -> None:
    """Root made it, and its packages are not the pinned packages any more."""
    with tempfile.TemporaryDirectory() as name:  # pytest's own folder is closed to others
        folder = Path(name)
        shutil.copy2(ROOT / "run", folder)
        shutil.copytree(ROOT / "scripts", folder / "scripts")
        (folder / "requirements").mkdir()
        (folder / "requirements" / "run.txt").touch()
        (folder / ".venv").mkdir()
        folder.chmod(0o755)
        done = subprocess.run(
            [folder / "run", "--version"],
            env={"PATH": os.environ["PATH"]}, user=SOMEBODY, cwd="/",
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert f"{folder / '.venv'} belongs to root" in done.stderr
    assert f"sudo rm -r {folder / '.venv'}" in done.stderr


def test_a_checkout_may_be_moved(checkout: Path, tmp_path: Path) -> None:
    moved = tmp_path / "moved"
    checkout.rename(moved)
    try:
        done = _run(moved, "--version", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        found = subprocess.run(
            [moved / ".venv/bin/python", "-P", "-c", "import kbview; print(kbview.__file__)"],
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        assert found.stdout.strip() == str(moved / "kbview" / "__init__.py")
    finally:
        moved.rename(checkout)
