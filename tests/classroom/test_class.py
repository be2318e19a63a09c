"""A class of real processes: they see the same, and none is disturbed by another's end."""

import signal
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.terminal.screen import Terminal

QUESTION = "Which way costs more work for a packet?"


def _present(room: Path, *words: str) -> Terminal:
    return Terminal(words=("present", "--room", str(room), *words), environ={"USER": "asha"})


def _follow(room: Path, *words: str) -> Terminal:
    return Terminal(words=("follow", str(room), *words))


def _go_on(presenter: Terminal, step: str) -> None:
    """To the next step of the lesson; n is refused while the model runs to the step before."""
    for _ in range(12):
        presenter.press("n")
        with suppress(AssertionError):
            presenter.wait_for(step, 5)
            return
    presenter.wait_for(step)


@pytest.fixture
def room(tmp_path: Path) -> Path:
    return tmp_path / "class"


def test_a_lesson_is_presented_answered_and_decided(room: Path, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    with ExitStack() as stack:
        asha = stack.enter_context(_present(room, "--lesson", "tour", "--answers", str(answers)))
        asha.wait_for("[1/5]")
        pupils = [stack.enter_context(_follow(room, *words)) for words in ((), ("--name", "Ben"))]
        for pupil in pupils:
            pupil.wait_for("[1/5]")
            pupil.wait_for("following")
        _go_on(asha, "[2/5]")
        _go_on(asha, "[3/5]")
        for pupil, answer in zip(pupils, "12", strict=True):
            pupil.wait_for("your prediction")
            pupil.press(answer)
            pupil.wait_for(f"(yours: {answer})")
        asha.wait_for("2 of 2 followers have answered")
        asha.press("A")
        asha.wait_for("1: 1  2: 1")
        asha.press("1")
        pupils[0].wait_for("following")
        asha.press("q")
        assert asha.end() == 0
        for pupil in pupils:
            assert pupil.end() == 0
            assert b"asha has ended the class." in pupil.output
    assert not room.exists()
    (named,) = answers.iterdir()
    assert 'student = "Ben"' in named.read_text()


def test_a_killed_follower_changes_nothing_for_the_others(room: Path) -> None:
    with ExitStack() as stack:
        asha = stack.enter_context(_present(room, "paced-udp"))
        asha.wait_for("paced-udp")
        pupils = [stack.enter_context(_follow(room)) for _ in range(3)]
        for pupil in pupils:
            pupil.wait_for("paced-udp")
        pupils[0].process.kill()
        pupils[1].process.send_signal(signal.SIGSTOP)
        asha.press("2")
        asha.wait_for("journey")
        pupils[2].wait_for("journey")
        pupils[1].process.send_signal(signal.SIGCONT)
        pupils[1].wait_for("journey")


def test_a_killed_presenter_ends_every_follower_with_a_sentence(room: Path) -> None:
    with ExitStack() as stack:
        asha = stack.enter_context(_present(room, "paced-udp"))
        asha.wait_for("paced-udp")
        pupil = stack.enter_context(_follow(room))
        pupil.wait_for("paced-udp")
        asha.process.kill()
        assert pupil.end() == 1
        assert b"The connection to the presenter was lost." in pupil.output
        with _present(room, "paced-udp") as again:
            again.wait_for("paced-udp")


def test_a_follower_looks_around_alone_and_comes_back(room: Path) -> None:
    with ExitStack() as stack:
        asha = stack.enter_context(_present(room, "paced-udp"))
        asha.wait_for("paced-udp")
        asha.press(" ")
        pupil = stack.enter_context(_follow(room))
        pupil.wait_for("following")
        pupil.press("a")
        pupil.wait_for("RECORDED")
        pupil.press("5")
        pupil.wait_for("ns a delivered packet")
        pupil.press("q")
        pupil.wait_for("following")
        pupil.press("q")
        assert pupil.end() == 0
