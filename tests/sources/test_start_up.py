"""What a command loads: the list of SOURCE words costs none of their machinery."""

import subprocess
import sys

import pytest

from kbview.sources.resolve import OPENERS, help_text

# The packages that only a live source, the lab or a trace needs, and libraries that they stand on.
MACHINERY = (
    "kbview.sources.linux",
    "kbview.sources.watching",
    "kbview.sources.workers",
    "kbview.sources.interface.ring",
    "kbview.sources.interface.source",
    "kbview.sources.counters.producer",
    "kbview.sources.dpdk.producer",
    "kbview.sources.af_xdp.producer",
    "kbview.sources.lab.source",
    "kbview.sources.trace.meaning",
    "kbview.sources.trace.live.producer",
    "kbview.sources.trace.text.source",
    "kbview.sources.calibration",
    "pyroute2",
    "psutil",
    "textual",
)


def loaded_by(words: list[str]) -> set[str]:
    """The modules of a process that ran the command."""
    program = (
        "import contextlib, io, sys\n"
        "from kbview.cli.main import main\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    try: code = main({words!r})\n"
        "    except SystemExit as end: code = end.code\n"
        "assert not code, code\n"
        "print(*sys.modules, sep='\\n')"
    )
    ended = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    return set(ended.stdout.split())


def below(modules: set[str], packages: tuple[str, ...]) -> set[str]:
    return {name for name in modules if any(f"{name}.".startswith(f"{each}.") for each in packages)}


def test_the_version_loads_neither_the_emulator_nor_a_source() -> None:
    modules = loaded_by(["--version"])
    assert "kbview.cli.main" in modules
    assert not below(modules, ("kbview.emulator", "kbview.sources", "kbview.state", "kbview.tape"))


@pytest.mark.parametrize("words", [["run", "paced-udp", "--until", "10us"], ["list"]])
def test_a_scenario_and_the_list_load_the_emulator_and_no_live_source(words: list[str]) -> None:
    modules = loaded_by(words)
    assert "kbview.emulator.cost" in modules
    assert not below(modules, MACHINERY)


def test_the_help_of_a_source_names_each_kind_by_its_example() -> None:
    text = help_text()
    for opener in OPENERS:
        assert opener.example in text
    for word in ("lab", "counters", "dpdk[:PREFIX]", "xdp:IFACE[:QUEUE]", "- for a pipe"):
        assert word in text


def test_each_kind_claims_the_word_of_its_example_first() -> None:
    from kbview.sources.opener import Word

    words = {
        "lab": "lab",
        "xdp:eth0:1": "xdp",
        "dpdk:rte": "dpdk",
        "counters": "counters",
        "trace:eth0": "trace",
        "live:eth0": "live",
        "overload-udp": "scenario",
        "mine.toml": "scenario",
        "mine.kbt": "tape",
        "mine.pcap": "capture",
    }
    for text, kind in words.items():
        assert next(opener for opener in OPENERS if opener.claims(Word(text))).name == kind
