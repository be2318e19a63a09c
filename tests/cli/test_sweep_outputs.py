"""The outputs of a sweep say what was measured, and draw no more than that."""

import csv
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.cli.sweep_plot import MARKS
from kbview.cli.sweep_series import amount
from kbview.experiment.figure import FIGURES
from kbview.experiment.stretch import RunLength
from kbview.tape.meter import Meters

ALONE = ["--jobs", "1", "--fresh"]
BOTH = ["sweep", "overload-udp", "--over", "rate=100k..8M/3", "--datapath", "kernel,dpdk,af_packet"]
SHORT = ["--until", "1k"]
CHANGED = ["--set", "link_gbps=40", "--ring", "256"]
LESS = "no IP, UDP, TCP: the application gets frames"


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, *ALONE]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_each_text_names_the_keys_that_differ_from_the_scenario(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*BOTH, *SHORT, *CHANGED]
    assert "\nwith ring = 256, link_gbps = 40\n" in printed(capsys, *words)
    assert json.loads(printed(capsys, *words, "--json"))["set"] == {"ring": "256", "link_gbps": "40"}
    rows = list(csv.DictReader(io.StringIO(printed(capsys, *words, "--csv"))))
    assert {row["set"] for row in rows} == {"ring=256 link_gbps=40"}
    found = ["find", "overload-udp", "--until", "300", "--resolution", "50%", *CHANGED]
    assert "\nwith ring = 256, link_gbps = 40\n" in printed(capsys, *found)
    assert json.loads(printed(capsys, *found, "--json"))["set"] == {"ring": "256", "link_gbps": "40"}


def test_a_datapath_that_does_less_than_a_stack_is_marked_in_each_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [*BOTH, *SHORT]
    table = printed(capsys, *words, "--plot")
    assert re.search(r"^ +100k  kernel ", table, re.M)
    assert re.search(r"^ +100k  dpdk\* ", table, re.M)
    assert re.search(r"^ +100k  af_packet\+ ", table, re.M)
    assert f"* {LESS}; numbers are for less work than a stack's" in " ".join(table.split())
    assert " o kernel   x dpdk*   v af_packet+\n" in table
    rows = json.loads(printed(capsys, *words, "--json"))["rows"]
    assert [row["hands_over"] for row in rows[:2]] == [None, LESS]
    cells = list(csv.DictReader(io.StringIO(printed(capsys, *words, "--csv"))))
    assert [row["hands over"] for row in cells[:2]] == ["", LESS]
    search = ["find", "overload-udp", "--until", "300", "--resolution", "50%"]
    found = printed(capsys, *search, "--datapath", "kernel,dpdk")
    assert re.search(r"^kernel: ", found, re.M)
    assert re.search(r"^dpdk\*: ", found, re.M)
    assert LESS in found


def test_a_table_of_stacks_has_no_marks(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, "sweep", "overload-udp", "--over", "ring=256", *SHORT)
    assert "*" not in out
    assert "+" not in out


