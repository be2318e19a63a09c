"""Drops made on purpose: each source that can know one tells it with place, reason and exact count."""

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager

import pytest
from pyroute2 import IPRoute
from pyroute2.nftables.main import NFTables

from kbview.sources.counting import packet_counts
from kbview.sources.linux.bpf.assembler import R0, Assembly
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import End
from kbview.sources.linux.xdp import attachment
from kbview.sources.request import Choice
from kbview.sources.resolve import resolve
from kbview.tape.meter import DropMeter, Meters
from kbview.tape.source import Source
from kbview.tape.tape import Tape
from kbview.tape.vocabulary import DropReason, Place
from tests.live.frames import PORT, checksum, ipv4, send_frames, udp
from tests.live.traffic import pumped

pytestmark = pytest.mark.live

COUNT = 50
XDP_DROP = 1
_NF_DROP, _INET, _TBF_HANDLE = 0, 1, 0x10000
COUNTING = ("trace", "live")  # the sources with programs in the kernel


@pytest.fixture
def bed() -> Iterator[Testbed]:
    with Testbed() as made:
        yield made


@contextmanager
def opened(name: str, end: End) -> Iterator[tuple[Source, Tape]]:
    """A source at an end of the testbed, from this moment on."""
    if name in COUNTING and (reason := packet_counts.refusal()) is not None:
        pytest.skip(reason)
    wanted = name if name == "counters" else f"{name}:{end.link}"
    overrides = (("fate", "on"),) if name == "live" else ()
    tape = Tape()
    with end.namespace.entered(), closing(resolve(wanted, Choice(overrides=overrides))) as source:
        source.pump(tape, 0)
        yield source, tape


def cause(meters: Meters) -> DropMeter:
    """The only one."""
    (found,) = meters.causes
    return found


# ---- netfilter ---------------------------------------------------------------------------------


def refuse_input(end: End) -> None:
    """`nft add chain inet made in { type filter hook input priority 0; policy drop; }`"""
    with end.namespace.entered(), NFTables(nfgen_family=_INET) as tables:
        tables.table("add", name="made")
        tables.chain("add", table="made", name="in", hook="input", type="filter", policy=_NF_DROP)


