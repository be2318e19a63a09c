"""Captures on the kernel path: segments by their numbers, fragments into datagrams, none lost."""

import struct
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from typing import Any

import pytest
from scapy import all as scapy

from kbview.emulator.datapaths import DATAPATHS
from kbview.emulator.emulation import Emulation
from kbview.emulator.engine import NEVER_PS
from kbview.emulator.protocol.host import Host
from kbview.emulator.settings import Settings
from kbview.packet.capture import open_capture
from kbview.packet.frame import Flow, Frame, Protocol
from kbview.packet.tcp import ACK, FIN, RST, SYN, Tcp
from kbview.packet.writer import PcapWriter
from kbview.sources.emulated import profile
from kbview.sources.emulated.source import EmulatorSource
from kbview.sources.request import Choice
from kbview.sources.resolve import recording, resolve
from kbview.state.state import State
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.meter import TOTALS, Meters
from kbview.tape.steps import STEPS
from kbview.tape.tape import Tape
from tests.traces import TRACES

MS_PS = 1_000_000_000
# A bad packet of each layer: bytes behind the IPv4 header, the protocol, and the kernel's end of it.
# Linux 6.18 frees these packets so on a veth pair, by the tracepoint kfree_skb.
_SHORT_TCP = b"\0\1\0\x50" + bytes(8) + b"\x30\2" + bytes(6)
BAD_PACKETS = {
    "a datagram of four bytes": (b"\0\1\0\x09\0\4\0\0", 17, "udp/PKT_TOO_SMALL"),
    "a UDP length beyond the packet": (b"\0\1\0\x09\x20\0\0\0", 17, "udp/PKT_TOO_SMALL"),
    "a TCP header of twelve bytes": (_SHORT_TCP, 6, "tcp/PKT_TOO_SMALL"),
    "an ICMP type that nobody knows": (b"\x28\0\xd7\xff" + bytes(4), 1, "icmp/UNHANDLED_PROTO"),
}  # fmt: skip
HOST = Host(frozenset([b"\2\0\0\0\0\2"]), frozenset(["10.0.0.2", "fd00::2"]))
FLOW = Flow(0, Protocol.TCP, "10.0.0.1", "10.0.0.2", 5000, 80, b"\2\0\0\0\0\1", b"\2\0\0\0\0\2", 0)
BACK = Flow(1, Protocol.TCP, "10.0.0.2", "10.0.0.1", 80, 5000, b"\2\0\0\0\0\2", b"\2\0\0\0\0\1", 0)
ETHER = scapy.Ether(dst="02:00:00:00:00:02", src="02:00:00:00:00:01")
IP4 = scapy.IP(src="10.0.0.1", dst="10.0.0.2", id=7)
IP6 = scapy.IPv6(src="fd00::1", dst="fd00::2")


def emulated(
    frames: list[Frame],
    settings: Settings | None = None,
    detail: Detail = Detail.STEPS,
    datapath: str = "kernel",
) -> tuple[Emulation, list[ev.Event]]:
    """All of it through a datapath, in small steps, conserved at each."""
    made = Emulation(profile.load("xdp18"), settings or Settings(), HOST, iter([frames]), datapath)
    made.recorder.detail = detail
    events: list[ev.Event] = [made.sample()]
    stride_ps = MS_PS // 100
    for _ in range(3000):
        if made.ended:
            break
        stride_ps += made.now_ps // 100
        made.advance(made.now_ps + stride_ps)
        events += made.release()
        meters = made.sample().meters
        assert meters.conserved()
        assert meters.allocations == meters.frees + made.datapath.buffers()
    assert made.ended
    return made, events


def segment(number: int, seq: int, length: int, flags: int = ACK) -> Frame:
    header = Tcp(5000, 80, seq, 0, flags, 1000)
    return Frame(number * MS_PS, number, max(64, 58 + length), FLOW, length, flags, "", header)


def test_only_the_handshake_of_a_recorded_connection_is_routed() -> None:
    """tcp_v4_early_demux(): the table of established sockets has the connection after its handshake."""
    flags = (SYN, ACK, ACK, ACK, FIN | ACK)
    lengths = (0, 0, 100, 100, 0)
    seq, frames = 10, []
    for number, (flag, length) in enumerate(zip(flags, lengths, strict=True)):
        frames.append(segment(number, seq, length, flag))
        seq += length + (flag & SYN > 0)
    made, _ = emulated(frames)
    stages = made.sample().meters.stages
    assert stages["tcp_v4_early_demux"].count == 5
    assert stages["fib_lookup"].count == 2


