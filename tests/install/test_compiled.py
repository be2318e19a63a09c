"""The source that scripts/native.py gives to mypyc is the package's own: tapes are equal bit for bit.

The copy runs as Python here, and some of its modules compiled, where a C compiler is.
`./test --compiled` compiles all modules and runs every test on them.
"""

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType

import pytest

from kbview.emulator.datapaths import DATAPATHS
from tests.packet.test_shortcut import ORDERS, capture

ROOT = Path(__file__).parents[2]
CASES = [
    *(
        ("paced-udp", datapath, "milestones")
        for datapath, kind in DATAPATHS.items()
        if kind.takes_datagrams
    ),
    ("overload-udp", "kernel", "meters"),
    ("overload-udp", "dpdk", "meters"),
    ("short-connections", "kernel", "steps"),
    ("short-connections", "mtcp", "milestones"),
    ("bulk-tcp", "kernel", "milestones"),
]
needs_source = pytest.mark.skipif(
    bool([*ROOT.glob("kbview/emulator/engine.*.so")]),
    reason="the package of this checkout is the prepared copy itself",
)
# Digest of the tape of each case, by the emulator that the interpreter finds.
PROGRAM = """
import hashlib, sys
from kbview.cli.main import main
for words in sys.argv[1:]:
    scenario, datapath, detail = words.split()
    path = f"{scenario}-{datapath}-{detail}.kbt"
    assert main(["record", scenario, "--datapath", datapath, "--detail", detail, "--until", "600",
                 "-o", path]) == 0
    print(words, hashlib.sha256(open(path, "rb").read()).hexdigest())
"""
# Each frame of captures, in a process without mypy_extensions, which only developers have.
READ = """
import copy, pickle, sys
sys.modules["mypy_extensions"] = None
from kbview.packet import compiled
from kbview.packet.capture import open_capture
print(compiled.COMPILED)
for path in sys.argv[1:]:
    with open_capture(path) as capture:
        for batch in capture.frames():
            for f in batch:
                assert repr(f) == repr(copy.copy(f)) == repr(pickle.loads(pickle.dumps(f)))
                print(f, f.flow.rss_hash)
"""
BUILD = """
import native, pathlib, sys
native.COMPILED = sys.argv[2:]
native.build(pathlib.Path(sys.argv[1]))
"""
# None has a subclass outside: an interpreted class cannot inherit from a compiled class.
SAMPLE = (
    "kbview/emulator/protocol/tcp/parameters.py",
    "kbview/emulator/protocol/tcp/receiver.py",
    "kbview/emulator/protocol/tcp/segment.py",
    "kbview/packet/frame.py",
    "kbview/packet/altered.py",
    "kbview/packet/checksum.py",
    "kbview/packet/clock.py",
    "kbview/packet/compiled.py",
    "kbview/packet/fields.py",
    "kbview/packet/shape.py",
    "kbview/packet/shortcut.py",
    "kbview/packet/toeplitz.py",
    "kbview/tape/bucket.py",
)


