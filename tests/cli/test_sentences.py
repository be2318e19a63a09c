"""No sentence of a comparison or a report contradicts its numbers, in any form that is printed."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from kbview.cli import together
from kbview.cli.ending import Ending
from kbview.cli.main import main
from kbview.cli.together import run_together
from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.settings import ScenarioError
from kbview.sources.emulated.scenario import scenarios
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.state.compare_words import contrast, work_ps
from kbview.state.report import Report
from kbview.tape.handover import NOTICE, SENDING_NOTICE, TAP_NOTICE, does_less, gives_frames
from kbview.tape.source import Source
from tests.cli import sheets
from tests.cli.captures import HTTP
from tests.cli.claims import LESSER, check
from tests.cli.sheets import Rows

LAB = str(HTTP.parent / "lab.kbt")
Printed = Callable[..., str]


def run(source: str, datapaths: list[str]) -> list[Report]:
    return run_together(
        [resolve(source, Choice(datapath=name, frames=200)) for name in datapaths], None
    )


def able(source: str, datapath: str) -> bool:
    scenario = scenarios()[source]
    try:
        scenario.check(datapath)
        DATAPATHS[datapath].check(scenario.settings)
    except ScenarioError:
        return False
    return True


def pairs() -> list[tuple[str, str]]:
    """Each scenario with the kernel beside the datapath it is about, else beside another; captures."""
    found = []
    for name, scenario in scenarios().items():
        wanted = [
            each for each in (scenario.datapath, "mtcp", "dpdk", "kernel-irq") if each != "kernel"
        ]
        beside = [each for each in wanted if able(name, each)]
        if able(name, "kernel") and beside:
            found.append((name, f"kernel,{beside[0]}"))
    captures = sorted(HTTP.parent.glob("*.pcap"))
    return [*found, *((str(path), f"kernel,{name}") for path in captures for name in ("dpdk", "mtcp"))]


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Printed:
    """The output of a command; all commands of a test are about the same reports, made once."""
    made: list[list[Report]] = []

    def once(sources: Sequence[Source], until_ps: int | None, ending: Ending) -> list[Report]:
        if not made:
            made.append(run_together(sources, until_ps, ending))
        for source in sources:
            source.close()
        return made[0]

    def output(*words: str) -> str:
        assert main([*words]) == 0
        return capsys.readouterr().out

    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(together, "run_together", once)
    return output


def told(text: str) -> list[tuple[list[str], list[str]]]:
    """The sentences below the table, with the two datapaths that each list is about."""
    parts = re.split(r"^(\S+) and (\S+)$", text, flags=re.MULTILINE)[1:]
    found = []
    for base, other, words in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        sentences = [" ".join(each.split()) for each in words.split("\n  - ")[1:]]
        found.append(([base, other], sentences))
    return found


def two(rows: Rows, names: list[str]) -> Rows:
    """The columns of two datapaths."""
    return {
        label: {name: cells[name] for name in names if name in cells} for label, cells in rows.items()
    }


def check_differences(text: str, made: str) -> None:
    """Text and JSON say the same, and every sentence agrees with the numbers of its own form."""
    terminal, document = sheets.of_terminal(text.splitlines()), json.loads(made)
    numbers = sheets.of_json(document["reports"])
    terminal |= {label: numbers[label] for label in ("on purpose", "stack")}
    pieces = told(text)
    assert pieces
    for (names, sentences), piece in zip(pieces, document["differences"], strict=True):
        assert [piece["base"], piece["other"]] == names
        assert piece["words"] == sentences
        assert sentences
        for sentence in sentences:
            check(sentence, two(terminal, names))
            check(sentence, two(numbers, names))
        unlike_work = len({name in LESSER for name in names}) == 2
        assert (NOTICE in " ".join(sentences)) is (unlike_work and "arrived" in terminal)


def check_markdown(text: str, made: str) -> None:
    """Each cell is that of JSON; frames that are given to an application are said to be frames."""
    rows, numbers = sheets.of_markdown(text.splitlines()), sheets.of_json(json.loads(made)["reports"])
    lines = [sheets.plain(line.removeprefix("- ")) for line in text.splitlines() if line[:2] == "- "]
    for label in rows.keys() & numbers.keys():
        assert rows[label] | numbers[label] == rows[label]
    names = list(rows["per"])
    for name in names:
        form = NOTICE if "arrived" in rows else SENDING_NOTICE
        assert (f"{name}: {form}" in lines) is does_less(name)
        assert (f"{name}: {TAP_NOTICE}" in lines) is (gives_frames(name) and not does_less(name))
    for report in json.loads(made)["reports"]:
        assert set(report["notes"]) <= set(lines)
        assert not report["machine"] or f"{report['profile']}: {report['machine']}" in lines


@pytest.mark.parametrize(("source", "datapaths"), pairs())
def test_no_sentence_contradicts_the_numbers_beside_it(
    source: str, datapaths: str, printed: Printed
) -> None:
    words = [source, "--until", "1000", "--datapath", datapaths]
    text, made = printed("compare", *words), printed("compare", *words, "--json")
    check_differences(text, made)
    check_markdown(printed("run", *words, "--format", "markdown"), made)


@pytest.mark.parametrize("source", ["overload-udp", "six-switches", "request-response", "xdp-forward"])
def test_no_sentence_of_all_datapaths_contradicts_its_numbers(source: str, printed: Printed) -> None:
    words = ["compare", source, "--until", "300", "--datapath", "all"]
    text, document = printed(*words), json.loads(printed(*words, "--json"))
    numbers, pieces = sheets.of_json(document["reports"]), told(text)
    assert len(pieces) == len(document["reports"]) - 1 >= 5
    for (names, sentences), piece in zip(pieces, document["differences"], strict=True):
        assert [piece["base"], piece["other"], piece["words"]] == [*names, sentences]
        for sentence in sentences:
            check(sentence, two(numbers, names))


def test_no_sentence_about_the_recorded_lab_contradicts_its_numbers(printed: Printed) -> None:
    text, made = printed("compare", LAB), printed("compare", LAB, "--json")
    check_differences(text, made)
    check_markdown(printed("run", LAB, "--format", "markdown"), made)
    names = [report["datapath"] for report in json.loads(made)["reports"]]
    assert names == ["kernel", "af_packet", "af_xdp", "dpdk"]


def test_receivers_of_a_recorded_lab_that_got_unequal_loads_are_not_compared_silently(
    printed: Printed,
) -> None:
    offered = sheets.of_terminal((text := printed("compare", LAB)).splitlines())["offered frames"]
    note = "unequal loads, frames a second: " + ", ".join(
        f"{name} {rate}" for name, rate in offered.items()
    )
    assert note in " ".join(text.split())


def test_tapes_with_one_datapath_are_told_apart_by_their_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tapes = [str(tmp_path / name) for name in ("few.kbt", "many.kbt")]
    for tape, frames in zip(tapes, ("100", "800"), strict=True):
        assert main(["record", "overload-udp", "--until", frames, "-o", tape]) == 0
    capsys.readouterr()
    assert main(["compare", *tapes]) == 0
    out = " ".join(capsys.readouterr().out.split())
    assert "kernel few.kbt and kernel many.kbt" in out
    assert "kernel few.kbt loses none of 100 packets; kernel many.kbt loses " in out


def test_a_tape_with_one_datapath_alone_is_not_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tape = str(tmp_path / "one.kbt")
    assert main(["record", "paced-udp", "--until", "20", "-o", tape]) == 0
    capsys.readouterr()
    assert main(["compare", tape]) == 2
    assert "the tape holds kernel alone; name a second tape" in capsys.readouterr().err


def test_beside_a_tap_the_stack_s_work_is_done() -> None:
    """net/core/dev.c __netif_receive_skb_core(): the tap's reference, then ip_rcv() as ever."""
    reports = run("paced-udp", ["kernel", "af_packet"])
    words = " ".join(contrast(*reports))
    assert {"ip_rcv", "udp_rcv"} <= {one["stage"] for one in reports[1].stages}
    assert TAP_NOTICE in words
    assert "for less work" not in words
    assert "no IP" not in words


