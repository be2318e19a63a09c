"""From counters to meters."""

import os
import socket

import pytest

from kbview.sources.counters import delivery
from kbview.sources.counters.reading import CounterReading
from kbview.sources.counters.subject import Subject
from kbview.sources.counters.unexplained import Unexplained
from kbview.sources.linux.netlink.links import LinkTotals, NetworkLink
from kbview.sources.linux.netlink.message import request
from kbview.sources.linux.owner import Owners
from kbview.sources.linux.procfs.cpu import Stat, Ticks
from kbview.sources.linux.procfs.interrupts import InterruptLine
from kbview.sources.linux.procfs.softirq import Softnet


def _reading(
    dropped: int = 0,
    cores: dict[int, Ticks] | None = None,
    rx_dropped: int = 0,
    **protocols: int,
) -> CounterReading:
    return CounterReading(
        LinkTotals(rx_dropped=rx_dropped),
        0,
        0,
        Softnet(10, dropped, 0),
        Stat(cores or {}, 0),
        protocols,
    )


def test_drops_carry_the_kernels_reasons_and_only_what_happened() -> None:
    since = _reading(1, UdpNoPorts=5, UdpRcvbufErrors=2)
    now = _reading(4, rx_dropped=3, UdpNoPorts=5, UdpRcvbufErrors=9, Udp6RcvbufErrors=1)
    assert delivery.drops(now, since) == {"socket/SOCKET_RCVBUFF": 8, "backlog/CPU_BACKLOG": 3}


def test_a_full_backlog_is_counted_once_and_only_for_links_of_this_namespace() -> None:
    """enqueue_to_backlog() counts sd->dropped of a core, which all namespaces share, and rx_dropped."""
    since = _reading(100, rx_dropped=5)
    mine, other = _reading(120, rx_dropped=22), _reading(120, rx_dropped=5)
    assert delivery.drops(mine, since) == {"backlog/CPU_BACKLOG": 17}
    assert delivery.drops(other, since) == {}
    unknown_protocol = _reading(100, rx_dropped=8)
    assert delivery.drops(unknown_protocol, since) == {"link/rx_dropped": 3}


def test_a_bad_ip_checksum_is_no_bad_header_as_well() -> None:
    """ip_rcv_core() counts IPSTATS_MIB_CSUMERRORS and then IPSTATS_MIB_INHDRERRORS."""
    now = _reading(IpExtInCsumErrors=50, IpInHdrErrors=53)
    assert delivery.drops(now, _reading()) == {"ip/IP_CSUM": 50, "ip/IP_INHDR": 3}


def test_an_overflow_of_the_accept_queue_is_one_drop() -> None:
    """tcp_conn_request() counts ListenOverflows, and tcp_listendrop() counts ListenDrops behind it."""
    now = _reading(TcpInSegs=200, TcpExtListenOverflows=49, TcpExtListenDrops=60)
    assert delivery.drops(now, _reading()) == {"tcp/TCP_LISTEN_OVERFLOW": 49, "tcp/LISTENDROPS": 11}
    assert delivery.consumed(now, _reading()) == 140


def test_the_reverse_path_filter_and_pruned_segments_are_drops() -> None:
    now = _reading(TcpInSegs=10, TcpExtIPReversePathFilter=50, TcpExtTCPRcvQDrop=2, TcpExtRcvPruned=2)
    assert delivery.drops(now, _reading()) == {"ip/IP_RPFILTER": 50, "socket/PROTO_MEM": 2}
    assert delivery.consumed(now, _reading()) == 8


def test_a_segment_with_a_bad_checksum_is_not_delivered() -> None:
    """tcp_v4_rcv() counts TCP_MIB_INSEGS before it verifies the checksum."""
    now = _reading(TcpInSegs=10, TcpInCsumErrors=4, TcpInErrs=4)
    assert delivery.consumed(now, _reading()) == 6
    assert delivery.drops(now, _reading()) == {"tcp/TCP_CSUM": 4}


def test_what_is_too_short_for_its_own_header_is_no_delivery() -> None:
    """tcp_v4_rcv() counts bad_packet in InErrs alone, __udp4_lib_rcv() short_packet in InErrors."""
    now = _reading(TcpInSegs=9, TcpInErrs=3, TcpInCsumErrors=1, UdpInErrors=9, UdpRcvbufErrors=5)
    now.protocols["IpExtInTruncatedPkts"] = 7  # ip_rcv_core(): shorter than its total length
    assert delivery.consumed(now, _reading()) == 6
    assert delivery.drops(now, _reading()) == {
        "ip/PKT_TOO_SMALL": 7,
        "tcp/TCP_CSUM": 1,
        "tcp/NOT_SPECIFIED": 2,
        "socket/SOCKET_RCVBUFF": 5,
        "udp/NOT_SPECIFIED": 4,
    }


