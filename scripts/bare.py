"""Installs kbview in a bare Debian in every way, runs the README's commands as written; prints figures.

python scripts/bare.py                    # Debian 12 and 13: root, debootstrap and a network; an hour
python scripts/bare.py trixie             # one of them
python scripts/bare.py bookworm pip uv    # named parts of it
python scripts/bare.py --folder DIR       # keeps both systems in DIR for the next time (1 GB each)

A system has python3, its venv module and pipx. A user without rights owns a fresh clone of the last
commit.
Each command has a mount and a process namespace of its own: no mount and no process outlives it.
"""

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from tests.terminal.screen import Terminal

ROOT = Path(__file__).resolve().parents[1]
SUITES = {"bookworm": "Debian 12", "trixie": "Debian 13"}
COMPILER = ("gcc", "libc6-dev", "python3-dev")
PACKAGES = ("python3", "python3-venv", "ca-certificates", "pipx")
TRUST = Path("/usr/local/share/ca-certificates")  # authorities that this host trusts besides
MIRROR = "http://deb.debian.org/debian"
USER, HOME = 1000, "/home/student"
ALTERNATE, DRAWN, SERVES = b"\x1b[?1049h", "quit", b"(Ctrl+C ends it)"
# What a user has beside the checkout: a capture, a kernel trace, and nothing that presents or answers.
OWN = {
    "recordings/udp-bursts.pcap": "capture.pcap",
    "tests/sources/trace/text/trace_pipe.txt": "trace.txt",
}
COLLECT = "/tmp/collect"  # noqa: S108 - the README's own
INLINE = re.compile(r"`((?:\./run|\.venv/bin/)[^`]*)`")
ROOTS = re.compile(r"\bsudo\b|\broot@")
OTHER_ENDS = {
    "./run dpdk": 2,  # no DPDK application runs in a bare system
    "./run follow": 3,  # nobody presents
}
PATIENCE_S = 1800


class Debian:
    """A bare system of one suite below a folder, with its user and a fresh clone."""

    def __init__(self, suite: str, folder: Path) -> None:
        self.suite = suite
        self.root = folder / suite
        if not (self.root / "etc/debian_version").exists():
            _call("debootstrap", "--variant=minbase", suite, str(self.root), MIRROR)
        self._prepare()

    def _prepare(self) -> None:
        shutil.copy("/etc/resolv.conf", self.root / "etc/resolv.conf")
        if TRUST.is_dir():
            shutil.copytree(TRUST, self.root / TRUST.relative_to("/"), dirs_exist_ok=True)
        self.install(*PACKAGES)
        for command in (
            "update-ca-certificates",
            f"id student || useradd --create-home --uid {USER} --shell /bin/bash student",
        ):
            _call(*self.entry(command, user=0))

    def install(self, *packages: str) -> None:
        """Install packages of Debian, as root."""
        words = f"apt-get install -qq -y --no-install-recommends {' '.join(packages)}"
        command = f"export DEBIAN_FRONTEND=noninteractive; apt-get update -qq && {words}"
        _call(*self.entry(command, user=0))

    def entry(self, command: str, *, user: int = USER, network: bool = True) -> list[str]:
        """The words that run `command` in a shell of this system, in a home of the user."""
        home = HOME if user else "/root"
        certificates = "/etc/ssl/certs/ca-certificates.crt"
        known = {
            "HOME": home,
            "PATH": f"{home}/.local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "SSL_CERT_FILE": certificates,  # uv brings authorities of its own, and so does pip
            "PIP_CERT": certificates,
        }
        environ = [f"{name}={value}" for name, value in known.items()]
        mounts = (
            'mount --rbind /dev "$0/dev" && mount --rbind /sys "$0/sys" && mount -t proc proc "$0/proc"'
            ' && exec chroot --groups= --userspec="$1:$1" "$0" env -i "${@:3}" bash -c "cd; $2"'
        )
        spaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        spaces += [] if network else ["--net"]
        return [*spaces, "bash", "-c", mounts, str(self.root), str(user), command, *environ]

    def clone(self, name: str) -> str:
        """A fresh clone of the last commit in the user's home, with files of the user's."""
        place = self.root / HOME[1:] / name
        shutil.rmtree(place, ignore_errors=True)
        _call("git", "clone", "-q", "--no-hardlinks", str(ROOT), str(place))
        for source, own in OWN.items():
            shutil.copy(ROOT / source, place / own)
        _call("chown", "-R", f"{USER}:{USER}", str(place))
        return name