def ends(events: list[ev.Event]) -> dict[int, str]:
    """What became of each packet."""
    found: dict[int, str] = {}
    for event in events:
        if isinstance(event, ev.PacketDelivered):
            assert event.packet not in found
            found[event.packet] = event.where
        elif isinstance(event, ev.PacketDropped):
            assert event.packet not in found
            found[event.packet] = event.reason
    return found


def test_segments_go_to_the_socket_once_and_in_order() -> None:
    """Linux: tcp_data_queue drops old data and keeps what is ahead until the gap is filled."""
    seqs = [(1000, 0, SYN), (1001, 100, ACK), (1001, 100, ACK), (1201, 100, ACK), (1101, 100, ACK)]
    frames = [segment(number, *each) for number, each in enumerate(seqs)]
    frames.append(segment(5, 1301, 0, ACK | FIN))
    _, events = emulated(frames)
    assert ends(events) == {0: "tcp", 1: "app", 2: "TCP_OLD_DATA", 3: "app", 4: "app", 5: "tcp"}
    read = [event.packet for event in events if isinstance(event, ev.SocketQueued)]
    assert read == [1, 4, 3]
    states = [event.after for event in events if isinstance(event, ev.TcpStateChanged)]
    assert states == ["SYN-RECEIVED", "ESTABLISHED", "CLOSE-WAIT"]


def answer(number: int, ack: int) -> Frame:
    """An acknowledgement of the recorded host."""
    numbers = struct.pack("!II", 1, ack)
    return Frame(number * MS_PS, number, 64, BACK, 0, ACK, "", numbers)


def test_nothing_behind_a_gap_of_the_host_is_delivered() -> None:
    """Linux keeps it in the out-of-order queue until the connection ends."""
    frames = [segment(0, 1, 100), segment(1, 301, 100), segment(2, 401, 100), answer(3, 101)]
    made, events = emulated(frames)
    assert ends(events) == {0: "app", 1: "SOCKET_CLOSE", 2: "SOCKET_CLOSE"}
    assert made.sample().meters.copied_bytes == 100


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "mtcp"])
@pytest.mark.parametrize("acknowledged", [401, 501])
def test_text_behind_a_gap_of_the_capture_is_delivered(datapath: str, acknowledged: int) -> None:
    """The host acknowledged the missing text, so it had it (RFC 9293, 3.4)."""
    frames = [segment(0, 1, 100), segment(1, 301, 100), answer(2, acknowledged), segment(3, 401, 100)]
    made, events = emulated(frames, datapath=datapath)
    assert set(ends(events).values()) == {"app"}
    assert made.now_ps < 4 * MS_PS  # at the next segment, not after a timeout


def test_a_gap_acknowledged_in_part_is_a_gap_of_the_host() -> None:
    _, events = emulated([segment(0, 1, 100), segment(1, 301, 100), answer(2, 201)])
    assert ends(events)[1] == "SOCKET_CLOSE"


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq", "mtcp"])
def test_a_gap_of_a_capture_of_one_direction_costs_no_text(datapath: str) -> None:
    """Nothing in the capture says that the host lacked it."""
    frames = [segment(0, 1, 100), segment(1, 301, 100), segment(2, 401, 100)]
    _, events = emulated(frames, datapath=datapath)
    assert ends(events) == dict.fromkeys(range(3), "app")


def test_a_hole_may_be_filled_however_late() -> None:
    late = segment(3, 101, 200)
    late.arrived_ps = 700_000 * MS_PS
    made, events = emulated([segment(0, 1, 100), segment(1, 301, 100), segment(2, 401, 100), late])
    assert ends(events) == dict.fromkeys(range(4), "app")
    assert made.sample().meters.copied_bytes == 500


def test_more_than_the_buffer_holds_behind_a_hole_is_pruned() -> None:
    """Linux: tcp_prune_ofo_queue()"""
    frames = [segment(0, 1, 100), *(segment(n, 100_000 + n * 100, 100) for n in range(1, 40))]
    frames.insert(1, answer(1, 101))
    for number, frame in enumerate(frames):
        frame.packet, frame.arrived_ps = number, number * MS_PS
    made, events = emulated(frames, Settings(tcp_rcvbuf=40_000))
    assert set(ends(events).values()) == {"app", "TCP_OFO_QUEUE_PRUNE", "SOCKET_CLOSE"}
    assert made.sample().meters.copied_bytes == 100


