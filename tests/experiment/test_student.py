"""The confidence interval of a mean over few seeds."""

from math import gamma, pi, sqrt

import pytest

from kbview.experiment.student import MOST_SEEDS, estimate, quantile


def cumulative(t: float, freedom: int) -> float:
    """P(T <= t) of Student's distribution, by Simpson's rule over its density."""
    scale = gamma((freedom + 1) / 2) / (sqrt(freedom * pi) * gamma(freedom / 2))

    def density(x: float) -> float:
        return float(scale * (1 + x * x / freedom) ** (-(freedom + 1) / 2))

    steps = 4_000
    width = t / steps
    inner = sum((4 if at % 2 else 2) * density(at * width) for at in range(1, steps))
    return 0.5 + (density(0) + inner + density(t)) * width / 3


@pytest.mark.parametrize("freedom", range(1, MOST_SEEDS))
def test_the_quantiles_leave_two_and_a_half_percent_above(freedom: int) -> None:
    assert cumulative(quantile(freedom), freedom) == pytest.approx(0.975, abs=1e-5)


def test_the_interval_of_three_runs() -> None:
    """Mean 2, standard deviation 1: 4.3027 / sqrt(3)."""
    told = estimate([1.0, 2.0, 3.0])
    assert told.mean == 2
    assert told.half == pytest.approx(4.3027 / sqrt(3))


def test_equal_runs_have_no_width_and_one_run_has_no_interval() -> None:
    assert estimate([0.3543, 0.3543, 0.3543]).half == 0
    assert estimate([5.0]).half is None
    assert estimate([5.0]).mean == 5


def test_a_run_without_a_value_leaves_the_mean_unknown() -> None:
    told = estimate([1.0, None])
    assert (told.mean, told.half, told.runs) == (None, None, (1.0, None))
