"""Packets and bytes of sockets, by difference: since watching began, by the socket's cookie."""

from kbview.sources.counters.socket_totals import SocketIntake, SocketTotals
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, SocketState, TcpState

TCP, UDP = SocketProtocol.TCP, SocketProtocol.UDP
HERE, THERE = SocketAddress("10.0.0.1", 80), SocketAddress("10.0.0.2", 5000)


def connection(cookie: int, arrived: int | None, arrived_bytes: int | None = None) -> SocketState:
    return SocketState(
        TCP, HERE, THERE, TcpState.ESTABLISHED, 0, 0, 1,
        cookie=cookie, arrived=arrived, arrived_bytes=arrived_bytes,
    )  # fmt: skip


def test_a_connection_that_was_there_counts_from_the_first_look_on() -> None:
    totals = SocketTotals(None)
    assert totals.look([connection(1, 1000, 50_000)]) == {1: SocketIntake(0, 0)}
    assert totals.look([connection(1, 1030, 50_600)]) == {1: SocketIntake(30, 600)}


def test_a_connection_that_comes_later_counts_from_its_beginning() -> None:
    totals = SocketTotals(None)
    totals.look([])
    assert totals.look([connection(1, 12, 700)]) == {1: SocketIntake(12, 700)}


def test_the_segments_of_a_long_connection_are_counted_modulo_2_to_the_32() -> None:
    """tcp_info.tcpi_segs_in is a __u32."""
    totals = SocketTotals(None)
    totals.look([connection(1, (1 << 32) - 10)])
    assert totals.look([connection(1, 5)])[1].packets == 15
    assert totals.look([connection(1, 25)])[1].packets == 35


def test_another_socket_with_the_same_addresses_is_another_socket() -> None:
    totals = SocketTotals(None)
    totals.look([connection(1, 1000)])
    assert totals.look([connection(2, 7)]) == {2: SocketIntake(7, 0)}


def test_without_a_cookie_or_a_count_nothing_is_told() -> None:
    datagrams = SocketState(UDP, HERE, THERE, TcpState.CLOSE, 0, 0, 1, cookie=3)
    totals = SocketTotals(None)
    for _ in range(2):
        assert totals.look([datagrams, connection(0, 5), connection(4, None)]) == {}
