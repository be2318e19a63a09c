"""`kbview sweep` and `kbview find`: each output names its origin; a refusal is one line."""

import csv
import io
import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from kbview.cli import sweep_picture
from kbview.cli.main import COMMANDS, main
from kbview.experiment.figure import FIGURES

SWEEP = [
    "sweep",
    "overload-udp",
    "--over",
    "rate=200k,3M",
    "--datapath",
    "kernel,dpdk",
    "--until",
    "1k",
]
FIND = ["find", "paced-udp", "--datapath", "dpdk", "--until", "500", "--set", "link_gbps=10"]
ALONE = ["--jobs", "1", "--fresh"]


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words, *ALONE]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_the_table_says_emulated_profile_and_run_and_has_80_columns(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, *SWEEP, "--seeds", "3", "--show", ",".join(FIGURES))
    assert out.startswith("EMULATED with costs of xdp18: overload-udp\n")
    said = " ".join(out.split())
    assert "each run: 1,000 frames, of which the first fifth is not measured" in said
    assert "means of 3 seeds, ± half of the 95 % confidence interval (Student's t)" in said
    for figure in FIGURES.values():
        assert f"{figure.name}: {figure.meaning}" in said
    assert max(map(len, out.splitlines())) <= 80


def test_the_object_for_programs_has_definitions_units_and_every_seed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    made = json.loads(
        printed(capsys, *SWEEP, "--json", "--seeds", "2", "--show", "delivered,latency-p50")
    )
    assert (made["origin"], made["source"]) == ("emulated", "overload-udp")
    assert made["axes"] == [{"key": "rate_pps", "unit": "frames/s", "values": [200_000, 3_000_000]}]
    assert made["figures"]["delivered"]["unit"] == "frames/s"
    assert [(row["values"]["rate_pps"], row["datapath"]) for row in made["rows"]] == [
        (200_000, "kernel"),
        (200_000, "dpdk"),
        (3_000_000, "kernel"),
        (3_000_000, "dpdk"),
    ]
    for row in made["rows"]:
        told = row["figures"]["delivered"]
        assert row["profile"] == "xdp18"
        assert told["mean"] == pytest.approx(sum(told["seeds"]) / 2)
        assert told["ci95"] >= 0


