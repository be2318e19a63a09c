"""Completions and the manual page come from the parsers, and the shells accept them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kbview.cli.candidates import candidates
from kbview.cli.completion import SHELLS
from kbview.cli.main import COMMANDS, HIDDEN, main, parser_of
from kbview.emulator.datapaths import DATAPATHS
from tests.terminal.screen import Terminal

ROOT = Path(__file__).parents[2]


def words(*typed: str) -> list[str]:
    return [word for word, _ in candidates(list(typed))]


def test_the_first_word_is_a_command_or_a_source() -> None:
    assert words("comp") == ["compare", "completion"]
    assert words("paced") == ["paced-udp"]
    assert "http.pcap" in words("h")
    assert HIDDEN.isdisjoint(words(""))


def test_a_command_completes_its_flags_and_their_values() -> None:
    assert words("run", "--dat") == ["--datapath"]
    assert words("run", "paced-udp", "--datapath", "dp") == [
        each for each in DATAPATHS if "dp" in each[:2]
    ]
    assert words("export", "--to", "pc") == ["pcapng"]
    assert words("run", "paced-udp", "--set", "moderation_u") == ["moderation_us="]
    assert words("list", "prof") == ["profiles"]
    assert words("--theme", "l") == ["light"]


def test_a_list_is_completed_behind_its_comma_without_what_it_has() -> None:
    assert words("compare", "http.pcap", "--datapath", "kernel,af_") == [
        "kernel,af_xdp",
        "kernel,af_packet",
    ]
    assert words("compare", "x", "--datapath", "kernel,kernel") == ["kernel,kernel-irq"]


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_every_flag_of_every_command_is_completed(command: str) -> None:
    flags = {
        flag
        for action in parser_of(command)._actions
        for flag in action.option_strings
        if flag.startswith("--")
    }
    assert set(words(*filter(None, [command]), "--")) == flags


def test_a_candidate_has_its_meaning(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["complete", "--", "run", "overload"]) == 0
    word, tab, meaning = capsys.readouterr().out.rstrip("\n").partition("\t")
    assert (word, tab) == ("overload-udp", "\t")
    assert meaning


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_reads_its_completion(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    subprocess.run([shell, "-n"], input=SHELLS[shell], text=True, check=True)


# How each shell begins without its user's files, and the documented line that loads the completion.
INTERACTIVE = {
    "bash": (["bash", "--norc", "-i"], 'eval "$(kbview completion bash)"'),
    "zsh": (["zsh", "-f", "-i"], 'eval "$(kbview completion zsh)"'),
    "fish": (["fish", "--no-config", "-i"], "kbview completion fish | source"),
}
TYPED = [
    ("kbview val", "kbview validate"),
    ("kbview run pac", "kbview run paced-udp"),
    ("kbview run x --datap", "kbview run x --datapath"),
    ("kbview run x --datapath kernel,af_x", "kbview run x --datapath kernel,af_xdp"),
    ("kbview run x --set traffic.rate_p", "kbview run x --set traffic.rate_pps="),
]


@pytest.mark.parametrize("shell", INTERACTIVE)
def test_a_tab_completes_in_the_shell_itself(shell: str, tmp_path: Path) -> None:
    """On a terminal, with the line of docs/command-line.md and nothing else loaded."""
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    program = tmp_path / "kbview"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -P -m kbview "$@"\n')
    program.chmod(0o755)
    words, load = INTERACTIVE[shell]
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    with Terminal(program=["setsid", "--ctty", "--wait", *words], environ=environ) as terminal:
        terminal.press(f"{load}; echo lo''aded\r")
        terminal.wait_for("loaded")
        for typed, completed in TYPED:
            terminal.press(f"\x15{typed}\t")
            terminal.wait_for(completed)


def test_the_manual_page_has_every_command_and_reads_without_a_warning() -> None:
    page = (ROOT / "docs" / "kbview.1").read_text(encoding="utf-8")
    for name in COMMANDS.keys() - HIDDEN:
        assert f".SS kbview {name}\n" in page
    if shutil.which("groff") is None:
        pytest.skip("no groff here")
    ended = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww"], input=page, capture_output=True, text=True, check=True
    )
    assert ended.stderr == ""
