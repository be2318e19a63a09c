"""A filter is read as pcap-filter(7) says, and a fault is named in one line with its place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kbview.packet.filter.filter_error import FilterError
from kbview.packet.filter.filter_parser import parse_filter, parse_for
from kbview.packet.filter.filter_verdict import FilterSubject, decide, verdict_of
from tests.packet.frames import TCP


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tcp prot 80", "did you mean proto?: tcp ^prot 80"),
        ("dropepd", "did you mean dropped?: ^dropepd"),
        ("host 10.0.0.0/8", "did you mean net 10.0.0.0/8?: host ^10.0.0.0/8"),
        ("80", "did you mean port 80?: ^80"),
        ("net 10.0.0.1/8", "bits beyond the network's length: net ^10.0.0.1/8"),
        ("tcp host 10.0.0.1", "write it after ether, ip, arp, rarp, ip6: tcp ^host 10.0.0.1"),
        ("ip host ::1", "ip has no address of IPv6: ip host ^::1"),
        ("port 70000", "it is a number up to 65535"),
        ("port 1-2", "written portrange 1-2: port ^1-2"),
        ("host example.org", "a filter looks up no names: host ^example.org"),
        ("(tcp", "a `)` is missing: (tcp^"),
        ("tcp)", "a bracket that nothing opened: tcp^)"),
        ("len 5 3", "len is compared"),
        ("vlan 5000", "a number from 0 to 4095"),
        ("tcp | udp", "no sign of a filter"),
        ("a" * 5000, "longer than 4096"),
        ("tcp " * 300, "more than 200 words"),
        ("(" * 100, "inside each other"),
        ("not " * 100 + "tcp", "inside each other"),
    ],
)
def test_a_fault_is_named_with_its_place(text: str, said: str) -> None:
    with pytest.raises(FilterError) as refused:
        parse_filter(text)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@given(
    text=st.text(
        alphabet="tcp udp or and not ()!<>=&|:.#/-0123456789hostnetvlanport\x1b\n", max_size=60
    )
)
def test_any_text_is_a_tree_or_refused(text: str) -> None:
    try:
        verdict = verdict_of(parse_filter(text))
    except FilterError:
        return
    assert decide(verdict, FilterSubject(TCP, len(TCP))) in (True, False)


def test_a_fact_that_nobody_knows_is_refused_before_anything_is_read() -> None:
    with pytest.raises(FilterError, match=r"pid is not known in a capture: tcp and \^pid 7"):
        parse_for("tcp and pid 7", frozenset(), "in a capture")
    parse_for("tcp and pid 7", frozenset({"pid"}), "here")


@pytest.mark.parametrize("text", ["tcp", "not tcp", "not port 80"])
def test_a_frame_that_ends_before_the_byte_asked_for_is_refused(text: str) -> None:
    """BPF ends the program with "refused" at such a load (Documentation/networking/filter.rst)."""
    assert not decide(verdict_of(parse_filter(text)), FilterSubject(TCP[:13], len(TCP)))
