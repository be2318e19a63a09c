"""The check names the sentence that is not true of the model."""

from pathlib import Path

import pytest

from kbview.cli.main import main
from kbview.lesson.lesson import Setup
from kbview.lesson.stage import Stage
from tests.lesson.files import HEAD, example, untruths, written

ASKED = 'question = "?"\nchoices = ["a", "b"]\nanswer = '
BOTH = (
    '[step.bring]\nuntil = "1ms"\n[step.prediction]\nkind = "choice"\n'
    + ASKED
    + '["copies > 1", "delivered > 1"]'
)
EQUAL = '[step.prediction]\nkind = "larger"\n' + ASKED + '["copies", "dropped"]'


def test_every_claim_of_the_example_is_true(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = written(tmp_path, example(), "copy")
    assert main(["lessons", "check", str(path), "--fresh", "--jobs", "1"]) == 0
    assert capsys.readouterr().out == "copy: 2 steps, 4 claims: all true\n"


def test_an_untrue_claim_is_said_with_its_sentence_and_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = example().replace("copies == delivered", "copies == 2 * delivered")
    path = written(tmp_path, text, "copy")
    assert main(["lessons", "check", str(path), "--fresh", "--jobs", "1"]) == 1
    told = capsys.readouterr().out
    assert told.startswith('copy: step 2: "read() enters the kernel and copies')
    assert "`copies == 2 * delivered`: not true: copies = 39, delivered = 39" in told


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        ('claims = ["latency_p50 > 0"]', "a figure has no value here: latency_p50 = unknown"),
        ('claims = ["copies"]', "is no comparison; its value is 0"),
        ('look = "read app"', "look = 'read app': here are wire, NIC"),
        ('[step.bring]\nuntil = "drop"', "not reached: a packet is dropped or missed"),
        ('[step.bring]\nsettings = {rx_rings = 3}', "rx_rings"),
        (BOTH, "2 of 2 choices are true"),
        (EQUAL, "both are 0"),
        ('claims = ["mtcp.work > 1"]', "run mtcp: datapath mtcp"),
    ],
)  # fmt: skip
def test_a_step_that_is_not_so_is_named(tmp_path: Path, step: str, reason: str) -> None:
    found = untruths(tmp_path, HEAD + f'[[step]]\nprose = "A sentence."\n{step}\n')
    assert found
    assert reason in found[0].text
    assert found[0].text.startswith('made: step 1: "A sentence."')


def test_a_new_run_begins_from_the_head_and_not_from_the_step_before(tmp_path: Path) -> None:
    text = (
        HEAD
        + '[[step]]\nprose = "a"\nclaims = [\'datapath == "dpdk"\', "interrupts == 0"]\n'
        + '[step.bring]\ndatapath = "dpdk"\nuntil = "1ms"\n'
        + '[[step]]\nprose = "b"\nclaims = [\'datapath == "kernel"\', "999 < time_us < 1001"]\n'
        + '[step.bring]\nsettings = { "traffic.rate_pps" = 50000 }\nuntil = "1ms"\n'
        + '[[step]]\nprose = "c"\nclaims = ["1299 < time_us < 1301"]\n'
        + '[step.bring]\nuntil = "+300us"\n'
    )
    assert untruths(tmp_path, text) == []


@pytest.mark.parametrize("target", ["1500us", "step copy_to_user", "event NapiPolled", "#7", "wall"])
def test_a_target_ends_at_the_same_moment_however_the_run_was_cut_into_pieces(target: str) -> None:
    ends = []
    for before in ([], ["111us"], ["+7us", "+13us", "+17us"]):
        stage = Stage(Setup("paced-udp"), ".")
        stage.advance([*before, "300us", target])
        ends.append((stage.player.state.now_ps, stage.readings().value("step.ip_rcv.count")))
        stage.close()
    assert len(set(ends)) == 1