def _call(*words: str) -> None:
    done = subprocess.run(  # noqa: S603 - the script's own words
        words, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{words[0]}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


class Trial:
    """Commands in one system, counted; a command that ends otherwise than it should is shown."""

    def __init__(self, system: Debian) -> None:
        self.system = system
        self.found: Counter[str] = Counter()

    def run(
        self, figure: str, place: str, command: str, *, code: int = 0, network: bool = True
    ) -> float:
        """The seconds that `command` took in the folder `place`; a screen is left with q when drawn."""
        start = time.monotonic()
        words = self.system.entry(f"cd {place} && {command}", network=network)
        # the terminal is the command's own, so that Ctrl+C interrupts it
        with Terminal(program=["setsid", "--ctty", "--wait", *words]) as terminal:
            if key := _asked_key(terminal):
                self.found[f"{figure}, screens among them"] += key == "q"
                terminal.press(key)
            ended = terminal.end(PATIENCE_S) if terminal.process.poll() is None else terminal.end()
            right = ended == code and b"Traceback" not in terminal.output
        seconds = time.monotonic() - start
        self.found[figure] += 1
        self.found[f"{figure}, failed"] += not right
        sys.stderr.write(f"{self.system.suite}  {ended:3}  {seconds:6.1f} s  {command}\n")
        if not right:
            sys.stderr.write(f"{terminal.output.decode(errors='replace')[-1500:]}\n")
        return seconds


def _asked_key(terminal: Terminal) -> str:
    """Read until a screen is drawn or a server has begun; the key that ends it, "" for none."""
    end = time.monotonic() + PATIENCE_S
    while terminal.process.poll() is None and time.monotonic() < end:
        terminal.read(0.1)
        if ALTERNATE in terminal.output and DRAWN in terminal.text:
            return "q"
        if SERVES in terminal.output:
            return "\x03"
    return ""


def commands(readme: str) -> Iterator[str]:
    """The README's commands for a user without rights: indented lines, and `./run ...` in a sentence.

    The lines that collect wheels are left to `offline`.
    """
    for line in readme.splitlines():
        found = [line.strip()] if line.startswith("    ") else INLINE.findall(line)
        for command in found:
            words = command.partition("#")[0].strip()
            if words and COLLECT not in words and not ROOTS.search(line):
                yield words


def readme(trial: Trial) -> None:
    """`./run` first, then every command of the README in its order."""
    place = trial.system.clone("checkout")
    trial.found["first start, seconds"] = round(trial.run("first start", place, "./run --version"))
    environment = trial.system.root / HOME[1:] / place / ".venv"
    held = sum(path.lstat().st_blocks * 512 for path in environment.rglob("*"))
    trial.found["its environment, MB"] = round(held / 1e6)
    for command in commands((ROOT / "README.md").read_text(encoding="utf-8")):
        trial.run("README's commands", place, command, code=OTHER_ENDS.get(command, 0))


def offline(trial: Trial) -> None:
    """Wheels are collected with a network, `./run` sets itself up without a network."""
    place = trial.system.clone("offline")
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for command in re.findall(rf"^    (.*{COLLECT}.*)$", text, re.MULTILINE):
        trial.run("wheels collected", place, command)
    for command in ("./run --version", "./run run lab.kbt", "./run"):
        trial.run("from wheels without a network", place, command, network=False)


def pip(trial: Trial) -> None:
    """`pip install .` in an environment, then a wheel in another one."""
    place = trial.system.clone("pip")
    trial.run("pip", place, "python3 -m venv env && env/bin/pip install -q .")
    _installed(trial, "pip", f"{HOME}/pip/env/bin/kbview")
    trial.run("wheel", place, "env/bin/pip wheel -q --no-deps -w dist .")
    trial.run("wheel", place, "python3 -m venv other && other/bin/pip install -q dist/*.whl")
    _installed(trial, "wheel", f"{HOME}/pip/other/bin/kbview")


def compiled(trial: Trial) -> None:
    """The wheel with compiled modules: a refusal without a compiler, for the checkout, installed."""
    place = trial.system.clone("compiled")
    trial.run("compiled", place, "./run --version")
    trial.run("compiled", place, "CC=no-such-compiler scripts/wheel --here", code=1)
    trial.system.install(*COMPILER)
    trial.run("compiled", place, "scripts/wheel --here")
    trial.run("compiled", place, "./run --version | grep compiled")
    made = "record overload-udp --until 300 -o"
    trial.run(
        "compiled", place, f"./run {made} a.kbt && KBVIEW_PURE=1 ./run {made} b.kbt && cmp a.kbt b.kbt"
    )
    trial.run("compiled", place, "scripts/wheel dist")
    trial.run("compiled", place, "python3 -m venv env && env/bin/pip install -q dist/*.whl")
    trial.run("compiled", place, "cd /tmp && ~/compiled/env/bin/kbview --version | grep compiled")
    _installed(trial, "compiled", f"{HOME}/compiled/env/bin/kbview")


def pipx(trial: Trial) -> None:
    """Debian's pipx."""
    place = trial.system.clone("pipx")
    trial.run("pipx", place, "pipx install --force .")
    _installed(trial, "pipx", "kbview")
    trial.run("pipx", place, "pipx uninstall kbview")


def uv(trial: Trial) -> None:
    """`uv tool install` and `uvx`, by a uv from the registry."""
    place = trial.system.clone("uv")
    trial.run("uv", place, "python3 -m venv env && env/bin/pip install -q uv")
    trial.run("uv", place, "env/bin/uv tool install --force .")
    _installed(trial, "uv", "kbview")
    trial.run("uv", place, "env/bin/uv tool uninstall kbview")
    trial.run("uvx", place, "env/bin/uvx --from . kbview run lab.kbt")


def _installed(trial: Trial, figure: str, kbview: str) -> None:
    """A bare name opens a recording from any folder; the list and the demo are there."""
    for words in ("--version", "list", "run lab.kbt", "run paced-udp --datapath all --until 20", ""):
        trial.run(figure, "/tmp", f"{kbview} {words}".strip())  # noqa: S108 - the system's own


PARTS: dict[str, Callable[[Trial], None]] = {
    "readme": readme,
    "offline": offline,
    "pip": pip,
    "compiled": compiled,
    "pipx": pipx,
    "uv": uv,
}


def rows(suites: Sequence[str], parts: Sequence[str], folder: Path) -> Iterator[str]:
    """The rows of the table, as they come."""
    for suite in suites:
        system = Debian(suite, folder)
        for part in parts:
            trial = Trial(system)
            PARTS[part](trial)
            for figure, count in trial.found.items():
                yield f"| {SUITES[suite]} | {figure} | {count} |"


def main() -> int:
    """Print the table; 1 where a command failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join([*SUITES, *PARTS]))
    parser.add_argument("--folder", type=Path, metavar="DIR")
    arguments = parser.parse_args()
    suites = [name for name in SUITES if name in arguments.names] or list(SUITES)
    parts = [name for name in PARTS if name in arguments.names] or list(PARTS)
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        sys.stdout.write("| system | figure | count |\n|---|---|---|\n")
        for row in rows(suites, parts, arguments.folder or Path(folder)):
            failed |= "failed | 0 " not in row and "failed" in row
            sys.stdout.write(f"{row}\n")
            sys.stdout.flush()
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
