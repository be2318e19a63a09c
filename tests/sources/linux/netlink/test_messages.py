"""Netlink answers, as the kernel's headers describe them."""

import socket
import struct

import pytest

from kbview.sources.linux.netlink import diag, links
from kbview.sources.linux.netlink.message import Message, attributes, error_of, messages, request
from kbview.sources.linux.netlink.socket import NetlinkSocket
from kbview.sources.linux.procfs import netdev
from kbview.sources.linux.procfs.file import KernelFile
from kbview.sources.linux.socket_state import SocketProtocol, TcpState


def _attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def test_a_question_can_be_taken_apart_again() -> None:
    data = request(18, b"body") + request(20, b"12345678")
    assert list(messages(data)) == [Message(18, b"body"), Message(20, b"12345678")]
    assert list(messages(data[:-3])) == [Message(18, b"body")]


def test_an_answer_ends_with_done_or_with_an_error() -> None:
    assert error_of(Message(3, b"")) == 0
    assert error_of(Message(2, struct.pack("=i", -13))) == 13
    assert error_of(Message(16, b"....")) is None


def test_attributes_may_be_nested_and_cut() -> None:
    body = _attribute(3, b"eth0\0") + _attribute(18 | 0x8000, _attribute(1, b"veth\0"))
    found = attributes(body)
    assert found[3] == b"eth0\0"
    assert attributes(found[18]) == {1: b"veth\0"}
    assert attributes(body[:-2]) == {3: b"eth0\0"}
    assert attributes(b"\0\0\0\0" * 10) == {}


def test_links_and_their_totals() -> None:
    link = struct.pack("=BxHiII", 0, 1, 7, 0, 0) + _attribute(3, b"br0\0")
    link += _attribute(18, _attribute(1, b"bridge\0"))
    assert links.links_of([Message(16, link), Message(3, b"")]) == [
        links.NetworkLink(7, "br0", "bridge", "")
    ]
    assert links.NetworkLink(7, "br0", "bridge", "").carries_again
    stats = struct.pack("=BxHII", 0, 0, 7, 0) + _attribute(1, struct.pack("=25Q", *range(25)))
    assert links.counts_of([Message(92, stats)]) == {7: links.LinkTotals(0, 2, 6, 15, 1, 3, 24, 7)}


def test_the_kernel_tells_the_same_through_netlink_as_in_proc() -> None:
    conversation = NetlinkSocket(links.NETLINK_ROUTE)
    there = links.links_of(conversation.ask(links.link_request()))
    (lo,) = [link for link in there if link.name == "lo"]
    (counts,) = links.counts_of(conversation.ask(links.counts_request(lo.number), answers=1)).values()
    listed = netdev.parse(KernelFile("/proc/net/dev").read())["lo"]
    assert counts.rx_packets <= listed.rx_packets
    assert counts.rx_bytes <= listed.rx_bytes
    conversation.close()


def test_a_refusal_is_an_error() -> None:
    conversation = NetlinkSocket(links.NETLINK_ROUTE)
    with pytest.raises(OSError, match="netlink: "):
        list(conversation.ask(links.counts_request(1 << 30), answers=1))
    conversation.close()


def test_a_socket_is_told_with_what_it_holds_and_may_hold() -> None:
    conversation = NetlinkSocket(diag.NETLINK_SOCK_DIAG)
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as server:
        server.bind(("127.0.0.1", 0))
        server.listen(5)
        port = server.getsockname()[1]
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            client.sendall(b"x" * 1000)
            accepted.recv(1, socket.MSG_PEEK)
            answer = conversation.ask(diag.socket_request(diag.AF_INET, SocketProtocol.TCP))
            states = [
                each for each in diag.sockets_of(answer, SocketProtocol.TCP) if each.local.port == port
            ]
    conversation.close()
    by_state = {each.state: each for each in states}
    assert set(by_state) == {TcpState.LISTEN, TcpState.ESTABLISHED}
    assert by_state[TcpState.LISTEN].unsent == 5  # so many may wait to be accepted
    held = by_state[TcpState.ESTABLISHED]
    assert held.received == 1000
    assert held.truesize is not None
    assert held.rcvbuf is not None
    assert 1000 < held.truesize < held.rcvbuf  # an sk_buff costs more than its bytes


def test_a_connection_is_told_with_the_segments_and_bytes_that_came_and_a_listener_without() -> None:
    conversation = NetlinkSocket(diag.NETLINK_SOCK_DIAG)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(server.getsockname()) as client, server.accept()[0] as accepted:
            for _ in range(3):
                client.sendall(b"x" * 100)
                accepted.recv(100)
            question = diag.socket_request(diag.AF_INET, SocketProtocol.TCP, totals=True)
            states = list(diag.sockets_of(conversation.ask(question), SocketProtocol.TCP))
    conversation.close()
    listening, connected = sorted(
        (one for one in states if one.local.port == port),
        key=lambda one: one.state is TcpState.ESTABLISHED,
    )
    assert connected.arrived_bytes == 300
    assert connected.arrived is not None
    assert connected.arrived >= 4  # three segments with text, and the ACK of the handshake
    assert (listening.arrived, listening.arrived_bytes) == (None, None)
    assert 0 != listening.cookie != connected.cookie != 0


def test_without_the_memory_attribute_drops_and_limits_are_unknown() -> None:
    """A kernel leaves INET_DIAG_SKMEMINFO out where it was not asked for: no 0 is told in its place."""
    body = struct.pack(
        "=BBxx2s2s16s16s4xQIIIII", 2, 7, b"\0\x35", b"\0\0", bytes(16), bytes(16), 9, 0, 4, 0, 0, 5
    )
    (state,) = diag.sockets_of([Message(20, body)], SocketProtocol.UDP)
    assert (state.name, state.received, state.cookie, state.inode) == ("udp :53", 4, 9, 5)
    assert state.drops is state.truesize is state.rcvbuf is None
    assert state.arrived is state.arrived_bytes is None
    memory = _attribute(7, struct.pack("=9I", 768, 212_992, 0, 0, 0, 0, 0, 0, 6))
    (state,) = diag.sockets_of([Message(20, body + memory)], SocketProtocol.UDP)
    assert (state.truesize, state.rcvbuf, state.drops) == (768, 212_992, 6)