@pytest.fixture(scope="module")
def native() -> ModuleType:
    """scripts/native.py."""
    spec = importlib.util.spec_from_file_location("native", ROOT / "scripts" / "native.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _tapes(package: Path, folder: Path, cases: list[tuple[str, str, str]]) -> str:
    folder.mkdir()
    done = subprocess.run(
        [sys.executable, "-P", "-c", PROGRAM, *map(" ".join, cases)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(package), "SOURCE_DATE_EPOCH": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _copy(folder: Path) -> None:
    for name in ("kbview", "recordings"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.so")
        )


@needs_source
def test_the_prepared_copy_writes_the_same_tapes(native: ModuleType, tmp_path: Path) -> None:
    """The mechanical changes change no number: every datapath, all levels of detail."""
    _copy(tmp_path)
    assert len(native.prepare(tmp_path)) > 100
    assert _tapes(tmp_path, tmp_path / "copy", CASES) == _tapes(ROOT, tmp_path / "own", CASES)


@needs_source
@pytest.mark.skipif(
    shutil.which("cc") is None or not Path(sysconfig.get_path("include"), "Python.h").exists(),
    reason="needs a C compiler and Python's headers",
)
def test_compiled_modules_write_the_same_tapes(native: ModuleType, tmp_path: Path) -> None:
    """A sample of modules, compiled without optimisation: native segments and frames over TCP.

    mypy's strict settings lie in a folder above, as they do for the wheel below the checkout.
    """
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    environment = {"PYTHONPATH": str(ROOT / "scripts"), "KBVIEW_OPTIMISE": "0"}
    subprocess.run(
        [sys.executable, "-c", BUILD, str(tmp_path / "built"), *SAMPLE],
        env={**os.environ, **environment}, check=True, capture_output=True,
    )  # fmt: skip
    added = [path.relative_to(tmp_path / "built") for path in native.products(tmp_path / "built")]
    assert sum(path.suffix == ".so" for path in added) == len(SAMPLE) + 1  # and the library of all
    assert all(path.parts[0] == "kbview" for path in added)
    # The folder of the package has all that it needs, wherever it lies.
    alone = tmp_path / "alone"
    alone.mkdir()
    (tmp_path / "built" / "kbview").rename(alone / "kbview")
    shutil.rmtree(tmp_path / "built")
    shutil.copytree(ROOT / "recordings", alone / "recordings")
    cases = CASES[-3:]
    assert _tapes(alone, tmp_path / "compiled", cases) == _tapes(ROOT, tmp_path / "own", cases)

    names = _captures(tmp_path)
    form, *frames = _frames(alone, names)
    own_form, *own = _frames(ROOT, names)
    assert (form, own_form) == ("True", "False")
    assert frames == own
    assert len(own) == 1600


@pytest.fixture(scope="module")
def damaged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package with a compiled module that cannot be loaded."""
    folder = tmp_path_factory.mktemp("damaged")
    _copy(folder)
    (folder / "kbview" / "emulator" / f"engine{EXTENSION_SUFFIXES[0]}").write_text(
        "not for this machine"
    )
    return folder


def _kbview(package: Path, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-P", "-m", "kbview", *words],
        cwd=package, env={**os.environ, "PYTHONPATH": str(package), **environment},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@needs_source
def test_a_module_that_cannot_be_loaded_is_named_and_pure_python_runs(damaged: Path) -> None:
    words = ("run", "paced-udp", "--until", "20", "--json")
    done = _kbview(damaged, *words)
    (line,) = done.stderr.splitlines()
    assert line.startswith("kbview: compiled modules cannot be loaded, so pure Python runs: ")
    assert "engine" in line
    assert (done.returncode, done.stdout) == (0, _kbview(ROOT, *words).stdout)


@needs_source
def test_compiled_modules_are_left_out_on_request_in_children_as_well(damaged: Path) -> None:
    words = ("sweep", "paced-udp", "--over", "rate=1e5,2e5", "--until", "20", "--fresh")
    done = _kbview(damaged, *words, KBVIEW_PURE="1")
    assert (done.returncode, "compiled" in done.stderr) == (0, False)
    version = _kbview(damaged, "--version", KBVIEW_PURE="1")
    assert version.stdout.endswith("(emulator in pure Python)\n")


def _captures(folder: Path) -> list[str]:
    """A capture in each byte order, with sound, damaged and strange packets."""
    paths = [folder / f"{seed}.pcap" for seed in range(2)]
    for seed, path in enumerate(paths):
        path.write_bytes(capture(seed, *ORDERS[seed]))
    return [str(path) for path in paths]


def _frames(package: Path, names: list[str]) -> list[str]:
    """The form that runs, and a line for each frame."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", READ, *names],
        env={**os.environ, "PYTHONPATH": str(package)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def test_the_wheel_is_built_from_the_checkout(tmp_path: Path) -> None:
    """scripts/wheel lies a folder below the checkout, and finds requirements/ there."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    shutil.copy(ROOT / "requirements" / "run.txt", tmp_path / ".kbview-run")
    (tmp_path / ".kbview-path").write_text(f"{ROOT}\n")
    done = subprocess.run(
        ["sh", str(ROOT / "scripts" / "wheel"), "--unknown"],
        env={**os.environ, "KBVIEW_VENV": str(tmp_path), "CC": "true", "PIP_NO_INDEX": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (
        2,
        "kbview: scripts/wheel [FOLDER] or scripts/wheel --here\n",
    )
