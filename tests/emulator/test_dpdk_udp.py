"""UDP in user space: the kernel's work on a datagram, done by a library over a poll-mode driver."""

from typing import Any

import pytest
from scapy import all as scapy

from kbview.emulator.bypass.mempool import Mempool
from kbview.emulator.datapaths.dpdk_udp.datapath import DpdkUdp
from kbview.emulator.datapaths.dpdk_udp.port_unreachable import ICMPLIM, PortUnreachable
from kbview.emulator.emulation import Emulation
from kbview.emulator.scenario import Traffic
from kbview.emulator.settings import ScenarioError, Settings
from kbview.emulator.traffic.flows import udp_flows
from kbview.packet.frame import Frame, Protocol
from kbview.tape import events as ev
from tests.emulator.running import at_both_details, ended, finished, told
from tests.emulator.test_captured import ETHER, IP4, emulated, frames_of, udp4, udp6

NAME = "dpdk-udp"
STEADY = Traffic(pattern="poisson", rate_pps=1_000_000, size=256, flows=8, frames=2000)
FLOOD = Traffic(rate_pps=14_000_000, frames=20_000)
CLIENTS = Traffic(pattern="request", size=256, flows=8, rtt_us=20, frames=2000)
PAYLOAD = 256 - 14 - 20 - 8 - 4  # of STEADY: without Ethernet, IPv4, UDP and FCS


# ---- receiving -----------------------------------------------------------------------------------


def test_recvfrom_copies_each_payload_once_and_enters_no_kernel() -> None:
    meters = finished(NAME, Settings(), STEADY)
    assert meters.delivered == meters.copies == 2000
    assert meters.copied_bytes == 2000 * PAYLOAD
    assert meters.syscalls == meters.mode_switches == meters.allocations == meters.interrupts == 0


def test_with_zero_copy_the_application_gets_the_mbuf() -> None:
    meters = finished(NAME, Settings(udp_copy=False), STEADY)
    assert (meters.delivered, meters.copies) == (2000, 0)


def test_each_datagram_goes_through_the_queue_of_its_port() -> None:
    events = told(NAME, Settings(cores=1), STEADY)
    queued = [event for event in events if isinstance(event, ev.SocketQueued)]
    dequeued = [event for event in events if isinstance(event, ev.SocketDequeued)]
    assert {event.socket for event in queued} == {"udp :9000"}
    assert sorted(event.packet for event in queued) == list(range(2000))
    assert [event.packet for event in dequeued] == [event.packet for event in queued]


def test_every_datagram_takes_the_steps_of_ip_udp_queue_and_call_in_this_order() -> None:
    events = told(NAME, Settings(cores=1), Traffic(rate_pps=100_000, frames=3))
    steps = [event.step for event in events if isinstance(event, ev.StepTaken) and event.packet == 1]
    way = ["user_ip_in", "user_udp_in", "user_enqueue", "user_recv", "user_copy_out", "app_work"]
    assert [step for step in steps if step in way] == way


def test_lcores_share_no_socket() -> None:
    """RSS gives a flow to a core, and each core has a socket of the port, as with SO_REUSEPORT."""
    settings = Settings(cores=2, queues=2)
    sockets = ended(NAME, settings, STEADY).sample().meters.sockets
    assert set(sockets) == {"udp :9000 #0", "udp :9000 #1"}
    assert sum(meter.received for meter in sockets.values()) == 2000


def test_a_queue_that_is_full_drops_at_the_socket() -> None:
    """Caladan: runtime/net/udp.c udp_conn_recv() drops at inq_cap."""
    slow = Settings(cores=1, udp_turn=1, udp_queue=64)
    made = ended(NAME, slow, FLOOD)
    meters = made.sample().meters
    assert meters.conserved()
    assert meters.drops.keys() == {"socket/SOCKET_RCVBUFF"}
    assert meters.sockets["udp :9000"].drops == meters.dropped > 0


def test_an_application_that_takes_whole_bursts_loses_at_the_ring_instead() -> None:
    meters = finished(NAME, Settings(cores=1), FLOOD)
    assert meters.dropped == 0
    assert meters.missed > 0


def test_the_sum_by_a_core_costs_each_byte_and_leaves_the_payload_in_its_cache() -> None:
    """`user_udp_checksum` reads from the last-level cache, so the copy after it reads warm bytes."""
    by_nic = ended(NAME, Settings(cores=1), STEADY).sample().meters.stages
    by_cpu = ended(NAME, Settings(cores=1, udp_checksum="cpu"), STEADY).sample().meters.stages
    assert "user_udp_checksum" not in by_nic
    assert "user_copy_out" not in by_cpu
    assert by_cpu["user_copy_warm"].total_ps < by_nic["user_copy_out"].total_ps
    per_byte = by_cpu["user_udp_checksum"].total_ps / 2000 - 20 / 3.6e9 * 1e12
    assert per_byte == pytest.approx(PAYLOAD * 86.7, rel=0.01)


