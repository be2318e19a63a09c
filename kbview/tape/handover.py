"""Handover: the form in which a datapath gives packets to the application.

A stack removes and checks the headers of IP, UDP and TCP, finds the socket, orders and acknowledges.
Datapaths in FRAMES end at layer 2 and do none of it: their numbers do not contain that work.
"""

from typing import Final

from kbview.tape.vocabulary import Place

FRAMES: Final = frozenset({"af_packet", "af_xdp", "dpdk", "netmap", "psio"})
NOTICE: Final = "no IP, UDP, TCP: the application gets frames"
RECEIVERS: Final = frozenset({Place.APP, Place.WIRE, Place.OTHER})  # not layers of this host


def gives_frames(datapath: str) -> bool:
    """Whether the application of a datapath gets frames; `datapath` may have words after the name."""
    return datapath.partition(" ")[0] in FRAMES