def test_csv_has_a_head_with_units_and_leaves_an_unknown_value_empty(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["sweep", "paced-udp", "--over", "rate=1k", "--until", "1us", "--csv"]
    (row,) = csv.DictReader(io.StringIO(printed(capsys, *words)))
    assert (row["origin"], row["source"], row["profile"]) == ("emulated", "paced-udp", "xdp18")
    assert row["latency-p99 [us]"] == ""
    assert row["delivered [frames/s]"] == "0.0"
    assert row["delivered ci95 [frames/s]"] == "", "a single seed has no interval"


def test_the_plot_is_drawn_in_80_columns_with_origin_and_unit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = printed(capsys, *SWEEP, "--plot", "--show", "loss")
    assert "loss [%], emulated, costs of xdp18" in out
    assert "rate_pps [frames/s]" in out
    assert " o kernel   x dpdk*\n" in out
    assert max(map(len, out.splitlines())) <= 80


def test_words_stand_on_the_axis_in_the_order_of_the_range(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["sweep", "paced-udp", "--over", "wait=read,epoll", "--until", "300", "--plot"]
    out = printed(capsys, *words, "--show", "syscalls")
    ticks = next(line for line in out.splitlines() if "read" in line and "epoll" in line)
    assert ticks.index("read") < ticks.index("epoll")


def test_pictures_are_drawn_with_curves_units_and_origin(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    svg, png = tmp_path / "a.svg", tmp_path / "a.png"
    printed(capsys, *SWEEP, "--seeds", "2", "--svg", str(svg), "--png", str(png))
    text = "".join(ET.parse(svg).getroot().itertext())
    for words in ("EMULATED with costs of xdp18: overload-udp", "kernel", "dpdk", "loss [%]"):
        assert words in text
    assert png.read_bytes().startswith(b"\x89PNG")
    first = svg.read_bytes()
    assert main([*SWEEP, *ALONE, "--svg", str(svg)]) == 2
    assert "exists; name another file, or --force" in capsys.readouterr().err
    printed(capsys, *SWEEP, "--seeds", "2", "--svg", str(svg), "--force")
    assert svg.read_bytes() == first, "the same points give the same file"


def test_a_hostile_name_is_text_in_a_picture(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    pytest.importorskip("matplotlib", reason="the extra `plot` is not installed")
    scenario, svg = tmp_path / "a.toml", tmp_path / "a.svg"
    scenario.write_text('name = "$\\\\frac$ \\u001b[31m<b>"\nsummary = "x"\n')
    words = ["sweep", str(scenario), "--over", "cores=1,2", "--until", "200"]
    assert "\x1b" not in printed(capsys, *words, "--svg", str(svg), "--plot")
    assert "$\\frac$" in "".join(ET.parse(svg).getroot().itertext())


def test_without_matplotlib_a_picture_is_refused_with_the_command_that_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_picture, "find_spec", lambda _name: None)
    assert main([*SWEEP, "--svg", "a.svg"]) == 2
    assert f"run: {sys.executable} -m pip install matplotlib" in capsys.readouterr().err


def test_the_loss_free_rate_is_told_with_its_definition(capsys: pytest.CaptureFixture[str]) -> None:
    out = printed(capsys, *FIND)
    assert out.startswith("EMULATED with costs of xdp18: paced-udp\n")
    said = " ".join(out.split())
    assert "RFC 2544, 26.1" in said
    assert (
        "each trial offers 500 frames and waits for the last; lost: missed, dropped or unsent" in said
    )
    assert "resolution 1 %" in said
    assert "frames of 64 bytes, pattern constant; up to 14.88M frames/s" in said
    assert "with link_gbps = 10" in said
    assert "dpdk*: 14.88M frames/s, all that the link or the burst carries" in said


def test_a_crossing_names_the_datapath_with_less_on_each_side(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["find", "overload-udp", "--cross", "kernel,dpdk", "--until", "1k", "--resolution", "5%"]
    assert "below it kernel has less cpu, above it dpdk" in " ".join(printed(capsys, *words).split())
    made = json.loads(printed(capsys, *words, "--json"))
    assert (made["origin"], made["profile"], made["figure"]) == ("emulated", "xdp18", "cpu")
    (answer,) = made["answers"]
    assert answer["datapath"] == ["kernel", "dpdk"]
    assert 300_000 < answer["rate_pps"] < 1_500_000


REFUSED = [
    (["sweep", "overload-udp"], "required: --over"),
    (["sweep", "overload-upd", "--over", "ring=64"], "did you mean overload-udp?"),
    (["sweep", "http.pcap", "--over", "ring=64"], "capture: no keys to vary; name a scenario"),
    (["sweep", "live:lo", "--over", "ring=64"], "no keys to vary"),
    ([*SWEEP, "--over", "rign=64"], "did you mean ring?"),
    ([*SWEEP, "--show", "delivred"], "did you mean delivered?"),
    ([*SWEEP, "--set", "rign=64"], "did you mean ring?"),
    ([*SWEEP, "--datapath", "dpkd"], "use kernel"),
    ([*SWEEP, "--profile", "nope"], "profile 'nope' is unknown"),
    ([*SWEEP, "--load", "2"], "write 0.01% to 100%"),
    ([*SWEEP, "--load", "50%"], "--load sets the rate"),
    (["sweep", "short-connections", "--over", "cores=1", "--load", "1"], "no offered rate"),
    ([*SWEEP, "--until", "0"], "measures nothing"),
    ([*SWEEP, "--jobs", "0"], "use 1 to 1024"),
    ([*SWEEP, "--json", "--csv"], "not allowed with"),
    ([*SWEEP, "--svg", "no-such-folder/a.svg"], "install matplotlib|no such folder"),
    ([*FIND, "--rate", "5"], "find varies the rate itself"),
    ([*FIND, "--set", "traffic.rate_pps=5"], "find varies the rate itself"),
    (["sweep", "paced-udp", "--over", "cores=1", "--load", "1", "--set", "rate_pps=5"], "--load sets"),
    ([*SWEEP, "--svg", "."], "install matplotlib|name a file for the picture"),
    ([*SWEEP, "--svg", ""], "install matplotlib|name a file for the picture"),
    ([*SWEEP, "--svg", "a", "--png", "./a"], "install matplotlib|have the same name"),
    ([*FIND, "--until", "3ms"], "a trial offers a number of frames"),
    ([*FIND, "--show", "cpu"], "--show is for --cross"),
    ([*FIND, "--cross", "kernel,dpdk"], "--cross A,B names the datapaths"),
    (["find", "paced-udp", "--cross", "kernel"], "name two datapaths"),
    (["find", "paced-udp", "--cross", "kernel,mtcp"], "takes connections only"),
    (["find", "short-connections"], "there is no offered rate to search"),
    ([*FIND, "--resolution", "0"], "write 0.01% to 100%"),
    ([*FIND, "--cluster", "local:0"], "N from 1 to 256|install distributed"),
    ([*FIND, "--cluster", "here"], "write tcp://HOST:PORT or local:N|install distributed"),
]


@pytest.mark.parametrize(("words", "says"), REFUSED)
def test_a_refusal_is_one_line(
    words: list[str], says: str, capsys: pytest.CaptureFixture[str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    assert (code, out) == (2, "")
    assert any(each in err for each in says.split("|")), err
    assert len(err.splitlines()) == 1


def test_the_help_names_both_commands() -> None:
    from kbview.cli.main import EPILOG

    assert {"sweep", "find"} <= COMMANDS.keys()
    assert "kbview sweep SCENARIO" in EPILOG
    assert "kbview find SCENARIO" in EPILOG