# ---- answering -----------------------------------------------------------------------------------


@pytest.mark.parametrize("copies", [True, False])
def test_an_echo_answers_every_client(copies: bool) -> None:
    meters = finished(NAME, Settings(cores=1, app="echo", udp_copy=copies), CLIENTS)
    assert meters.delivered == meters.sent == 2000
    assert meters.copies == (4000 if copies else 0)


def test_the_same_clients_get_the_same_answers_as_from_the_kernel() -> None:
    """Like work: kernel and library check, queue, copy and answer the same datagrams."""
    settings = Settings(cores=1, app="echo", wait="read")
    ours, theirs = (finished(name, settings, CLIENTS) for name in (NAME, "kernel"))
    for total in ("arrived", "delivered", "sent", "sent_bytes", "copies", "copied_bytes"):
        assert getattr(ours, total) == getattr(theirs, total), total


def test_sendto_of_a_generator_copies_from_the_application() -> None:
    settings = Settings(cores=1, app="generate", send_size=256, send_frames=3000)
    meters = finished(NAME, settings)
    assert meters.sent == meters.copies == 3000
    assert meters.copied_bytes == 3000 * PAYLOAD
    assert meters.syscalls == 0


# ---- closed ports --------------------------------------------------------------------------------


def test_a_closed_port_is_silent_unless_told_otherwise() -> None:
    """Caladan's net_rx_trans() and Catnip's peer.rs drop the datagram and answer nothing."""
    meters = finished(NAME, Settings(closed_ports=(9000,)), STEADY)
    assert meters.drops == {"udp/NO_SOCKET": 2000}
    assert meters.sent == 0


def test_port_unreachable_is_sent_200_times_a_second_at_most() -> None:
    """FreeBSD: net.inet.icmp.icmplim; RFC 1122, 3.2.2: a limit on the rate of ICMP errors."""
    settings = Settings(closed_ports=(9000,), udp_closed="icmp")
    meters = finished(NAME, settings, STEADY)
    assert meters.drops == {"udp/NO_SOCKET": 2000}
    assert (meters.sent, meters.sent_bytes) == (ICMPLIM, ICMPLIM * 74)


def test_the_limit_begins_anew_with_each_second() -> None:
    (flow,) = udp_flows(1, 9000)
    asked = Frame(0, 0, 64, flow, 18)
    made = PortUnreachable(iter(range(1000)))
    first = [made.answer(asked, number) for number in range(300)]
    later = made.answer(asked, 10**12)
    assert sum(answer is not None for answer in first) == ICMPLIM
    assert later is not None
    assert later.flow.protocol is Protocol.ICMP
    assert (later.flow.source, later.flow.destination) == (flow.destination, flow.source)


# ---- fragments, faults, other protocols ----------------------------------------------------------


def run(packets: list[Any], settings: Settings) -> tuple[Emulation, list[ev.Event]]:
    return emulated(frames_of(packets), settings, datapath=NAME)


def test_fragments_are_dropped_unless_told_otherwise() -> None:
    """Caladan: ip_hdr_supported(); Catnip: header.rs, "ipv4 fragmentation is not supported"."""
    made, _ = run(udp4(3000, 1000), Settings())
    meters = made.sample().meters
    assert meters.drops == {"ip/NO_REASSEMBLY": meters.arrived}


@pytest.mark.parametrize("packets", [udp4(3000, 1000), udp6(3000, 1000)], ids=["IPv4", "IPv6"])
def test_fragments_are_one_datagram_with_reassembly(packets: list[Any]) -> None:
    """F-Stack has FreeBSD's ip_reass()."""
    settings = Settings(udp_fragments="reassemble")
    made, events = run([*packets[1:], packets[0]], settings)
    meters = made.sample().meters
    assert meters.delivered == len(packets)
    assert (meters.copies, meters.copied_bytes) == (1, 3000)
    kinds = [type(event) for event in events]
    assert kinds.count(ev.FragmentHeld) == len(packets) - 1
    assert kinds.count(ev.FragmentsCombined) == 1


def test_half_a_datagram_times_out() -> None:
    """30 s: IPFRAGTTL of FreeBSD, net.ipv4.ipfrag_time of Linux."""
    made, _ = run(udp4(3000, 1000)[:2], Settings(udp_fragments="reassemble"))
    assert made.sample().meters.drops == {"ip/FRAG_REASM_TIMEOUT": 2}
    assert made.now_ps >= 30 * 10**12


