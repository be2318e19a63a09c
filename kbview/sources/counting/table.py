"""The table of tracepoints that programs are attached to: its rows make all programs.

Counting has few rows, for each costs every packet some 20 ns. No row is a system call or a context
switch: the whole machine would pay. FATE is the row that tells drops alone. The rows of stories are
attached only while stories are told.
"""

from collections.abc import Callable

import msgspec

from kbview.sources.counting import count_programs, story_programs
from kbview.sources.counting.kernel_layout import KernelLayout
from kbview.sources.counting.map_descriptors import MapDescriptors

Build = Callable[[KernelLayout, MapDescriptors, int], bytes]


class ProgramRow(msgspec.Struct, frozen=True):
    """A tracepoint, and the function that makes its program for a number of arguments.

    `needed`: without it nothing can be counted; the others are left out where a kernel lacks them.
    """

    tracepoint: str
    build: Build
    needed: bool = False


COUNTS: tuple[ProgramRow, ...] = (
    ProgramRow("netif_receive_skb", count_programs.received, needed=True),
    ProgramRow("kfree_skb", count_programs.dropped, needed=True),
    ProgramRow("napi_poll", count_programs.polled),
    ProgramRow("softirq_exit", count_programs.softirq_left),
)
FATE: tuple[ProgramRow, ...] = (ProgramRow("kfree_skb", count_programs.dropped, needed=True),)
STORIES: tuple[ProgramRow, ...] = (
    ProgramRow("kfree_skb", story_programs.dropped),
    ProgramRow("consume_skb", story_programs.consumed),
    ProgramRow("sock_recv_length", story_programs.read),
    ProgramRow("sk_data_ready", story_programs.queued),
    ProgramRow("tcp_probe", story_programs.probed),
    ProgramRow("netif_receive_skb", story_programs.received),
    ProgramRow("netif_rx_entry", story_programs.first),
    ProgramRow("napi_gro_receive_entry", story_programs.first),
    ProgramRow("napi_gro_frags_entry", story_programs.first),
    ProgramRow("netif_receive_skb_entry", story_programs.first),
    ProgramRow("netif_receive_skb_list_entry", story_programs.first),
)
