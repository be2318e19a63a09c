"""A page of the trace ring gives the records that were written to it, at their times."""

import pytest

from kbview.sources.trace.live import page as pages
from tests.sources.trace.live.pages import common, event, extend, given_up, header, page, stamp

LAYOUT = pages.PageLayout()


def told(data: bytes) -> list[tuple[int, int, int]]:
    return [(entry.time_ns, entry.number, entry.pid) for entry in pages.parse(data, LAYOUT).entries]


def test_short_and_long_records_at_their_times() -> None:
    data = page(1000, [event(0, common(5, 7)), event(250, common(6, 8) + bytes(300))])
    entries = pages.parse(data, LAYOUT).entries
    assert told(data) == [(1000, 5, 7), (1250, 6, 8)]
    assert data[entries[1].start : entries[1].end] == common(6, 8) + bytes(300)


def test_a_time_extend_adds_what_a_delta_cannot_hold() -> None:
    far = (1 << 27) * 3 + 17
    data = page(1000, [event(1, common(5)), extend(far), event(2, common(5))])
    assert [time for time, _, _ in told(data)] == [1001, 1003 + far]


def test_a_time_stamp_is_absolute_but_for_its_upper_bits() -> None:
    high = 3 << 59
    data = page(high + 50, [event(0, common(5)), stamp(high + 900), event(4, common(5))])
    assert [time for time, _, _ in told(data)] == [high + 50, high + 904]


def test_a_time_stamp_that_wrapped_is_later_not_earlier() -> None:
    start = (1 << 59) - 10
    data = page(start, [stamp((1 << 59) + 5), event(0, common(5))])
    assert told(data) == [((1 << 59) + 5, 5, 7)]


def test_what_was_given_up_is_skipped_and_the_rest_of_a_page_too() -> None:
    data = page(10, [event(1, common(5)), given_up(24), event(2, common(6)), header(29, 0), bytes(40)])
    assert told(data) == [(11, 5, 7), (13, 6, 7)]


@pytest.mark.parametrize(("lost", "said"), [(None, 0), (812, 812), (-1, -1)])
def test_lost_records_are_said(lost: int | None, said: int) -> None:
    assert pages.parse(page(10, [event(1, common(5))], lost), LAYOUT).lost == said


@pytest.mark.parametrize(
    "broken",
    [
        page(10, [event(1, common(5)), header(0, 1) + b"\0\0\0\0"]),  # a record of no length
        page(10, [event(1, common(5)), header(28, 1)]),  # longer than what was committed
        page(10, [event(1, common(5)), event(1, b"\1\0\0\0")]),  # shorter than the common fields
        page(10, [event(1, common(5))])[:16] + event(1, common(5))[:8],  # a page that was cut
    ],
)
def test_damage_is_noticed_and_what_came_before_it_kept(broken: bytes) -> None:
    parsed = pages.parse(broken, LAYOUT)
    assert parsed.damaged
    assert [entry.number for entry in parsed.entries] in ([5], [])


def test_the_layout_of_a_32_bit_kernel_is_read_from_header_page() -> None:
    text = (
        "\tfield: u64 timestamp;\toffset:0;\tsize:8;\tsigned:0;\n"
        "\tfield: local_t commit;\toffset:8;\tsize:4;\tsigned:1;\n"
        "\tfield: char data;\toffset:12;\tsize:4084;\tsigned:0;\n"
    )
    assert pages.parse_layout(text) == pages.PageLayout(4, 12)
    assert pages.parse_layout("nonsense") == pages.PageLayout(8, 16)
