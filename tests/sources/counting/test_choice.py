"""The choice between all packets and a sample."""

from collections.abc import Iterable

from kbview.sources.counting.choice import BUSY_PPS, QUIET_PPS, STORIES_PPS, StoryChoice


def sampled(rates: Iterable[tuple[float, float]]) -> list[bool]:
    """Whether it samples, after each of the rates at their moments."""
    choice, found = StoryChoice(), []
    for now_s, rate in rates:
        choice.decide(now_s, rate)
        found.append(choice.sampled)
    return found


def test_a_busy_interface_is_sampled_at_once_and_a_calm_one_recorded_after_a_while() -> None:
    rates = ((0.0, BUSY_PPS), (0.5, BUSY_PPS + 1), *((at, QUIET_PPS - 1) for at in (1.0, 2.5, 3.0)))
    assert sampled(rates) == [False, True, True, True, False]


def test_a_rate_between_the_two_changes_nothing_and_begins_the_calm_anew() -> None:
    rates = ((0.0, BUSY_PPS + 1), (1.0, 0), (2.9, QUIET_PPS), (3.1, 0), (5.0, 0), (5.2, 0))
    assert sampled(rates) == [True, True, True, True, True, False]


def test_a_sample_is_a_power_of_two_and_brings_no_more_than_it_should() -> None:
    choice = StoryChoice()
    for rate in (0, 150, 201, 3_000, 1_000_000):
        choice.decide(0.0, rate)
        assert choice.one_in & (choice.one_in - 1) == 0
        assert rate / choice.one_in <= STORIES_PPS
        assert choice.one_in == 1 or rate / choice.one_in > STORIES_PPS / 2
