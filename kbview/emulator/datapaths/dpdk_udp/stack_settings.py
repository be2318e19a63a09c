"""The keys of a UDP stack in user space, and how many mbufs it may hold beside its rings.

Stacks of this kind differ in a few places, and each difference is a key:

    key             Catnip (Demikernel)   Caladan         F-Stack
    udp_copy        false                 true            true
    udp_checksum    cpu, or nic           nic             nic
    udp_queue       no bound              512 datagrams   42,080 bytes
    udp_closed      drop                  drop            icmp
    udp_fragments   drop                  drop            reassemble

The defaults are Caladan's.
Catnip: inetstack/protocols/layer4/udp/peer.rs, layer3/ipv4/header.rs
Caladan: runtime/net/udp.c UDP_IN_DEFAULT_CAP, core.c ip_hdr_supported(), transport.c net_rx_trans()
F-Stack: freebsd/netinet/udp_usrreq.c udp_input(), udp_recvspace; ip_reass.c
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.bypass.mempool import MempoolSettings, pool_size
from kbview.emulator.hardware.memory import MBUF
from kbview.emulator.keys import MOST, Keys, meaning, number
from kbview.emulator.protocol.reassembly import Limits

FRAGMENTS = 2 * (Limits().high_thresh // MBUF + 1)  # that an lcore may hold, of IPv4 and of IPv6

COPIED_SEND = ("mbuf_alloc", "user_send", "user_copy_in")  # the steps of sendto() with a copy


@dataclass(frozen=True, kw_only=True)
class UdpStackSettings(Keys):
    """UDP sockets over DPDK."""

    udp_copy: Annotated[
        bool,
        meaning(
            "whether recvfrom() and sendto() of dpdk-udp copy the payload; false hands the mbuf over"
        ),
    ] = True
    udp_checksum: Annotated[
        Literal["nic", "cpu"],
        meaning("where dpdk-udp verifies the checksum of a datagram: the NIC's offload, or a core"),
    ] = "nic"
    udp_queue: Annotated[
        int,
        number(
            "datagrams that a socket of dpdk-udp queues for each lcore", "datagrams", ge=1, le=65_536
        ),
    ] = 512
    udp_turn: Annotated[
        int,
        number(
            "datagrams that the application of dpdk-udp takes after each rx_burst",
            "datagrams",
            ge=1,
            le=MOST,
        ),
    ] = 32
    udp_closed: Annotated[
        Literal["drop", "icmp"],
        meaning("answer of dpdk-udp to a datagram for a closed port: none, or ICMP port unreachable"),
    ] = "drop"
    udp_fragments: Annotated[
        Literal["drop", "reassemble"], meaning("what dpdk-udp does with IP fragments")
    ] = "drop"


def stack_pool_size(pool: MempoolSettings, stack: UdpStackSettings, *, sending: bool) -> int:
    """The mbufs of the pool: rings, caches, receive queues, and fragments that wait.

    Raises ScenarioError if `mempool_size` is too small for them.
    """
    lcores = pool.queue_cores
    waiting = FRAGMENTS * lcores if stack.udp_fragments == "reassemble" else 0
    return pool_size(pool, sending=sending, queued=stack.udp_queue * lcores, waiting=waiting)


def generated(stack: UdpStackSettings) -> tuple[str, ...]:
    """The steps of an application that sends datagrams of its own."""
    return ("app_work", *(COPIED_SEND if stack.udp_copy else ("mbuf_alloc", "user_send")))