@pytest.mark.parametrize("name", COUNTING)
def test_netfilter_s_drops_are_netfilter_s(bed: Testbed, name: str) -> None:
    """nf_hook_slow() frees a packet of the verdict NF_DROP with NETFILTER_DROP."""
    refuse_input(bed.b)
    with opened(name, bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    assert meters.drops == {"netfilter/NETFILTER_DROP": COUNT}
    assert (meters.arrived, meters.delivered) == (COUNT, 0)
    assert (cause(meters).port, cause(meters).count) == (f"udp :{PORT}", COUNT)


def test_counters_tell_that_ip_lost_packets_and_no_reason(bed: Testbed) -> None:
    """Netfilter counts for nobody: IP received them, and they came to no end that is counted."""
    refuse_input(bed.b)
    with opened("counters", bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    assert meters.drops == {"ip/NOT_SPECIFIED": COUNT}


# ---- XDP ---------------------------------------------------------------------------------------


@contextmanager
def xdp_drops(end: End, flags: int) -> Iterator[None]:
    """A program of two instructions: r0 = XDP_DROP; exit."""
    made = Assembly()
    made.set(R0, XDP_DROP)
    made.exit()
    with ExitStack() as held:
        program = attachment.load(made.assemble())
        held.callback(os.close, program)
        with end.namespace.entered():
            link = attachment.attach(program, socket.if_nametoindex(end.link), flags)
        held.callback(os.close, link)
        yield


@pytest.mark.parametrize("name", COUNTING)
def test_drops_of_a_generic_xdp_program_are_xdp_s(bed: Testbed, name: str) -> None:
    """do_xdp_generic() frees the sk_buff that the program did not want."""
    with xdp_drops(bed.b, attachment.XDP_FLAGS_SKB_MODE), opened(name, bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    ((key, count),) = meters.drops.items()
    assert (key.partition("/")[0], count) == (Place.XDP, COUNT)
    assert (meters.arrived, meters.delivered, meters.unsent) == (COUNT, 0, 0)


@pytest.mark.parametrize("name", COUNTING)
def test_drops_of_a_veth_s_own_xdp_program_are_of_packets_that_came(bed: Testbed, name: str) -> None:
    """veth_xdp_rcv_skb() frees the sender's sk_buff before the stack has noted an interface in it."""
    with xdp_drops(bed.b, attachment.XDP_FLAGS_DRV_MODE), opened(name, bed.b) as (source, tape):
        send_frames(bed, ipv4(bed, udp()), COUNT)
        meters = pumped(
            source, tape, 100, seen=lambda each: sum(drop.count for drop in each.causes) >= COUNT
        )
    assert (cause(meters).where, cause(meters).count) == (Place.XDP, COUNT)
    assert meters.unsent == 0
    if name == "live":  # tracepoints of single packets begin behind the program
        assert sum(meters.drops.values()) == meters.arrived == COUNT


# ---- MTU ---------------------------------------------------------------------------------------

_NARROW, _NARROW_MTU = "narrow", 576


def forwards_to_a_narrow_link(end: End) -> None:
    """10.78.0.0/24 lies behind a link of MTU 576."""
    end.namespace.set("ipv4/ip_forward", 1)
    with end.namespace.entered(), IPRoute() as route:
        route.link("add", ifname=_NARROW, kind="veth", peer=f"{_NARROW}-peer")
        for link, mtu in ((f"{_NARROW}-peer", 1500), (_NARROW, _NARROW_MTU)):
            route.link("set", index=route.link_lookup(ifname=link)[0], mtu=mtu, state="up")
        index = route.link_lookup(ifname=_NARROW)[0]
        route.addr("add", index=index, address="10.78.0.1", prefixlen=24)


def not_to_be_fragmented(bed: Testbed) -> bytes:
    """A datagram of 1020 bytes to 10.78.0.2, with DF."""
    body = udp() + bytes(972)
    ends = socket.inet_aton(bed.a.address) + socket.inet_aton("10.78.0.2")
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, 17, 0) + ends
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + body


@pytest.mark.parametrize("name", COUNTING)
def test_packets_too_large_for_the_next_link_are_ip_s_drops(bed: Testbed, name: str) -> None:
    """RFC 1191: a router drops them, and says so by ICMP; ip_forward() with PKT_TOO_BIG."""
    forwards_to_a_narrow_link(bed.b)
    with opened(name, bed.b) as (source, tape):
        send_frames(bed, not_to_be_fragmented(bed), COUNT)
        meters = pumped(source, tape, 100, seen=lambda each: each.dropped >= COUNT)
    assert meters.drops == {"ip/PKT_TOO_BIG": COUNT}
    assert (cause(meters).function, cause(meters).count) == ("ip_forward", COUNT)


# ---- qdisc -------------------------------------------------------------------------------------


def shape(end: End) -> None:
    """`tc qdisc add dev LINK root tbf rate 8kbit burst 1600 limit 600`: room for ten frames of 60."""
    with end.namespace.entered(), IPRoute() as route:
        index = route.link_lookup(ifname=end.link)[0]
        route.tc("add", "tbf", index, _TBF_HANDLE, rate=1000, burst=1600, limit=600)


def refused(bed: Testbed, count: int) -> int:
    """How many of so many frames the qdisc did not take: send() says ENOBUFS."""
    lost = 0
    for _ in range(count):
        try:
            send_frames(bed, ipv4(bed, udp()), 1)
        except OSError:
            lost += 1
    return lost


@pytest.mark.parametrize("name", COUNTING)
def test_a_full_qdisc_s_drops_are_those_that_the_sender_was_told(bed: Testbed, name: str) -> None:
    shape(bed.a)
    with opened(name, bed.a) as (source, tape):
        lost = refused(bed, 100)
        meters = pumped(
            source, tape, 100, seen=lambda each: sum(drop.count for drop in each.causes) >= lost
        )
        known = source.capabilities.now(meters).meters
    assert lost > 0
    told = cause(meters)
    assert (told.where, told.reason, told.count) == (Place.QDISC, DropReason.QDISC_DROP, lost)
    assert meters.unsent == lost if "unsent" in known else name == "trace"
    assert meters.drops == {}  # nothing that came in was lost


# ---- the accept queue --------------------------------------------------------------------------


def test_each_syn_that_the_accept_queue_cannot_hold_is_counted(bed: Testbed) -> None:
    """listen(0) has room for one connection: its SYN and its ACK are all that TCP takes."""
    with ExitStack() as held:
        with bed.b.namespace.entered():
            held.enter_context(socket.create_server((bed.b.address, PORT), backlog=0))
        source, tape = held.enter_context(opened("counters", bed.b))
        with bed.a.namespace.entered():
            clients = [held.enter_context(socket.socket()) for _ in range(6)]
        first, *others = clients
        first.connect((bed.b.address, PORT))
        for client in others:
            client.setblocking(False)
            client.connect_ex((bed.b.address, PORT))
        meters = pumped(
            source,
            tape,
            350,
            seen=lambda each: each.dropped >= len(others) and each.arrived - each.dropped == 2,
        )
    assert set(meters.drops) == {"tcp/TCP_LISTEN_OVERFLOW"}
    assert meters.dropped >= len(others)
    assert (meters.arrived - meters.dropped, meters.delivered) == (2, 2)