def test_datagrams_that_netfilter_dropped_are_those_that_came_to_no_counted_end() -> None:
    """nf_hook_slow() counts nothing: IpInReceives grew, and no end of a datagram did."""
    lost = _reading(IpInReceives=500, IpInDelivers=20, IpReasmReqds=9, IpReasmOKs=3, IpForwDatagrams=3)
    assert delivery.unexplained(lost, _reading()) == 471
    told = _reading(IpInReceives=500, IpInDelivers=20, IpInAddrErrors=480)
    assert delivery.unexplained(told, _reading()) == 0


def test_what_may_be_under_way_is_no_drop_yet() -> None:
    unexplained = Unexplained()
    for number in (2, 1, 2, 2, 1, 2, 2, 2, 2):
        unexplained.add(number, cores=2)
    assert unexplained.drops == {}
    for number in (471, 472, 471, 473, 471, 472, 472):
        unexplained.add(number, cores=2)
        assert unexplained.drops == {}
    unexplained.add(471, cores=2)
    assert unexplained.drops == {"ip/NOT_SPECIFIED": 471}
    unexplained.add(470, cores=2)
    assert unexplained.drops == {"ip/NOT_SPECIFIED": 471}  # a total never falls


def test_a_counter_that_was_set_back_has_not_shrunk() -> None:
    assert delivery.consumed(_reading(TcpInSegs=3), _reading(TcpInSegs=9)) == 0


def test_a_core_that_comes_online_begins_with_nothing() -> None:
    before = _reading(cores={0: Ticks(*range(7))})
    after = _reading(cores={0: Ticks(*range(1, 8)), 1: Ticks(*[500] * 7)})
    assert after.ticks(0, before) == Ticks(*[1] * 7)
    assert after.ticks(1, before) == Ticks(*[0] * 7)


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        ("PCI-MSIX-0000:00:03.0 1-edge virtio2-input.0", True),
        ("PCI-MSIX-0000:00:03.0 2-edge virtio2-output.0", False),
        ("PCI-MSIX-0000:00:03.0 0-edge virtio2-config", False),
        ("IR-PCI-MSI 524288-edge eth0", True),
        ("IR-PCI-MSI 524288-edge eth0-TxRx-3", True),
        ("IR-PCI-MSI 524288-edge eth0-rx-0", True),
        ("IR-PCI-MSI 524288-edge eth0-tx-0", False),
        ("IO-APIC 16-fasteoi ehci_hcd:usb1, eth0", True),
        ("IR-PCI-MSI 524288-edge eth01", False),
        ("PCI-MSIX-0000:00:04.0 1-edge virtio21-input.0", False),
        ("IR-PCI-MSI 1-edge nvme0q1", False),
    ],
)
def test_an_interfaces_interrupts_are_found_by_what_drivers_call_them(
    said: str, raised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    links = [NetworkLink(4, "eth0", "", "virtio2"), NetworkLink(1, "lo", "", "")]
    monkeypatch.setattr("kbview.sources.counters.subject.links_of", lambda _: links)
    subject = Subject(None)
    monkeypatch.setattr(subject, "_vectors", set())
    assert subject.raises(InterruptLine("99", 1, said)) == raised
    subject.close()


def test_a_link_without_hardware_raises_none() -> None:
    subject = Subject("lo")
    assert not subject.has_hardware
    assert not subject.raises(InterruptLine("LOC", 5, "Local timer interrupts lo"))
    subject.close()


def test_totals_are_read_from_proc_where_netlink_does_not_tell_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    subject = Subject("lo")
    told = subject.counts()
    monkeypatch.setattr("kbview.sources.counters.subject.counts_request", lambda _: request(9999, b""))
    written = subject.counts()
    assert written.rx_packets >= told.rx_packets > 0
    assert written.tx_bytes >= told.tx_bytes > 0
    subject.close()


def test_a_socket_is_known_by_its_process() -> None:
    owners = Owners()
    with socket.socket() as mine:
        inode = os.fstat(mine.fileno()).st_ino
        assert owners.name(inode) == ""
        for _ in range(10_000):  # a round is looked at a few milliseconds at a time
            owners.look()
            if owners.name(inode):
                break
        with open("/proc/self/comm", encoding="utf-8") as comm:
            assert owners.name(inode) == comm.read().strip()
    assert owners.name(0) == ""
