"""Counters and netlink answers of any content: a parser may find nothing, but never fails."""

from hypothesis import given
from hypothesis import strategies as st

from kbview.sources.linux.netlink import diag, links
from kbview.sources.linux.netlink.message import Message, attributes, messages
from kbview.sources.linux.procfs import cpu, interrupts, mib, netdev, sockets, softirq
from kbview.sources.linux.socket_state import SocketProtocol

_NAMES = ["cpu0", "cpu", "ctxt", "Udp:", "NET_RX:", "eth0:", "00000000:0000", "7F:35", "07"]
WORDS = st.sampled_from([*_NAMES, "-1", "ffffffff", "9" * 40, "²", "\x00", "0x", "1", "2", "3"])
LINES = st.lists(st.lists(WORDS | st.text(max_size=12), max_size=20).map(" ".join), max_size=12)
TEXTS = st.text(max_size=300) | LINES.map("\n".join)
PARTS = st.binary(max_size=200) | st.tuples(
    st.sampled_from([2, 3, 16, 20, 92]), st.binary(max_size=300)
).map(lambda part: (16 + len(part[1])).to_bytes(4, "little") + part[0].to_bytes(2, "little")
      + bytes(10) + part[1])  # fmt: skip


@given(TEXTS)
def test_any_text(text: str) -> None:
    assert all(line.total >= 0 for line in interrupts.parse(text))
    assert all(count >= 0 for count in softirq.parse_softirqs(text).values())
    assert min(softirq.parse_softnet(text)) >= 0
    assert all(count >= 0 for count in mib.parse_pairs(text).values())
    assert all(count >= 0 for count in mib.parse_lines(text).values())
    assert all(min(ticks) >= 0 for ticks in cpu.parse(text).cores.values())
    assert all(min(traffic) >= 0 for traffic in netdev.parse(text).values())
    for protocol in SocketProtocol:
        for state in sockets.parse(text, protocol):
            assert state.name.startswith(protocol)
            assert 0 <= state.local.port <= 65535


@given(st.lists(PARTS, max_size=4).map(b"".join))
def test_any_netlink_answer(data: bytes) -> None:
    answer = list(messages(data))
    assert sum(len(message.body) + 16 for message in answer) <= len(data)
    for link in links.links_of(answer):
        assert isinstance(link.name, str)
    assert all(min(counts) >= 0 for counts in links.counts_of(answer).values())
    for protocol in SocketProtocol:
        assert all(state.received >= 0 for state in diag.sockets_of(answer, protocol))
    for message in answer:
        assert sum(map(len, attributes(message.body).values())) <= len(message.body)


@given(st.binary(min_size=72, max_size=160), st.sampled_from([16, 20, 92]))
def test_any_body_of_a_known_kind(body: bytes, kind: int) -> None:
    answer = [Message(kind, body)]
    assert len(links.links_of(answer)) == (kind == 16)
    assert len(list(diag.sockets_of(answer, SocketProtocol.UDP))) == (kind == 20)
