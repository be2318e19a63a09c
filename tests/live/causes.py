"""A dozen ways to lose a packet, each made on purpose in the namespaces of a testbed."""

import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from typing import NamedTuple

from pyroute2 import IPRoute
from pyroute2.nftables.main import NFTables

from kbview.sources.linux.bpf.assembler import R0, Assembly
from kbview.sources.linux.testbed import Testbed
from kbview.sources.linux.veth import End
from kbview.sources.linux.xdp import attachment
from tests.live.frames import PORT, checksum, ipv4, send_frames, udp

COUNT = 50
XDP_DROP = 1
_NF_DROP, _INET, _TBF_HANDLE = 0, 1, 0x10000
_NARROW, _NARROW_MTU = "narrow", 576


class Cause(NamedTuple):
    """`keys` are "where/REASON" by the source that can know it; a source that is left out tells none.
    The ring of `live` takes a packet that no protocol takes, and so saves it.

    `made` holds the state in which packets are lost, `send` loses COUNT packets at end b.
    """

    keys: dict[str, str]
    send: Callable[[Testbed], None]
    made: Callable[[Testbed], AbstractContextManager[object]] = nullcontext


def everywhere(key: str, **others: str) -> dict[str, str]:
    """One key of all sources, but for the sources that are named; "" tells none."""
    found = dict.fromkeys(("trace", "live", "counters", "text"), key) | others
    return {source: each for source, each in found.items() if each}


# ---- states in which packets are lost ------------------------------------------------------------


@contextmanager
def full_socket(bed: Testbed) -> Iterator[socket.socket]:
    """A socket that holds no datagram more, and that nobody reads."""
    with bed.b.namespace.entered():
        reader = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2304)
        reader.bind((bed.b.address, PORT))
        reader.settimeout(0)
        send_frames(bed, ipv4(bed, udp()), 20)
        yield reader


def refuse_input(bed: Testbed) -> AbstractContextManager[object]:
    """`nft add chain inet made in { type filter hook input priority 0; policy drop; }`"""
    with bed.b.namespace.entered(), NFTables(nfgen_family=_INET) as tables:
        tables.table("add", name="made")
        tables.chain("add", table="made", name="in", hook="input", type="filter", policy=_NF_DROP)
    return nullcontext()


def filter_reverse_paths(bed: Testbed) -> AbstractContextManager[object]:
    """RFC 3704: a packet has to come by the link that leads back to its source."""
    bed.b.namespace.set("ipv4/conf/all/rp_filter", 1)
    return nullcontext()


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


def forwards_to_a_narrow_link(bed: Testbed) -> AbstractContextManager[object]:
    """10.78.0.0/24 lies behind a link of MTU 576."""
    bed.b.namespace.set("ipv4/ip_forward", 1)
    with bed.b.namespace.entered(), IPRoute() as route:
        route.link("add", ifname=_NARROW, kind="veth", peer=f"{_NARROW}-peer")
        for link, mtu in ((f"{_NARROW}-peer", 1500), (_NARROW, _NARROW_MTU)):
            route.link("set", index=route.link_lookup(ifname=link)[0], mtu=mtu, state="up")
        index = route.link_lookup(ifname=_NARROW)[0]
        route.addr("add", index=index, address="10.78.0.1", prefixlen=24)
    return nullcontext()


def shape(end: End) -> None:
    """`tc qdisc add dev LINK root tbf rate 8kbit burst 1600 limit 600`: room for ten frames of 60."""
    with end.namespace.entered(), IPRoute() as route:
        index = route.link_lookup(ifname=end.link)[0]
        route.tc("add", "tbf", index, _TBF_HANDLE, rate=1000, burst=1600, limit=600)


# ---- packets -------------------------------------------------------------------------------------


def tcp(check: int) -> bytes:
    """A SYN to a port where nobody listens."""
    return struct.pack("!HHIIBBHHH", 40000, PORT, 1, 0, 0x50, 2, 1000, check, 0)


def not_to_be_fragmented(bed: Testbed) -> bytes:
    """A datagram of 1020 bytes to 10.78.0.2, with DF."""
    body = udp() + bytes(972)
    ends = socket.inet_aton(bed.a.address) + socket.inet_aton("10.78.0.2")
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 64, 17, 0) + ends
    return head[:10] + checksum(head).to_bytes(2, "big") + head[12:] + body


def sent(
    packet: Callable[[Testbed], bytes], *, ethertype: int = 0x0800, mac: str = ""
) -> Callable[[Testbed], None]:
    """Sends COUNT of a packet from end a."""
    return lambda bed: send_frames(bed, packet(bed), COUNT, ethertype=ethertype, mac=mac)


def good(bed: Testbed) -> bytes:
    """A datagram with nothing wrong."""
    return ipv4(bed, udp())


CAUSES: dict[str, Cause] = {
    "socket buffer": Cause(everywhere("socket/SOCKET_RCVBUFF"), sent(good), full_socket),
    "closed port": Cause(everywhere("udp/NO_SOCKET"), sent(good)),
    "netfilter": Cause(
        everywhere("netfilter/NETFILTER_DROP", counters="ip/NOT_SPECIFIED"), sent(good), refuse_input
    ),
    "reverse path": Cause(
        everywhere("ip/IP_RPFILTER"),
        sent(lambda bed: ipv4(bed, udp(), source="198.51.100.7")),
        filter_reverse_paths,
    ),
    "IP checksum": Cause(everywhere("ip/IP_CSUM"), sent(lambda bed: ipv4(bed, udp(), wrong=1))),
    "UDP checksum": Cause(everywhere("udp/UDP_CSUM"), sent(lambda bed: ipv4(bed, udp(check=0x1234)))),
    "TCP checksum": Cause(
        everywhere("tcp/TCP_CSUM"), sent(lambda bed: ipv4(bed, tcp(0x1234), protocol=6))
    ),
    "another MAC address": Cause(everywhere("ip/OTHERHOST"), sent(good, mac="02:6b:62:76:77:77")),
    "unknown ethertype": Cause(
        everywhere("netif/UNHANDLED_PROTO", counters="link/rx_dropped", live=""),
        sent(lambda _: bytes(46), ethertype=0x88B5),
    ),
    "unknown protocol": Cause(
        everywhere("ip/IP_NOPROTO"), sent(lambda bed: ipv4(bed, bytes(20), protocol=253))
    ),
    "generic XDP": Cause(
        everywhere("xdp/NOT_SPECIFIED", counters=""),
        sent(good),
        lambda bed: xdp_drops(bed.b, attachment.XDP_FLAGS_SKB_MODE),
    ),
    "MTU": Cause(everywhere("ip/PKT_TOO_BIG"), sent(not_to_be_fragmented), forwards_to_a_narrow_link),
}
