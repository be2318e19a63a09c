"""Handover: the form in which a datapath gives packets to the application.

A stack removes and checks the headers of IP, UDP and TCP, finds the socket, orders and acknowledges.
Datapaths in FRAMES end at layer 2 and do none of it: their numbers do not contain that work. AF_PACKET
is between them: __netif_receive_skb_core() (net/core/dev.c) gives the tap a reference and takes the
same sk_buff up to ip_rcv(), so its numbers contain IP and UDP although its application gets frames.
"""

from collections.abc import Iterable
from typing import Final

from kbview.tape.vocabulary import Place

FRAMES: Final = frozenset({"af_packet", "af_xdp", "dpdk", "netmap", "psio"})
TAPS: Final = frozenset({"af_packet"})  # the stack handles each packet beside them
NOTICE: Final = "no IP, UDP, TCP: the application gets frames"
SENDING_NOTICE: Final = "no IP, UDP, TCP: the application writes frames"
TAP_NOTICE: Final = "the application gets frames; IP and UDP run beside it, and find no socket"
MARKS: Final = {
    "*": f"* {NOTICE}; numbers are for less work than a stack's",
    "+": f"+ {TAP_NOTICE}",
}
RECEIVERS: Final = frozenset({Place.APP, Place.WIRE, Place.OTHER})  # not layers of this host


def gives_frames(datapath: str) -> bool:
    """Whether the application of a datapath gets frames; `datapath` may have words after the name."""
    return datapath.partition(" ")[0] in FRAMES


def does_less(datapath: str) -> bool:
    """Whether nobody does a stack's work on a datapath: its numbers are for less work."""
    return gives_frames(datapath) and datapath.partition(" ")[0] not in TAPS


def mark(datapath: str) -> str:
    """ "*" at less work than a stack's, "+" where a stack works beside, "" at a stack."""
    return "*" if does_less(datapath) else "+" if gives_frames(datapath) else ""


def marked_notices(datapaths: Iterable[str]) -> list[str]:
    """The meaning of each mark that one of the datapaths has; empty if all are stacks."""
    marks = {mark(datapath) for datapath in datapaths}
    return [meaning for sign, meaning in MARKS.items() if sign in marks]


def notice(datapath: str, *, sends: bool = False) -> str:
    """A line on the form in which the application gets packets; "" where it is payload."""
    if not gives_frames(datapath):
        return ""
    if sends:
        return SENDING_NOTICE
    return NOTICE if does_less(datapath) else TAP_NOTICE
