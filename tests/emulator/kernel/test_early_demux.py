"""Where IP finds the socket before the route, and where netfilter's first hook stands."""

from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import Settings
from tests.emulator.running import ended, finished


def test_only_the_handshake_of_a_connection_is_routed() -> None:
    """ip_rcv_finish_core(): tcp_v4_early_demux() finds a full socket, whose sk_rx_dst is valid.

    A SYN finds a listener at most, the ACK that ends the handshake a request socket: two look-ups a
    connection. All later segments of it find the socket. sysctl ip_early_demux is 1 since Linux 3.6.
    """
    calls = Traffic(pattern="tcp", port=80, flows=4, connections=30)
    stages = ended("kernel", Settings(app="http", gro=False), calls).sample().meters.stages
    assert stages["fib_lookup"].count == 2 * 30
    assert stages["ip_rcv"].count == stages["tcp_v4_early_demux"].count == 5 * 30


def test_a_datagram_for_a_socket_that_is_not_connected_is_routed() -> None:
    """udp_v4_early_demux() looks for connected and multicast sockets only."""
    stages = finished("kernel", Settings(), Traffic(rate_pps=1e5, frames=50)).stages
    assert stages["fib_lookup"].count == 50
    assert "tcp_v4_early_demux" not in stages


def test_the_raw_table_comes_after_the_header_checks_of_ip_rcv() -> None:
    """net/ipv4/ip_input.c: NF_HOOK(NF_INET_PRE_ROUTING) is the last call of ip_rcv()."""
    settings = Settings(cores=1, app="drop", drop_at="raw")
    meters = finished("kernel", settings, Traffic(rate_pps=1e5, frames=50))
    assert meters.drops == {"ip/NETFILTER_DROP": 50}
    assert meters.stages["ip_rcv"].count == 50
    assert "ip_rcv_finish" not in meters.stages
    assert "fib_lookup" not in meters.stages
