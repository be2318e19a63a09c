"""The sender's pace: said while frames are given up, and silent otherwise."""

from kbview.sources.lab.sender_pace import SenderPace
from kbview.sources.workers.load import Load
from kbview.sources.workers.message import Sent


def sent(at_s: float, frames: int, late: int, rate: int = 1000) -> Sent:
    return Sent(
        time_ns=round(at_s * 1e9),
        load=Load(rate=rate),
        frames=frames,
        bytes=0,
        refused=0,
        late=late,
        syscalls=0,
        user_ns=0,
        system_ns=0,
    )


def paced(*reports: Sent) -> str:
    pace = SenderPace()
    for report in reports:
        pace.add(report)
    return pace.shortfall


def test_a_sender_that_keeps_up_is_not_mentioned() -> None:
    assert paced() == ""
    assert paced(sent(0, 0, 0), sent(2, 2000, 0)) == ""
    assert paced(sent(0, 0, 0), sent(2, 1900, 100)) == "", "5 % is the bound of equal loads"


def test_a_sender_that_gives_frames_up_is_said_with_both_rates() -> None:
    said = paced(sent(0, 0, 0), sent(2, 1000, 1000))
    assert said == "the sender is too slow: 500 of 1,000 frames/s; the others were never sent"


def test_one_stall_is_no_verdict_before_a_second_has_passed() -> None:
    assert paced(sent(0, 0, 0), sent(0.5, 100, 400)) == ""


def test_another_load_and_the_past_do_not_count() -> None:
    assert paced(sent(0, 0, 0), sent(2, 1000, 1000), sent(3, 1100, 1000, rate=100)) == ""
    kept = (sent(2 + at / 10, 1000 + 100 * at, 1000) for at in range(1, 30))
    assert paced(sent(0, 0, 0), sent(2, 1000, 1000), *kept) == ""