def captured(number: int, seq: int, length: int, flags: int = ACK) -> Frame:
    """A segment as a capture's reader tells it: by the numbers in its header."""
    numbers = struct.pack("!II", seq, 0)
    return Frame(number * MS_PS, number, max(64, 58 + length), FLOW, length, flags, "", numbers)


# What a recorded sender sent, as (sequence number, bytes, flags); the bytes that are copied once; the
# reasons of the kernel for the others.
ODD: dict[str, tuple[list[tuple[int, int, int]], int, dict[int, str]]] = {
    "a segment three times": ([(101, 500, ACK)] * 3, 500, {2: "TCP_OLD_DATA", 3: "TCP_OLD_DATA"}),
    "partly new": ([(101, 500, ACK), (301, 700, ACK)], 900, {}),
    "within an old one": ([(101, 500, ACK), (201, 50, ACK)], 500, {2: "TCP_OLD_DATA"}),
    "overlaps out of order": ([(301, 300, ACK), (201, 200, ACK), (101, 150, ACK)], 500, {}),
    "covers what is held":
    ([(301, 100, ACK), (201, 400, ACK), (101, 100, ACK)], 500, {1: "TCP_OFOMERGE"}),
    "keep-alives": ([(101, 10, ACK), (110, 1, ACK), (110, 0, ACK)], 10, {2: "TCP_OLD_DATA"}),
    "wraps": ([((1 << 32) - 99, 100, ACK)], 0, {1: "TCP_OLD_DATA"}),
    "after a reset":
    ([(101, 10, ACK), (111, 0, RST), (111, 10, ACK)], 10, {2: "TCP_RESET", 3: "TCP_FLAGS"}),
    "anew after a reset": ([(101, 0, RST), (900, 0, SYN), (901, 10, ACK)], 10, {1: "TCP_RESET"}),
    "no flag at all": ([(101, 10, 0), (101, 10, ACK)], 10, {1: "TCP_FLAGS"}),
    "FIN without ACK": ([(101, 0, FIN)], 0, {1: "TCP_FLAGS"}),
    "SYN with FIN": ([(100, 0, SYN | FIN), (101, 10, ACK)], 10, {1: "TCP_FLAGS"}),
    "SYN again": ([(100, 0, SYN), (101, 10, ACK), (100, 0, SYN)], 10, {}),
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("gro", [False, True])
def test_each_byte_of_a_captured_stream_is_copied_once(name: str, gro: bool) -> None:
    segments, copied, reasons = ODD[name]
    frames = [captured(0, 100, 0, SYN)]
    frames += [captured(number, *each) for number, each in enumerate(segments, 1)]
    made, events = emulated(frames, Settings(gro=gro))
    assert made.sample().meters.copied_bytes == copied
    assert {packet: end for packet, end in ends(events).items() if end.isupper()} == reasons


def test_numbers_wrap() -> None:
    begin = (1 << 32) - 150
    frames = [
        captured(0, begin - 1, 0, SYN),
        *(captured(n, (begin + n * 100 - 100) & 0xFFFFFFFF, 100) for n in (1, 3, 2)),
    ]
    for number, frame in enumerate(frames):
        frame.packet, frame.arrived_ps = number, number * MS_PS
    made, events = emulated([*frames, captured(4, 50, 100), captured(5, 150, 7)])
    assert made.sample().meters.copied_bytes == 307
    assert ends(events)[4] == "TCP_OLD_DATA"


def test_text_in_a_syn_is_text() -> None:
    """Fast Open (RFC 7413), and a SYN that comes again without it."""
    frames = [captured(0, 100, 18, SYN), captured(1, 100, 0, SYN), captured(2, 119, 5)]
    made, events = emulated(frames)
    assert made.sample().meters.copied_bytes == 23
    assert not any(end.isupper() for end in ends(events).values())


def test_a_segment_of_big_tcp_has_room() -> None:
    frames = [captured(0, 1, 180_000), captured(1, 180_001, 500_000)]
    made, events = emulated(frames)
    assert ends(events) == {0: "app", 1: "app"}
    assert made.sample().meters.copied_bytes == 680_000


def frames_of(packets: list[Any]) -> list[Frame]:
    stream = BytesIO()
    writer = PcapWriter(stream)
    for number, packet in enumerate(packets):
        writer.write(number * MS_PS, bytes(packet))
    stream.seek(0)
    with open_capture("-", stream) as capture:
        return [frame for batch in capture.frames() for frame in batch]


@pytest.mark.parametrize("name", BAD_PACKETS)
def test_a_bad_packet_ends_in_the_layer_that_reads_it(name: str) -> None:
    body, protocol, end = BAD_PACKETS[name]
    packet = ETHER / scapy.IP(src="10.0.0.1", dst="10.0.0.2", proto=protocol) / body
    made, _ = emulated(frames_of([packet]))
    assert made.sample().meters.drops == {end: 1}


def test_icmp_of_ipv6_is_no_protocol_of_ipv4() -> None:
    """inet_protos has no number 58: it is not taken to icmp_rcv()."""
    (frame,) = frames_of([ETHER / scapy.IP(src="10.0.0.1", dst="10.0.0.2", proto=58) / bytes(40)])
    assert (frame.flow.protocol, frame.fault) == (Protocol.IP, "")


def test_mtcp_looks_at_no_checksum_of_a_protocol_that_it_does_not_have() -> None:
    """mtcp/src/ip_in.c: ProcessIPv4Packet() knows TCP and ICMP."""
    packet = ETHER / IP4 / scapy.UDP(sport=1, dport=9, chksum=0x1234) / b"text"
    made, _ = emulated(frames_of([packet]), datapath="mtcp")
    assert made.sample().meters.drops == {"ip/IP_NOPROTO": 1}


def test_text_that_the_recorded_host_took_fits_the_socket() -> None:
    """recordings/README.md: nothing was retransmitted. tcp_rcv_space_adjust() opens the buffer."""
    with closing(resolve("bulk.pcap", Choice(datapath="kernel"))) as source:
        assert isinstance(source, EmulatorSource)
        source.set_detail(Detail.METERS)
        source.pump(Tape(1 << 16), NEVER_PS)
        meters = source.emulation.sample().meters
    assert (meters.arrived, meters.drops) == (1730, {})
    assert meters.copied_bytes == 2_499_840


def udp4(length: int, fragment: int) -> list[Any]:
    datagram = IP4 / scapy.UDP(sport=4000, dport=53) / bytes(length)
    return [ETHER / each for each in scapy.fragment(datagram, fragment)]


def udp6(length: int, fragment: int) -> list[Any]:
    header = scapy.IPv6ExtHdrFragment(id=9)
    datagram = IP6 / header / scapy.UDP(sport=4000, dport=53) / bytes(length)
    return [ETHER / each for each in scapy.fragment6(datagram, fragment)]


@pytest.mark.parametrize("packets", [udp4(3000, 1000), udp6(3000, 1000)], ids=["IPv4", "IPv6"])
def test_fragments_are_one_datagram_for_the_application(packets: list[Any]) -> None:
    frames = frames_of([*packets[1:], packets[0]])
    assert len(frames) >= 3
    made, events = emulated(frames)
    assert set(ends(events).values()) == {"app"}
    kinds = [type(event) for event in events]
    assert kinds.count(ev.FragmentHeld) == len(frames) - 1
    (combined,) = (event for event in events if isinstance(event, ev.FragmentsCombined))
    assert (combined.count, combined.packet) == (len(frames), len(frames) - 1)
    (queued,) = (event for event in events if isinstance(event, ev.SocketQueued))
    assert queued.socket == "udp :53"
    assert queued.queued == 2304 * len(frames)
    meters = made.sample().meters
    assert meters.copies == 1
    assert meters.copied_bytes == 3000


def test_meters_agree_with_the_events() -> None:
    frames = frames_of([*udp4(3000, 1000), *udp6(2000, 800), udp4(3000, 1000)[0]])
    made, events = emulated(frames)
    state = State()
    for event in events:
        state.apply(event)
    coarse, _ = emulated(frames, detail=Detail.METERS)
    for total in TOTALS:
        meters = made.sample().meters
        assert getattr(state.meters, total) == getattr(meters, total), total
        assert getattr(coarse.sample().meters, total) == getattr(meters, total), total


def test_half_a_datagram_times_out() -> None:
    """30 s, net.ipv4.ipfrag_time."""
    made, events = emulated(frames_of(udp4(3000, 1000)[:2]))
    assert set(ends(events).values()) == {"FRAG_REASM_TIMEOUT"}
    assert made.now_ps >= 30_000 * MS_PS


def test_overlapping_fragments_end_together() -> None:
    whole = udp4(3000, 1000)
    shifted = udp4(3000, 1400)[1]
    _, events = emulated(frames_of([whole[0], whole[2], shifted]))
    assert set(ends(events).values()) == {"REASM_OVERLAPS"}


def test_a_fragment_bomb_stays_within_4_mb() -> None:
    """net.ipv4.ipfrag_high_thresh: what finds no room is refused, the rest runs out of time."""

    def bomb() -> Iterator[Frame]:
        (first, *_) = frames_of(udp4(3000, 1000)[:1])
        part: Any = first.inner
        for number in range(3000):
            header = type(part.header)(
                b"\x0a\0\0\1", b"\x0a\0\0\2", 17, identification=number, more_fragments=True
            )
            yield Frame(
                number * 1_000_000, number, 1050, first.flow, 0, 0, "", part._replace(header=header)
            )

    made, _ = emulated(list(bomb()), detail=Detail.METERS)
    drops = made.sample().meters.drops
    assert set(drops) == {"ip/REASMFAILS", "ip/FRAG_REASM_TIMEOUT"}
    assert drops["ip/FRAG_REASM_TIMEOUT"] == (4 << 20) // (2304 + 200) + 1


DROPS = {
    "fragmented-1.pcap": {"ip/REASMFAILS": 3},  # the third goes beyond the end that the second named
    "fragmented-3.pcap": {"ip/FRAG_REASM_TIMEOUT": 5},  # the last one is missing
    "ipv6-fragmented-dns.pcap": {"ip/FRAG_REASM_TIMEOUT": 1},  # three others make an answer
}


@pytest.mark.parametrize("datapath", DATAPATHS)
@pytest.mark.parametrize("name", DROPS)
def test_traces_of_fragments(name: str, datapath: str) -> None:
    if not TRACES.exists():
        pytest.skip("the shared traces are not here")
    source = resolve(str(TRACES / name), Choice(datapath=datapath))
    assert isinstance(source, EmulatorSource)
    source.set_detail(Detail.STEPS)
    source.pump(Tape(1 << 20), NEVER_PS)
    source.close()
    meters: Meters = source.emulation.sample().meters
    assert meters.conserved()
    assert meters.in_flight == 0
    assert meters.arrived > 0
    if datapath == "kernel":
        assert meters.drops == DROPS[name]


@pytest.mark.parametrize("datapath", ["kernel", "mtcp"])
def test_a_replayed_connection_tells_the_states_that_its_segments_show(datapath: str) -> None:
    """RFC 9293, figure 5, of the passive side: SYN, the ACK of ours, then the peer's FIN."""
    frames = [
        segment(0, 9, 0, SYN),
        segment(1, 10, 0),
        segment(2, 10, 20),
        segment(3, 30, 0, ACK | FIN),
    ]
    _, events = emulated(frames, datapath=datapath)
    told = [event for event in events if isinstance(event, ev.TcpStateChanged)]
    assert [(one.before, one.after) for one in told] == [
        ("LISTEN", "SYN-RECEIVED"),
        ("SYN-RECEIVED", "ESTABLISHED"),
        ("ESTABLISHED", "CLOSE-WAIT"),
    ]
    assert len({one.socket for one in told}) == 1


@pytest.mark.parametrize("datapath", ["kernel", "kernel-irq"])
def test_a_recorded_stream_is_read_by_tcp_once_a_call_and_datagrams_by_udp_each(datapath: str) -> None:
    """tcp_recvmsg() has the socket's lock for a call; udp_recvmsg() the queue's lock for a datagram."""
    bursts, http = (finished(name, datapath) for name in ("udp-bursts.pcap", "http.pcap"))
    assert "tcp_recvmsg" not in bursts.stages
    assert bursts.stages["socket_recv"].count == bursts.copies
    assert "socket_recv" not in http.stages
    assert 0 < http.stages["tcp_recvmsg"].count <= http.copies == http.stages["copy_to_user"].count
    assert "under the queue's lock" in STEPS["socket_recv"].why
    assert "locked" not in STEPS["socket_recv"].why
    assert "The socket is locked" in STEPS["tcp_recvmsg"].why


def finished(name: str, datapath: str) -> Meters:
    """The meters at the end of a bundled capture."""
    source = resolve(recording(name) or name, Choice(datapath=datapath))
    assert isinstance(source, EmulatorSource)
    source.emulation.advance(NEVER_PS)
    source.close()
    return source.emulation.sample().meters
