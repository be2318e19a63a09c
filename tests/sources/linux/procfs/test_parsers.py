"""Each parser reads what a real kernel wrote."""

import os
from pathlib import Path

import pytest

from kbview.sources.linux.procfs import cpu, interrupts, mib, netdev, sockets, softirq
from kbview.sources.linux.procfs.file import KernelFile, number
from kbview.sources.linux.socket_state import SocketAddress, SocketProtocol, TcpState

INTERRUPTS = """\
           CPU0       CPU1
 38:          3      12364 PCI-MSIX-0000:00:03.0   1-edge      virtio2-input.0
 16:         20          1  IO-APIC  16-fasteoi   ehci_hcd:usb1, eth0
NMI:          0          2   Non-maskable interrupts
ERR:          7
"""
SOFTNET = """\
0000004e 00000000 00000002 00000000 00000000 00000000
000047c5 00000001 00000000 00000000 00000000 00000000
"""
SOFTIRQS = """\
                    CPU0       CPU1
          HI:          0          0
      NET_RX:      10642      12292
"""
SNMP = """\
Udp: InDatagrams NoPorts InErrors OutDatagrams RcvbufErrors
Udp: 508354 5045 12 513400 11
Tcp: RtoAlgorithm MaxConn InSegs
Tcp: 1 -1 27125
"""
STAT = """\
cpu  132777 3803 13467 252560 1078 0 542 783 0 0
cpu0 49506 2138 5484 144428 249 1 210 397 0 0
cpu3 83270 1664 7983 108132 828 2 332 386 0 0
intr 987196 0 0
ctxt 1199431
btime 1795577967
"""
DEV = """\
Inter-|   Receive                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo colls
    lo: 27171889  522863  0 3 0 0 0   0 27171888  522862    0    0    0     0       0          0
  eth0:1:705081262 22728  0 0 0 0 0   0  1931140   16584    0    5    0     0       0          0
"""
UDP = (
    "sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode r p drops"
    "\n406: 0100007F:0035 00000000:0000 07 00000000:00000300 00:00000000 00000000 101 0 18327 2 00 4\n"
)
TCP6 = (
    "sl local_address rem_address st tx_queue rx_queue tr tm->when retrnsmt uid timeout inode\n"
    "0: 0000000000000000FFFF00000100007F:0016 B80D0120000000000000000001000000:C351 01 "
    "00000024:00000007 01:00000014 00000000 0 0 33451 4\n"
)


def test_interrupts_are_added_up_over_the_cores_with_what_is_said_of_them() -> None:
    lines = {line.label: line for line in interrupts.parse(INTERRUPTS)}
    assert lines["38"].total == 12367
    assert lines["38"].said.endswith("virtio2-input.0")
    assert lines["16"].said.endswith("ehci_hcd:usb1, eth0")
    assert lines["NMI"].total == 2
    assert lines["ERR"].total == 7


def test_softirqs_and_softnet() -> None:
    assert softirq.parse_softirqs(SOFTIRQS) == {"HI": 0, "NET_RX": 22934}
    assert softirq.parse_softnet(SOFTNET) == (0x4E + 0x47C5, 1, 2)


def test_protocol_counters_by_the_kernels_names() -> None:
    counts = mib.parse_pairs(SNMP)
    assert counts["UdpRcvbufErrors"] == 11
    assert counts["TcpInSegs"] == 27125
    assert counts["TcpMaxConn"] == 0  # -1 is no count
    assert mib.parse_lines("Udp6InDatagrams  \t42\nrubbish\n") == {"Udp6InDatagrams": 42}


def test_core_times_keep_the_numbers_of_the_cores() -> None:
    stat = cpu.parse(STAT)
    assert stat.context_switches == 1199431
    assert sorted(stat.cores) == [0, 3]
    assert stat.cores[3] == cpu.Ticks(83270, 1664, 7983, 108132, 828, 2, 332)


def test_interfaces_with_any_name() -> None:
    assert netdev.parse(DEV) == {
        "lo": netdev.InterfaceTraffic(522863, 27171889, 3, 522862, 27171888, 0),
        "eth0:1": netdev.InterfaceTraffic(22728, 705081262, 0, 16584, 1931140, 5),
    }


