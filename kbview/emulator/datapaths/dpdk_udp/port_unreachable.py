"""ICMP port unreachable: the answer to a datagram for a port that nobody has bound.

It quotes the IP header and the first 8 bytes of the datagram. At most 200 answers leave in a second.
RFC 792; RFC 1122, 4.1.3.1. FreeBSD: netinet/ip_icmp.c icmp_error(), icmplim, icmp_quotelen
"""

from collections.abc import Iterator

from kbview.emulator.application import Answers
from kbview.packet.frame import Flow, Frame, Protocol

ICMPLIM = 200  # net.inet.icmp.icmplim, answers in a second
_SECOND_PS = 10**12
_LENGTH = 14 + 20 + 8 + 20 + 8 + 4  # Ethernet, IP, ICMP, the quoted IP header and 8 bytes, FCS
_FLOWS_KNOWN = 65_536


class PortUnreachable:
    """Makes the answers of one stack; `packets` numbers them."""

    def __init__(self, packets: Iterator[int]) -> None:
        self._packets = packets
        self._answers = Answers()
        self._flows: dict[Flow, Flow] = {}
        self._since_ps = 0  # the second that is counted began here
        self._sent = 0

    def answer(self, frame: Frame, now_ps: int) -> Frame | None:
        """The answer to a datagram; None where the limit of this second is reached."""
        if now_ps - self._since_ps >= _SECOND_PS:
            self._since_ps, self._sent = now_ps, 0
        if self._sent >= ICMPLIM:
            return None
        self._sent += 1
        return Frame(now_ps, next(self._packets), _LENGTH, self._back(frame.flow))

    def _back(self, flow: Flow) -> Flow:
        icmp = self._flows.get(flow)
        if icmp is None:
            if len(self._flows) >= _FLOWS_KNOWN:
                self._flows.clear()
            back = self._answers.back(flow)
            icmp = self._flows[flow] = Flow(
                back.number,
                Protocol.ICMP,
                back.source,
                back.destination,
                0,
                0,
                back.source_mac,
                back.destination_mac,
                back.rss_hash,
            )
        return icmp
