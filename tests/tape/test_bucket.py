"""The arithmetic of a histogram's buckets against a table of all of them."""

from bisect import bisect_right
from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from kbview.tape.bucket import lowest, lowest_values, tally, width

# Below 128 a bucket each; above, each doubling in 64.
TABLE = [*range(128), *((64 | part) << cut for cut in range(1, 56) for part in range(64))]


@given(st.lists(st.integers(0, 1 << 61), min_size=1))
def test_a_value_belongs_to_the_last_bucket_that_begins_at_or_before_it(values: list[int]) -> None:
    """Among small values, and where all are greater than 128."""
    expected = [TABLE[bisect_right(TABLE, value) - 1] for value in values]
    assert lowest_values(values) == expected
    assert [lowest(value) for value in values] == expected
    large = [value + 128 for value in values]
    assert lowest_values(large) == [TABLE[bisect_right(TABLE, value) - 1] for value in large]


@given(st.lists(st.integers(0, 1 << 61), min_size=1, max_size=20), st.integers(1, 200))
def test_a_tally_counts_the_values_of_each_bucket(values: list[int], times: int) -> None:
    """Of few values, and of so many that a list of all buckets is used."""
    many = values * times
    assert tally(many, max(many)) == Counter(lowest_values(many))


def test_a_bucket_ends_where_the_next_begins() -> None:
    """There is no value between two buckets."""
    assert [start + width(start) for start in TABLE[:-1]] == TABLE[1:]
