"""`kbview compare`: the same frames through several datapaths, and the differences in words."""

import json
from pathlib import Path

import pytest

from kbview.cli.main import main
from tests.cli.captures import HTTP


def test_the_differences_are_said_and_their_numbers_are_those_of_the_reports(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "overload-udp", "--until", "20000", "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    kernel, dpdk = made["reports"]
    assert [kernel["datapath"], dpdk["datapath"]] == ["kernel", "dpdk"]
    assert kernel["frames"]["arrived"] == dpdk["frames"]["arrived"] == 20_000
    (difference,) = made["differences"]
    words = "\n".join(difference["words"])
    lost = kernel["frames"]["dropped"] + kernel["frames"]["missed"]
    assert f"kernel loses {lost:,}" in words
    assert "SOCKET_RCVBUFF" in words
    crossings = kernel["counts"]["mode_switches"] / kernel["frames"]["delivered"]
    assert (
        f"kernel crosses the wall between user and kernel {crossings:.2f} times for each delivered "
        "packet, dpdk never." in words
    )


def test_a_difference_that_is_none_is_not_made_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "paced-udp", "--datapath", "kernel,kernel,dpdk", "--until", "50"]) == 0
    out = capsys.readouterr().out
    assert "Both deliver all 50 packets." in out
    assert all(len(line) <= 80 for line in out.splitlines())


def test_two_tapes_are_compared_as_they_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tapes = []
    for name in ("kernel", "dpdk"):
        tapes.append(str(tmp_path / f"{name}.kbt"))
        assert main(["record", str(HTTP), "--datapath", name, "-o", tapes[-1]]) == 0
    capsys.readouterr()
    assert main(["compare", *tapes, "--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [report["origin"] for report in made["reports"]] == ["recorded", "recorded"]
    assert made["differences"][0]["other"] == "dpdk"


@pytest.mark.parametrize("part", [1.0, 0.4, 0.05], ids=["whole", "cut", "before a delivery"])
def test_a_tape_of_a_kernel_trace_is_compared_with_itself(
    part: float, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Percentiles that a trace does not have are no differences."""
    text = (Path(__file__).parents[1] / "sources" / "trace" / "text" / "trace_pipe.txt").read_bytes()
    trace, tape = tmp_path / "trace.txt", str(tmp_path / "t.kbt")
    trace.write_bytes(text[: int(part * len(text))])
    assert main(["record", str(trace), "-o", tape]) == 0
    assert main(["compare", tape, tape]) == 0
    assert "latency to application or wire" in capsys.readouterr().out
    assert main(["compare", tape, tape, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["reports"]
    assert first == second


def test_standard_input_is_read_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "-", "-"]) == 2
    assert "name - once" in capsys.readouterr().err


def test_an_unknown_datapath_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", "paced-udp", "--datapath", "kernal"]) == 2
    assert "datapath 'kernal' is unknown" in capsys.readouterr().err


@pytest.mark.parametrize("scenario", ["overload-udp", "short-connections"])
def test_all_leaves_out_a_datapath_that_cannot_serve_with_the_reason(
    scenario: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", scenario, "--datapath", "all", "--until", "200"]) == 0
    assert "left out: datapath" in " ".join(capsys.readouterr().out.split())


def test_udp_in_user_space_is_like_work(capsys: pytest.CaptureFixture[str]) -> None:
    names = "kernel,dpdk-udp,dpdk"
    command = ["compare", "udp-past-the-kernel", "--datapath", names, "--until", "2000", "--json"]
    assert main(command) == 0
    like, raw = json.loads(capsys.readouterr().out)["differences"]
    assert any("for less work" in sentence for sentence in raw["words"])
    assert not any("for less work" in sentence for sentence in like["words"])
    assert not any("frames" in sentence for sentence in like["words"])
    assert like["words"][0] == "Both deliver all 2,000 packets."
