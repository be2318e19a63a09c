"""Filters mean what they say, and nonsense is answered with examples."""

import pytest

from kbview.packet.layout import Layout, layout
from kbview.state.summary import Summary, parse
from tests.packet.frames import ARP, TCP, UDP


def lines() -> list[Summary]:
    kinds = [(UDP, "delivered"), (TCP, "waiting"), (ARP, "dropped"), (UDP, "missed")]
    return [
        Summary(number, 0, 100 * (number + 1), layout(frame, len(frame)), state, "skb", "", frame)
        for number, (frame, state) in enumerate(kinds)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("udp", [0, 3]),
        ("TCP", [1]),
        ("not arp", [0, 1, 3]),
        ("udp delivered", [0]),
        ("udp and not delivered", [3]),
        ("arp or tcp", [1, 2]),
        ("port 53", [0, 3]),
        (":80", [1]),
        ("10.0.0.2", [0, 1, 2, 3]),
        ("10.0.0.9", []),
        ("len > 200", [2, 3]),
        ("len = 96", [0]),
        ("host 10.0.0.1 and (udp or arp)", [0, 2, 3]),
        ("dropped or udp and missed", [3]),
        ("#2", [2]),
        ("dropped or missed", [2, 3]),
    ],
)
def test_what_is_wanted(text: str, wanted: list[int]) -> None:
    test = parse(text)
    assert not isinstance(test, str)
    assert [one.packet for one in lines() if test(one)] == wanted


@pytest.mark.parametrize("text", ["qux", "udp and", "or", "not", "udp or", "#x", "port", "pid 1"])
def test_nonsense_is_answered_in_a_line_with_a_caret(text: str) -> None:
    answer = parse(text)
    assert isinstance(answer, str)
    assert answer.startswith("filter: ")
    assert "\n" not in answer
    assert "^" in answer


def test_a_packet_without_bytes_is_neither_of_a_protocol_nor_of_another() -> None:
    """Unknown is not false: `not arp` does not take a packet that may be one."""
    unknown = Summary(7, 0, 100, Layout([]), "dropped", "skb", "")
    for text, wanted in (("arp", False), ("not arp", False), ("dropped or arp", True), ("#7", True)):
        test = parse(text)
        assert not isinstance(test, str)
        assert test(unknown) is wanted, text
