"""Receive offloads: GRO, and the checksums of UDP and TCP by the NIC or by a core.

    rx_checksum   skb->ip_summed                            summed by
    nic           CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY   the NIC; the kernel compares, or trusts it
    cpu           CHECKSUM_NONE                             a core: each byte of the packet

With `cpu` and GRO, the softirq sums each packet in dev_gro_receive(). Without GRO, TCP sums in the
softirq. UDP sums there up to CHECKSUM_BREAK bytes; recvmsg() sums a longer datagram while it copies.
A packet with a wrong checksum is refused in the softirq, and its sum has no price.
Linux: Documentation/networking/checksum-offloads.rst; include/linux/skbuff.h
__skb_checksum_validate_complete(); net/ipv4/udp_offload.c udp4_gro_receive(), but from 5.0 to 5.11 it
leaves plain UDP to the layers above; net/ipv4/udp.c udp_recvmsg()
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from kbview.emulator.keys import Keys, meaning
from kbview.packet.frame import Combined, Frame, Merged, Protocol

_UDP = Protocol.UDP
UDP_HEADER = 8
CHECKSUM_BREAK = 76  # bytes, with UDP's header


@dataclass(frozen=True, kw_only=True)
class OffloadSettings(Keys):
    """Offloads of reception, ethtool -K gro and rx."""

    gro: Annotated[bool, meaning("whether the driver's poll merges TCP segments of a flow")] = True
    udp_gro: Annotated[
        bool, meaning("whether it merges UDP datagrams as well (socket option UDP_GRO)")
    ] = False
    rx_checksum: Annotated[
        Literal["nic", "cpu"],
        meaning(
            "the sum of a UDP or TCP packet on datapath kernel: the NIC's, or a core's (CHECKSUM_NONE)"
        ),
    ] = "nic"


def summed_above_gro(settings: OffloadSettings) -> bool:
    """Whether the layers above GRO have to sum each packet."""
    return settings.rx_checksum == "cpu" and not settings.gro


def summed_while_copied(frame: Frame, *, gro: bool) -> bool:
    """Whether recvmsg() sums a UDP datagram: neither GRO nor udp_rcv() did.

    GRO does not look at fragments, so the read sums a datagram of several.
    """
    if frame.flow.protocol is not _UDP or UDP_HEADER + frame.payload <= CHECKSUM_BREAK:
        return False
    inner = frame.inner
    return not gro or (isinstance(inner, Combined) and not isinstance(inner, Merged))