def test_a_switch_gives_waiting_fragments_up() -> None:
    made, _ = emulated(frames_of(udp4(3000, 1000)), Settings(udp_fragments="reassemble"), datapath=NAME)
    made.switch("kernel")
    assert made.sample().meters.conserved()


DATAGRAM = ETHER / IP4 / scapy.UDP(sport=4000, dport=53) / bytes(100)
OTHERS = {
    "a wrong UDP checksum": ETHER / IP4 / scapy.UDP(sport=4000, dport=53, chksum=1) / bytes(100),
    "a wrong IP checksum": ETHER
    / scapy.IP(src="10.0.0.1", dst="10.0.0.2", chksum=1)
    / scapy.UDP(sport=4000, dport=53)
    / bytes(100),
    "another host's address": ETHER
    / scapy.IP(src="10.0.0.1", dst="10.0.0.9")
    / scapy.UDP(sport=4000, dport=53)
    / bytes(100),
    "ARP": ETHER / scapy.ARP(pdst="10.0.0.2"),
    "ICMP": ETHER / IP4 / scapy.ICMP() / bytes(32),
    "a datagram": DATAGRAM,
}


@pytest.mark.parametrize("case", OTHERS)
def test_a_packet_ends_where_it_ends_in_the_kernel(case: str) -> None:
    """The checks of IP and UDP refuse the same packets for the same reasons."""
    ends = []
    for name in (NAME, "kernel"):
        _, events = emulated(frames_of([OTHERS[case]]), datapath=name)
        kinds = (ev.PacketDelivered, ev.PacketDropped)
        (end,) = (event for event in events if isinstance(event, kinds))
        ends.append((type(end), end.where, getattr(end, "reason", "")))
    assert ends[0] == ends[1]


def test_tcp_has_no_socket_here() -> None:
    made, _ = run([ETHER / IP4 / scapy.TCP(sport=4000, dport=80, flags="S")], Settings())
    assert made.sample().meters.drops == {"ip/IP_NOPROTO": 1}


# ---- mbufs ---------------------------------------------------------------------------------------


def lent(made: Emulation) -> int:
    """Mbufs that are neither in the pool nor in a cache."""
    datapath = made.datapath
    assert isinstance(datapath, DpdkUdp)
    pool: Mempool = datapath._pool
    return pool.size - pool.free - sum(cache.length for cache in datapath._caches)


CASES = [
    Settings(cores=2),
    Settings(cores=2, udp_copy=False),
    Settings(cores=1, udp_turn=1, udp_queue=32),
    Settings(cores=2, closed_ports=(9000,)),
    Settings(cores=1, mempool_cache=0),
]


@pytest.mark.parametrize("settings", CASES, ids=range(len(CASES)))
def test_after_the_last_datagram_only_the_receive_rings_hold_mbufs(settings: Settings) -> None:
    made = ended(NAME, settings, Traffic(rate_pps=5_000_000, flows=8, frames=5000))
    assert lent(made) == settings.queues * settings.ring


@pytest.mark.parametrize("copies", [True, False])
def test_sent_mbufs_stay_in_the_transmit_ring_until_it_is_cleaned(copies: bool) -> None:
    settings = Settings(cores=1, app="echo", udp_copy=copies)
    made = ended(NAME, settings, Traffic(rate_pps=1_000_000, flows=8, frames=5000))
    assert lent(made) == settings.ring + sum(ring.used for ring in tx_rings(made))


def tx_rings(made: Emulation) -> list[Any]:
    return [queue.tx for queue in made._machine.nic.queues if queue.tx is not None]


def test_a_pool_that_waiting_fragments_could_empty_is_refused() -> None:
    settings = Settings(udp_fragments="reassemble", mempool_size=3000)
    with pytest.raises(ScenarioError, match=r"waiting fragments; use 4[0-9]{3} or"):
        DpdkUdp.check(settings)


# ---- both levels of detail -----------------------------------------------------------------------


@pytest.mark.parametrize("app", ["sink", "echo"])
def test_the_numbers_do_not_depend_on_the_detail(app: Any) -> None:
    coarse, fine = at_both_details(NAME, Settings(app=app, udp_turn=3), STEADY)
    for total in ("delivered", "dropped", "missed", "sent", "polls", "copies"):
        assert getattr(coarse, total) == getattr(fine, total), total
    assert coarse.latency.percentile(0.99) == fine.latency.percentile(0.99)