def test_the_interval_has_its_level_for_programs_and_its_unit_in_a_spreadsheet(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = [
        "sweep",
        "overload-udp",
        "--over",
        "ring=256",
        *SHORT,
        "--seeds",
        "2",
        "--show",
        "delivered",
    ]
    assert "95 % confidence interval" in json.loads(printed(capsys, *words, "--json"))["ci95"]
    head = printed(capsys, *words, "--csv").splitlines()[0]
    assert head.endswith(",delivered [frames/s],delivered ci95 [frames/s]")


def test_a_picture_has_the_conditions_plain_numbers_and_marks(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    svg = tmp_path / "a.svg"
    printed(capsys, *BOTH, *SHORT, *CHANGED, "--seeds", "2", "--svg", str(svg))
    text = " ".join("".join(ET.parse(svg).getroot().itertext()).split())
    for words in (
        "with ring = 256, link_gbps = 40",
        "each run: 1,000 frames, of which the first fifth is not measured",
        "means of 2 seeds, ± half of the 95 % confidence interval (Student's t)",
        f"* {LESS}",
        "dpdk*",
        "100k",
        "1M",
    ):
        assert words in text or words.replace(" ", "") in text.replace(" ", ""), words
    assert "mathdefault" not in text, "numbers on a logarithmic axis are plain text"
    assert "1e6" not in text


def test_a_plot_joins_numbers_and_leaves_words_alone(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "paced-udp", *SHORT, "--plot", "--show", "syscalls", "--over"]
    drawn = printed(capsys, *words, "wait=read,epoll").partition("┌")[2]
    assert drawn.count("o") - "epoll".count("o") - "socket".count("o") <= 2
    assert printed(capsys, *words, "ring=64,256").partition("┌")[2].count("o") > 40


def test_nothing_lies_over_the_points_of_a_plot(capsys: pytest.CaptureFixture[str]) -> None:
    """The first point of `work` is the highest, at the top left, where plotext has its legend."""
    words = ["sweep", "batched-io", "--over", "burst=1,64", "--datapath", "psio", "--load", "20%"]
    out = printed(capsys, *words, *SHORT, "--show", "work", "--plot")
    assert next(line for line in out.splitlines() if "┤" in line).partition("┤")[2].startswith("o")


def test_numbers_on_an_axis_are_measured_values(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "overload-udp", "--over", "clock_mhz=1000:4000:1000", *SHORT, "--plot"]
    out = printed(capsys, *words, "--show", "delivered")
    ticks = out.rstrip().splitlines()[-2].split()
    assert ticks == ["1000", "2000", "3000", "4000"]


def test_every_curve_of_all_datapaths_has_a_mark_of_its_own() -> None:
    assert len(set(MARKS)) == len(MARKS) > 20
    assert not set(MARKS) & set("*+#"), "these stand for less work, a tap, and the demo"


def test_the_loss_is_never_more_than_all() -> None:
    """A livelock ends frames that arrived before the stretch: 20 arrive, 30 are lost."""
    lost = Meters(arrived=20, dropped=30, drops={"ipintrq/CPU_BACKLOG": 30})
    assert FIGURES["loss"].formula(lost, 10**9) == 100
    assert FIGURES["loss"].formula(Meters(arrived=20, dropped=5, in_flight=15), 10**9) == 25
    assert FIGURES["loss"].formula(Meters(sent=9, unsent=1), 10**9) == 10
    assert FIGURES["loss"].formula(Meters(), 10**9) is None


def test_runs_that_end_before_their_frames_are_pointed_out(capsys: pytest.CaptureFixture[str]) -> None:
    """A block of AF_PACKET is handed over after 8 ms; 1,000 frames at 8 million a second take 0.125."""
    words = ["sweep", "overload-udp", "--over", "rate=1k,8M", "--datapath", "af_packet", *SHORT]
    said = " ".join(printed(capsys, *words).split())
    assert "in 1 of 2 rows the run ended with more than a tenth of its frames on their way" in said
    assert "their way" not in printed(capsys, "sweep", "paced-udp", "--over", "ring=64", *SHORT)


def test_an_amount_has_all_its_whole_digits() -> None:
    told = [amount(value, 2) for value in (119_600, 12_345, 7.77, 119.6, 99.9, 1e9)]
    assert told == ["120k", "12k", "7.8", "120", "100", "1G"]
    assert [amount(value) for value in (172_936, 4_625_980, 64, "read")] == [
        "172.936k",
        "4.62598M",
        "64",
        "read",
    ]


def test_one_frame_is_one_frame() -> None:
    assert [RunLength(frames=count).text for count in (1, 2)] == ["1 frame", "2 frames"]


def test_find_leaves_out_of_all_datapaths_those_that_cannot_serve(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["find", "overload-udp", "--datapath", "all", "--until", "200", "--resolution", "50%"]
    made = json.loads(printed(capsys, *words, "--json"))
    assert made["left_out"] == ['datapath mtcp takes connections only; use pattern = "tcp"']
    assert {"kernel", "dpdk"} <= {answer["datapath"] for answer in made["answers"]}
    assert "left out: datapath mtcp takes connections only" in printed(capsys, *words)


def test_a_hostile_name_is_harmless_in_a_spreadsheet_and_on_its_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    scenario = tmp_path / "a.toml"
    scenario.write_text('name = "=1+1\\u001b[31m"\nsummary = "x"\n')
    out = printed(capsys, "sweep", str(scenario), "--over", "cores=1,2", "--until", "200", "--csv")
    (first, _) = csv.DictReader(io.StringIO(out))
    assert first["source"] == "'=1+1\\x1b[31m"
    assert "\x1b" not in out


def test_a_locale_without_utf8_gets_the_table_and_the_plot_in_ascii() -> None:
    words = [*BOTH, *SHORT, *ALONE, "--seeds", "2", "--show", "loss", "--plot"]
    done = subprocess.run(
        [sys.executable, "-m", "kbview", *words],
        env=os.environ | {"PYTHONIOENCODING": "ascii:strict"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    out = done.stdout.decode("ascii")
    assert "~ half of the 95 % confidence interval" in " ".join(out.split())
    assert " o kernel   x dpdk*" in out


def test_a_list_in_any_order_is_the_same_curve(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "overload-udp", *SHORT, "--show", "loss", "--plot", "--over"]
    mixed = printed(capsys, *words, "rate=2M,1M,3M")
    assert mixed.partition("┌")[2] == printed(capsys, *words, "rate=1M,2M,3M").partition("┌")[2]
    rows = [
        line.split()[0] for line in mixed.splitlines() if " kernel " in line and "o kernel" not in line
    ]
    assert rows == ["2M", "1M", "3M"], "the table keeps the order of the list"