def test_xdp_does_no_work_of_a_stack_and_so_the_bypass_does_no_less() -> None:
    """mlx5e_xdp_handle() runs in the driver's poll: a frame that it redirects never sees ip_rcv()."""
    for source in ("xdp-forward", "bus-bound"):
        reports = run(source, ["kernel", "dpdk"])
        words = " ".join(contrast(*reports))
        assert not {"ip_rcv", "udp_rcv"} & {one["stage"] for one in reports[0].stages}
        assert "kernel does none of it here, either." in words
        assert "for less work" not in words
    words = " ".join(contrast(*run("imix-forward", ["kernel", "dpdk"])))
    assert "kernel does the work of IP alone." in words
    assert ", for less work: " in words


def test_frames_that_are_dropped_on_purpose_are_not_lost_and_share_the_costs() -> None:
    """T7 counts them so: XDP_DROP on one core, frames a second (XDP paper, section 4.1)."""
    report, bypass = run("bus-bound", ["kernel", "dpdk"])
    assert (report.frames["delivered"], report.discarded) == (0, 200)
    assert report.per == bypass.per == "packet dropped on purpose"
    paid_ps = work_ps(report)
    assert paid_ps is not None
    assert paid_ps * 200 == pytest.approx(sum(one["total_ps"] for one in report.stages), rel=0.01)
    words = " ".join(contrast(report, bypass))
    assert "kernel drops 200 of 200 packets on purpose and loses none" in words


def test_an_application_that_only_sends_gets_no_frames(printed: Printed) -> None:
    text = printed("run", "blast-udp", "--until", "300us", "--datapath", "dpdk")
    assert "dpdk: no IP, UDP, TCP: the application writes frames" in text
    assert "gets frames" not in text


def test_time_without_empty_polls_has_none_of_a_busy_poll() -> None:
    """net/core/dev.c napi_busy_loop(): a poll that finds nothing takes the steps of one that finds."""
    (report,) = run("busy-poll", ["kernel"])
    empty_ps = sum(core["poll_empty_ps"] for core in report.cores)
    busy_ps = sum(value for core in report.cores for name, value in core.items() if name[-3:] == "_ps")
    busy_ps -= sum(core["idle_ps"] for core in report.cores)
    assert empty_ps
    paid_ps = work_ps(report)
    assert paid_ps is not None
    assert paid_ps * report.packets == pytest.approx(busy_ps - empty_ps, rel=1e-6)


def test_most_scenarios_are_compared() -> None:
    assert len(pairs()) > 30
