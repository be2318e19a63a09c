"""`--filter` means the same for captures, exports and the config file, and is refused in one line."""

import csv
import io
import json
import shutil
from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.packet.capture import open_capture
from kbview.sources.resolve import recording
from tests.cli.captures import HTTP
from tests.packet.filter import peer
from tests.packet.filter.sample_frames import frames

MIXED = recording("mixed.pcap") or ""
TEXTS = ("udp port 53", "arp or icmp", "not tcp", "tcp dst port 80")


@pytest.mark.skipif(shutil.which("tcpdump") is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("text", TEXTS)
def test_a_capture_is_replayed_as_if_it_had_only_the_packets_of_the_filter(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same report as of the file that `tcpdump -w FILE EXPRESSION` writes."""
    path = tmp_path / "taken.pcap"
    peer.extract(Path(MIXED), text, path)
    assert main(["run", str(path), "--json"]) == 0
    expected = json.loads(capsys.readouterr().out)[0]
    assert main(["run", MIXED, "--json", "--filter", text]) == 0
    found = json.loads(capsys.readouterr().out)[0]
    for key in ("frames", "bytes", "drops", "counts", "latency_ps"):
        assert found[key] == expected[key], key
    assert found["frames"]["arrived"] > 0
    assert f"packets: {text}" in found["notes"]


def test_rows_and_packets_of_an_export_are_the_filter_s(tmp_path: Path) -> None:
    capture = tmp_path / "frames.pcap"
    peer.write_capture(capture, frames())
    tape = str(tmp_path / "a.kbt")
    assert main(["record", str(capture), "--snap", "200", "-o", tape]) == 0
    packets = tmp_path / "udp.pcapng"
    words = ["export", tape, "--filter", "udp and net 10.0.0.0/8"]
    assert main([*words, "--to", "pcapng", "-o", str(packets)]) == 0
    with open_capture(packets) as opened:
        protocols = {frame.flow.protocol for chunk in opened.frames() for frame in chunk}
    assert protocols == {"udp", "ip"}  # fragments of datagrams, too
    rows = tmp_path / "udp.csv"
    assert main([*words, "--to", "csv", "-o", str(rows)]) == 0
    told = list(csv.DictReader(io.StringIO(rows.read_text())))
    with open_capture(packets) as opened:
        count = sum(len(chunk) for chunk in opened.frames())
    numbers = {row["packet"] for row in told if row["record"] == "FrameArrived"}
    assert 0 < len(numbers) <= count
    assert {row["record"] for row in told if not row["packet"]} <= {"DatapathStarted"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", str(HTTP), "--filter", "tcp prot 80"], "did you mean proto?: tcp ^prot 80"),
        (["run", str(HTTP), "--filter", "pid 7"], "pid is not known of a packet in a capture: ^pid 7"),
        (["run", "overload-udp", "--filter", "tcp"], "--filter is for captures, live:IFACE"),
        (["export", str(HTTP), "--to", "svg", "--filter", "tcp"], "it is not for svg"),
        (["export", str(HTTP), "--to", "csv", "--filter", "tcp and"], "filter: a word for packets"),
        (["run", "live:lo", "--filter", "dropped"], "dropped is not known by live:lo: ^dropped"),
        (["run", "counters", "--filter", "netns none-such"], "no network namespace 'none-such'"),
    ],
)
def test_a_filter_that_cannot_be_used_is_refused_in_a_line(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


def test_the_config_file_s_filter_is_shown_and_a_wrong_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    (tmp_path / "kbview").mkdir()
    file = tmp_path / "kbview" / "config.toml"
    file.write_text('filter = "not port 22"\n')
    assert main(["config"]) == 0
    assert "not port 22" in capsys.readouterr().out
    assert main(["run", str(HTTP), "--json", "--until", "1ms"]) == 0  # for live sources only
    assert "not port 22" not in capsys.readouterr().out
    file.write_text('filter = "not prot 22"\n')
    assert main(["config"]) == 2
    assert "config.toml: filter: 'prot' is no word" in capsys.readouterr().err
