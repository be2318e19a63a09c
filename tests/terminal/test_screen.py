"""The app on a real pty: what it sends, what it leaves behind, and how loud it is."""

import re
import signal
import sys
from pathlib import Path

import pytest

from tests.terminal.screen import Terminal

LEFT = (b"\x1b[?1049l", b"\x1b[?25h")  # alternate screen off, cursor shown
MOUSE = (b"\x1b[?1000h", b"\x1b[?1003h")


def usable(terminal: Terminal) -> bool:
    """Whether the terminal was given back as it was found."""
    return all(code in terminal.output for code in LEFT) and not any(
        code in terminal.output for code in MOUSE
    )


def test_it_opens_with_little_work_and_q_gives_the_terminal_back() -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        assert terminal.processor_s() < 3  # 0.6 s on a machine that does nothing else
        terminal.press("q")
        assert terminal.end() == 0
        assert usable(terminal)


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT], ids=lambda each: each.name
)
def test_signals_end_it_in_order(number: signal.Signals) -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        terminal.process.send_signal(number)
        assert terminal.end() == 128 + number
        assert usable(terminal)


def test_ctrl_c_ends_it() -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        terminal.press("\x03")
        assert terminal.end() == 130
        assert usable(terminal)


@pytest.mark.parametrize("size", [(80, 24), (200, 55)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_the_frames_of_play_leave_what_a_whole_screen_would_show(size: tuple[int, int]) -> None:
    """Frames of play go past Textual's compositor. A resize has the whole screen drawn by it."""
    with Terminal(size=size, words=("overload-udp",)) as terminal:
        terminal.wait_for("q quit")
        terminal.read_for(2)
        terminal.press("t")
        terminal.wait_for("kernel bypassed")
        terminal.read_for(1)
        terminal.press(" ")
        terminal.wait_for("‖")
        assert terminal.falls_silent(1.5)
        played = dict(enumerate(terminal.screen.display))
        terminal.resize(size[0] - 3, size[1])
        assert terminal.falls_silent(1.0)
        terminal.resize(*size)
        assert terminal.falls_silent(1.0)
        assert dict(enumerate(terminal.screen.display)) == played


COUNTING = """
import sys
from pathlib import Path
from textual._compositor import Compositor
from kbview.cli.main import main
whole, composed = Compositor.render_update, []
def counted(self, *words, **options):
    composed.append(1)
    Path(sys.argv[1]).write_text(str(len(composed)))
    return whole(self, *words, **options)
Compositor.render_update = counted
sys.exit(main(["overload-udp"]))
"""


def test_the_frames_of_play_need_no_compositor(tmp_path: Path) -> None:
    count = tmp_path / "count"
    with Terminal(program=[sys.executable, "-c", COUNTING, str(count)]) as terminal:
        terminal.wait_for("q quit")
        terminal.read_for(2)
        before = count.read_text()
        assert len(terminal.read_for(3)) > 1000
        assert count.read_text() == before


@pytest.mark.parametrize("screen", ["1", "2", "4", "5", "6"])
def test_it_is_quiet_on_the_wire_and_silent_when_paused(screen: str) -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        terminal.press(screen)
        terminal.read_for(2)
        assert len(terminal.read_for(3)) / 3 < 15_000
        terminal.press(" ")
        terminal.wait_for("‖")
        assert terminal.falls_silent(1.5)


def test_low_bandwidth() -> None:
    with Terminal(options="low_bandwidth=True") as terminal:
        terminal.wait_for("q quit")
        terminal.read_for(1)
        assert len(terminal.read_for(3)) / 3 < 4_000


@pytest.mark.parametrize(
    "environ",
    [{"NO_COLOR": "1"}, {"NO_COLOR": "1", "TERM": "linux"}],
    ids=["many", "few"],
)
def test_no_color_sends_no_colour(environ: dict[str, str]) -> None:
    with Terminal(environ=environ) as terminal:
        terminal.wait_for("q quit")
        terminal.read_for(1)
        colours = {char.fg for line in terminal.screen.buffer.values() for char in line.values()}
        colours |= {char.bg for line in terminal.screen.buffer.values() for char in line.values()}
        assert colours == {"default"}
        assert b"38;5;" not in terminal.output


@pytest.mark.parametrize("term", ["linux", "vt220", "xterm", "screen"])
def test_few_colours_stay_few(term: str) -> None:
    with Terminal(environ={"TERM": term}) as terminal:
        terminal.wait_for("q quit")
        assert b"38;5;" not in terminal.output
        assert b"38;2;" not in terminal.output


@pytest.mark.parametrize(
    ("options", "environ"), [("", {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0",
                                   "PYTHONCOERCECLOCALE": "0"}), ("ascii=True", {})],
    ids=["locale", "option"],
)  # fmt: skip
def test_ascii(options: str, environ: dict[str, str]) -> None:
    with Terminal(options=options, environ=environ) as terminal:
        terminal.wait_for("q quit")
        terminal.wait_for("wire>NIC")
        terminal.read_for(1)
        assert terminal.output.isascii()


def test_a_resize_is_followed() -> None:
    with Terminal() as terminal:
        terminal.wait_for("q quit")
        terminal.resize(120, 35)
        terminal.wait_for("cost a delivered packet")
        terminal.resize(50, 12)
        terminal.wait_for("kbview needs 60x16 cells; here are 50x12.")
        terminal.resize(80, 24)
        terminal.wait_for("q quit")


def test_the_toggle_is_seen() -> None:
    with Terminal() as terminal:
        terminal.wait_for("KERNEL")
        terminal.press("t")
        terminal.wait_for("kernel bypassed")
        terminal.wait_for("irq    0/s")
        terminal.press("t")
        terminal.wait_for("softirq")


def test_a_hostile_name_reaches_the_terminal_escaped() -> None:
    with Terminal(source=r"heading='\x1b]0;owned\x07'") as terminal:
        terminal.wait_for("q quit")
        assert b"\x1b]0;owned" not in terminal.output
        assert "owned" in terminal.text


def test_another_source_is_opened_from_inside_and_its_load_is_changed() -> None:
    with Terminal(words=("paced-udp",)) as terminal:
        terminal.wait_for("paced-udp")
        terminal.wait_for("q quit")
        terminal.press("o")
        terminal.wait_for("lesson tour")  # lessons stand first
        terminal.press("overload-udp")
        terminal.wait_for(re.compile(r"1 of \d+"))
        terminal.press("\r")
        terminal.wait_for("overload-udp →")
        terminal.press("l")
        terminal.press("\x1b[B")
        terminal.wait_for("rate 2,000,000 frames/s")
        terminal.press("q")
        assert terminal.end() == 0
        assert terminal.output.count(b"\x1b[?1049h") == terminal.output.count(b"\x1b[?1049l") == 2


def test_without_a_source_it_says_what_it_is_until_the_first_key_and_the_toggle_ends_the_losses() -> (
    None
):
    with Terminal(words=("--fps", "10")) as terminal:
        terminal.wait_for("A packet's way through Linux, and past it")
        terminal.wait_for(re.compile(r"SOCKET_RCVBUFF +\+ \d"))
        assert "overload-udp" in terminal.text
        terminal.press("t")
        terminal.wait_for("kernel bypassed")
        assert "A packet's way through Linux" not in terminal.text
        terminal.wait_for(re.compile(r"SOCKET_RCVBUFF +\d"))  # no more of them
        terminal.press("q")
        assert terminal.end() == 0


@pytest.mark.parametrize("repeats", ["repeats", "repeats ASCII", ""])
@pytest.mark.parametrize("options", ["", "ascii=True"], ids=["UTF-8", "ASCII"])
def test_a_terminal_with_any_kind_of_rep_shows_whole_rows(repeats: str, options: str) -> None:
    """tmux 3.3 repeats ASCII alone; lines and bars are no ASCII."""
    with Terminal(options=options, abilities=("answers", repeats), source="packets=3") as terminal:
        terminal.wait_for("q quit")
        terminal.wait_for("ended")
        terminal.press("5")
        terminal.wait_for("c keep")
        terminal.read_for(1)
        rule = "-" if options else "─"
        assert rule * 20 in terminal.text
        shown = terminal.text
        terminal.press("1")
        terminal.wait_for("1-7 screens  m datapath")
        terminal.press("5")
        terminal.wait_for("c keep")
        terminal.read_for(1)
        assert terminal.text == shown


def test_the_c_locale_gets_ascii_of_the_palette_too() -> None:
    """The palette is a box of Textual's, with a picture of a glass and lines of half blocks."""
    with Terminal(environ={"LANG": "C", "LC_ALL": "C"}) as terminal:
        terminal.wait_for("q quit")
        terminal.press(":")
        terminal.wait_for("/  Search")
        terminal.press("napi")
        terminal.read_for(1)
        assert terminal.output.isascii()
        terminal.press("\x1b")
        terminal.wait_for("q quit")
