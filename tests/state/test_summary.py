"""Filters mean what they say, and nonsense is answered with examples."""

import pytest

from kbview.packet.layout import layout
from kbview.state.summary import Summary, parse
from tests.packet.frames import ARP, TCP, UDP


def lines() -> list[Summary]:
    kinds = [(UDP, "delivered"), (TCP, "waiting"), (ARP, "dropped"), (UDP, "missed")]
    return [
        Summary(number, 0, 100 * (number + 1), layout(frame, len(frame)), state, "skb", "")
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
        ("len=100", [0]),
        ("#2", [2]),
        ("dropped or missed", [2, 3]),
    ],
)
def test_what_is_wanted(text: str, wanted: list[int]) -> None:
    test = parse(text)
    assert not isinstance(test, str)
    assert [one.packet for one in lines() if test(one)] == wanted


@pytest.mark.parametrize("text", ["qux", "udp and", "or", "not", "udp or", "#x", "port"])
def test_nonsense_is_answered_with_examples(text: str) -> None:
    answer = parse(text)
    if text == "udp and":  # `and` says nothing that its absence does not
        assert not isinstance(answer, str)
    else:
        assert isinstance(answer, str)
        assert "examples: tcp port 80" in answer
