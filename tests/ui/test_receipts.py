"""Receipts: how many bytes may be under way to a terminal that answers, slowly, or never."""

from collections import deque

from kbview.ui.receipts import QUESTION, Receipts


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_bytes_are_under_way_until_the_terminal_answers() -> None:
    receipts = Receipts(Clock())
    receipts.wrote(500)
    assert receipts.ask() == QUESTION
    assert receipts.under_way == 500 + len(QUESTION)
    receipts.wrote(300)
    receipts.answered()
    assert receipts.under_way == 300


def test_a_frame_without_bytes_asks_nothing() -> None:
    receipts = Receipts(Clock())
    receipts.wrote(1)
    assert receipts.ask()
    assert receipts.ask() == ""


def test_an_open_question_is_expected_and_an_answered_one_is_not() -> None:
    receipts = Receipts(Clock())
    receipts.wrote(1)
    receipts.ask()
    assert receipts.expected
    receipts.answered()
    assert not receipts.expected


def line(bytes_per_s: float, round_trip_s: float, frame: int, seconds: float = 60.0) -> tuple[int, int]:
    """A frame each tenth of a second on such a line: the most bytes under way, and all bytes sent."""
    clock = Clock()
    receipts = Receipts(clock)
    answers: deque[float] = deque()
    free_s, most, sent = 0.0, 0, 0
    while clock.now_s < seconds:
        while answers and answers[0] <= clock.now_s:
            answers.popleft()
            receipts.answered()
        if receipts.under_way < receipts.allowed:
            receipts.wrote(frame)
            receipts.ask()
            sent += frame
            free_s = max(free_s, clock.now_s) + frame / bytes_per_s
            answers.append(free_s + round_trip_s)
        most = max(most, receipts.under_way)
        clock.now_s += 0.1
    return most, sent


def test_a_slow_line_is_filled_and_half_a_second_of_it_waits() -> None:
    """64 kbit/s and 200 ms: a key's frame waits for at most a second, and most of the line is used."""
    most, sent = line(8000, 0.2, 1000)
    assert most <= 8000
    assert sent > 0.8 * 8000 * 60


def test_a_fast_line_takes_every_frame() -> None:
    _, sent = line(10e6, 0.001, 4000)
    assert sent == 4000 * 600


def test_a_fast_line_far_away_takes_every_frame() -> None:
    """10 Mbit/s and 200 ms, as across an ocean."""
    _, sent = line(1.25e6, 0.2, 3000)
    assert sent > 0.9 * 3000 * 600


def test_a_terminal_that_never_answers_is_a_slow_line_for_ten_seconds_and_then_free() -> None:
    clock = Clock()
    receipts = Receipts(clock)
    receipts.wrote(20_000)
    receipts.ask()
    assert receipts.under_way > receipts.allowed
    clock.now_s = 2.5
    assert receipts.under_way == 20_000 + len(QUESTION) - 8000 * 2.5
    clock.now_s = 10.1
    receipts.wrote(100_000)
    assert receipts.under_way == 0
    assert not receipts.expected


def test_a_terminal_that_stops_answering_is_free_after_three_lost_answers() -> None:
    clock = Clock()
    receipts = Receipts(clock)
    receipts.wrote(1)
    receipts.ask()
    receipts.answered()
    for _ in range(3):
        receipts.wrote(5000)
        receipts.ask()
        assert receipts.under_way == 5000 + len(QUESTION)
        clock.now_s += 11
        _ = receipts.under_way
    receipts.wrote(5000)
    assert receipts.under_way == 0
    receipts.ask()
    receipts.answered()
    receipts.wrote(700)
    assert receipts.under_way == 700, "it answers again"


def test_an_answer_to_no_question_changes_nothing() -> None:
    receipts = Receipts(Clock())
    receipts.wrote(400)
    receipts.answered()
    assert receipts.under_way == 400