def test_sockets_with_their_queues() -> None:
    (udp,) = sockets.parse(UDP, SocketProtocol.UDP)
    assert (udp.name, udp.received, udp.drops, udp.inode) == ("udp :53", 0x300, 4, 18327)
    (tcp,) = sockets.parse(TCP6, SocketProtocol.TCP)
    assert tcp.local == SocketAddress("127.0.0.1", 22)
    assert tcp.name == "tcp :22 [2001:db8::1]:50001"
    assert (tcp.state, tcp.unsent, tcp.received) == (TcpState.ESTABLISHED, 0x24, 7)


def test_the_retransmission_timeout_of_a_tcp_table_is_no_number_of_drops() -> None:
    """net/ipv4/tcp_ipv4.c get_tcp4_sock(): rto stands where udp4_format_sock() has drops."""
    line = (
        "0: 0100007F:0016 0100007F:C351 01 00000000:00000000 00:00000000 00000000 0 0 33451 1 "
        "0000000012345678 20 4 30 10 -1\n"
    )
    (tcp,) = sockets.parse("heading\n" + line, SocketProtocol.TCP)
    assert tcp.drops is None


def test_a_softnet_line_without_a_column_of_rps_leaves_it_unknown() -> None:
    """net/core/net-procfs.c: received_rps is the tenth column, since Linux 2.6.35."""
    old = "00000010 00000002 00000001 0 0 0 0 0 0\n"
    assert softirq.parse_softnet_cores(old) == {0: softirq.CoreSoftnet(16, 2, 1, None)}
    new = "00000010 00000002 00000001 0 0 0 0 0 0 00000007 0 0 00000003\n"
    assert softirq.parse_softnet_cores(new) == {3: softirq.CoreSoftnet(16, 2, 1, 7)}


@pytest.mark.parametrize("text", ["", "-1", "9" * 40, "0x12", "²", "twelve", "1.5"])
def test_what_is_no_count_is_none(text: str) -> None:
    assert number(text) == 0


def test_a_file_is_read_anew_each_time_and_may_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "counter"
    path.write_text("1", encoding="ascii")
    file = KernelFile(str(path))
    assert file.read() == "1"
    path.write_text("2" * 200_000, encoding="ascii")
    assert file.read() == "2" * 200_000
    path.unlink()
    assert file.read() == "2" * 200_000  # it is held open
    file.close()
    assert file.read() == ""
    assert not KernelFile(str(path)).exists


def test_this_machine_is_read() -> None:
    """The parsers meet the kernel that the tests run on."""
    read = {name: KernelFile(f"/proc/{name}").read() for name in ("interrupts", "softirqs", "stat")}
    assert softirq.parse_softirqs(read["softirqs"])["NET_RX"] >= 0
    stat = cpu.parse(read["stat"])
    assert len(stat.cores) == os.sysconf("SC_NPROCESSORS_ONLN")
    assert stat.context_switches > 0
    assert "lo" in netdev.parse(KernelFile("/proc/net/dev").read())
    assert "UdpInDatagrams" in mib.parse_pairs(KernelFile("/proc/net/snmp").read())


ZERO = "00000000"
CORES = "\n".join(
    " ".join(columns)
    for columns in (
        ("0000004e", "00000001", "00000002", *[ZERO] * 6, "00000007", ZERO, ZERO, "00000003"),
        ("000047c5", *[ZERO] * 11, "00000005"),
    )
)


def test_softnet_core_by_core_has_rps_and_the_core_s_own_number() -> None:
    """Cores that are offline have no line, so the number stands in the line (net/core/net-procfs.c)."""
    assert softirq.parse_softnet_cores(CORES) == {
        3: softirq.CoreSoftnet(0x4E, 1, 2, 7),
        5: softirq.CoreSoftnet(0x47C5, received_rps=0),
    }


def test_an_older_kernel_s_softnet_has_fewer_columns() -> None:
    old = "00000010 00000000 00000001\n00000020 00000000 00000000\n"
    assert softirq.parse_softnet_cores(old) == {
        0: softirq.CoreSoftnet(16, 0, 1),
        1: softirq.CoreSoftnet(32),
    }
