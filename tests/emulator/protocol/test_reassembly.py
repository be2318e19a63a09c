"""Fragments: each goes with its datagram or ends with the kernel's reason; memory stays bounded."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.fragment import Fragment, FragmentKey, of_ipv4, of_ipv6
from kbview.emulator.protocol.reassembly import Limits, Reassembly, Verdict
from kbview.packet import ipv4, ipv6
from kbview.packet.ipv6 import IPPROTO_DSTOPTS, IPPROTO_FRAGMENT, IPPROTO_HOPOPTS, Extension

S_PS = 10**12
TRUESIZE = 2304
A, B = b"\x0a\0\0\1", b"\x0a\0\0\2"


def fragment(start: int, end: int, *, last: bool = False, number: int = 1, source: bytes = A,
             version: int = 4) -> Fragment:  # fmt: skip
    return Fragment(FragmentKey(version, source, B, number, 17), start, end, last, 20, TRUESIZE)


def ranges(verdict: Verdict) -> list[tuple[int, int]]:
    return [(each.start, each.end) for each in verdict.datagram]


def reasons(verdict: Verdict) -> list[str]:
    return [lost.reason for lost in verdict.lost]


def taken(*fragments: Fragment) -> tuple[Reassembly, list[Verdict]]:
    table = Reassembly(Limits())
    return table, [table.take(each, number) for number, each in enumerate(fragments)]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
def test_any_order_makes_the_datagram(order: tuple[int, ...]) -> None:
    parts = [fragment(0, 1480), fragment(1480, 2960), fragment(2960, 3008, last=True)]
    table, verdicts = taken(*(parts[number] for number in order))
    assert [ranges(verdict) for verdict in verdicts[:2]] == [[], []]
    assert ranges(verdicts[2]) == [(0, 1480), (1480, 2960), (2960, 3008)]
    assert (table.held, table.memory, table.due_ps) == (0, {4: 0, 6: 0}, NEVER_PS)


def test_a_duplicate_is_let_go_alone() -> None:
    """Wholly within what is there: net/ipv4/inet_fragment.c IPFRAG_DUP."""
    table, verdicts = taken(fragment(0, 800), fragment(800, 1600), fragment(0, 1600), fragment(80, 160))
    assert [reasons(verdict) for verdict in verdicts] == [[], [], ["DUP_FRAG"], ["DUP_FRAG"]]
    assert ranges(table.take(fragment(1600, 1700, last=True), 9))


@pytest.mark.parametrize("version", [4, 6])
def test_rfc_5722_an_overlap_takes_the_whole_datagram_with_it(version: int) -> None:
    table, verdicts = taken(
        fragment(0, 800, version=version),
        fragment(1600, 2400, version=version),
        fragment(792, 1000, version=version),
    )
    assert reasons(verdicts[2]) == ["REASM_OVERLAPS"] * 3
    assert (table.held, table.due_ps) == (0, NEVER_PS)


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (fragment(800, 900, last=True), "another end"),
        (fragment(1600, 2400), "beyond the end"),
        (fragment(0, 0), "empty"),
        (fragment(0, 3), "nothing left of it after cutting"),
        (fragment(65_528, 65_535, last=True), "longer than a datagram can be"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_ends_the_datagram(bad: Fragment, what: str) -> None:
    _, verdicts = taken(fragment(1400, 1600, last=True), bad)
    assert reasons(verdicts[1]) == ["REASMFAILS"] * 2


def test_ipv6_refuses_odd_ends_alone() -> None:
    table, verdicts = taken(fragment(0, 8, version=6), fragment(8, 13, version=6))
    assert reasons(verdicts[1]) == ["IP_INHDR"]
    assert table.held == 1


def test_ipv4_cuts_odd_ends() -> None:
    _, verdicts = taken(fragment(0, 13), fragment(8, 16, last=True))
    assert ranges(verdicts[1]) == [(0, 8), (8, 16)]


@pytest.mark.parametrize(("version", "seconds"), [(4, 30), (6, 60)])
def test_time_runs_out(version: int, seconds: int) -> None:
    table = Reassembly(Limits())
    table.take(fragment(0, 800, version=version), 5)
    table.take(fragment(1600, 2400, version=version), 6)
    assert table.due_ps == 5 + seconds * S_PS
    assert table.expire(table.due_ps - 1) == []
    late = table.expire(table.due_ps)
    assert [lost.reason for lost in late] == ["FRAG_REASM_TIMEOUT"] * 2
    assert (table.held, table.memory[version]) == (0, 0)


def test_too_far_is_another_datagram_with_the_same_number() -> None:
    """ipfrag_max_dist: more than 64 other fragments of that source came in between."""
    table = Reassembly(Limits())
    table.take(fragment(0, 800), 0)
    for number in range(2, 67):
        table.take(fragment(0, 800, number=number), 0)
    verdict = table.take(fragment(800, 900, last=True), 0)
    assert reasons(verdict) == ["FRAG_TOO_FAR"]
    assert ranges(verdict) == []
    assert ranges(table.take(fragment(0, 800), 0)) == [(0, 800), (800, 900)]


def test_a_fragment_bomb_stays_within_the_limit() -> None:
    """Ever new datagrams from ever new sources, none of them ever whole."""
    limits = Limits(high_thresh=100_000)
    table = Reassembly(limits)
    ended: Counter[str] = Counter()
    for number in range(5000):
        source = (number // 7).to_bytes(4, "big")
        verdict = table.take(fragment(0, 8, number=number, source=source), number * S_PS // 100)
        ended.update(reasons(verdict))
        assert table.memory[4] <= limits.high_thresh + TRUESIZE + 200
    assert ended["REASMFAILS"] + ended["FRAG_REASM_TIMEOUT"] + table.held == 5000
    assert ended["FRAG_REASM_TIMEOUT"] > 0
    assert len(table.expire(NEVER_PS)) < 60
    assert (table.held, table.memory[4]) == (0, 0)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 12),
            st.integers(0, 6),
            st.booleans(),
            st.sampled_from([4, 6]),
        ),
        max_size=60,
    ),
    st.sampled_from([4 << 20, 8000]),
    st.sampled_from([1, S_PS, 9 * S_PS]),
)
def test_every_fragment_ends_exactly_once(
    arriving: list[tuple[int, int, int, bool, int]], high_thresh: int, gap_ps: int
) -> None:
    table = Reassembly(Limits(high_thresh=high_thresh, max_dist=4))
    ended: Counter[int] = Counter()
    now_ps, numbers = 0, count()
    for number, start, length, last, version in arriving:
        made = fragment(start * 8, (start + length) * 8, last=last, number=number, version=version)
        made.carrier = carrier = next(numbers)
        verdict = table.take(made, now_ps)
        ended.update(id_of(each) for each in verdict.datagram)
        ended.update(id_of(lost.fragment) for lost in verdict.lost)
        check_datagram(verdict.datagram)
        assert len(ended) + table.held == carrier + 1
        now_ps += gap_ps
    ended.update(id_of(lost.fragment) for lost in table.expire(NEVER_PS))
    assert set(ended.values()) <= {1}
    assert table.held == 0
    assert table.memory == {4: 0, 6: 0}


def id_of(each: Fragment) -> int:
    assert isinstance(each.carrier, int)
    return each.carrier


def check_datagram(parts: list[Fragment]) -> None:
    """Its parts follow each other from the first byte to the last, without gap or overlap."""
    end = 0
    for each in parts:
        assert each.start == end
        end = each.end
    assert not parts or parts[-1].last


def test_fields_of_ipv4() -> None:
    header = ipv4.IPv4(A, B, 17, identification=77, more_fragments=True, fragment_offset=185)
    made = of_ipv4(header, 1480, TRUESIZE)
    assert (made.start, made.end, made.last) == (1480, 2960, False)
    assert made.key == FragmentKey(4, A, B, 77, 17)


def test_fields_of_ipv6_with_other_extensions() -> None:
    field = (1448 | 1).to_bytes(2, "big") + (99).to_bytes(4, "big")
    header = ipv6.IPv6(
        bytes(16),
        bytes(16),
        17,
        extensions=(
            Extension(IPPROTO_HOPOPTS, bytes(7)),
            Extension(IPPROTO_FRAGMENT, b"\0" + field),
            Extension(IPPROTO_DSTOPTS, bytes(7)),
        ),
    )
    made = of_ipv6(header, 100, TRUESIZE)
    assert (made.start, made.end, made.last) == (1448, 1556, False)
    assert (made.key.identification, made.header) == (99, 48)
