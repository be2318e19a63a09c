"""A sentence fits its context: it names no part that the packet's path does not have."""

import re
from collections.abc import Callable
from functools import cache

import pytest

from kbview.sources.trace.meaning.table import SOCKET_CALLS, STREAM_CALLS, WAITING_CALLS
from kbview.state.why import explain
from kbview.tape import events as ev
from kbview.tape.steps import STEPS, meaning_of
from kbview.tape.vocabulary import CopyKind, DropReason, Place
from tests.contracts.played import CASES, Case, played


def visited(case: Case) -> set[str]:
    return {station.name for station in played(case).stations if not station.bypassed}


def has(*stations: str) -> Callable[[Case], bool]:
    return lambda case: bool(visited(case) & set(stations))


def has_no(*stations: str) -> Callable[[Case], bool]:
    return lambda case: not visited(case) & set(stations)


def nowhere(_: Case) -> bool:
    return False


# What may be said only on paths for which the condition holds, with the source.
CLAIMS = [
    (r"\bsoftirqs?\b", has("softirq", "poll")),  # DPDK: the interrupt ends in vfio_msihandler()
    (r"leaves the work to a softirq", has("softirq")),  # netmap(4): the handler wakes poll()
    (r"slept in a read", nowhere),  # poll(), epoll_wait(), ioctl() and futex() sleep as well
    (r"before any task", nowhere),  # ksoftirqd is a task; local_bh_enable() is within one
    (r"At the tail of the interrupt", nowhere),  # one of three entries of handle_softirqs()
    (r"__xsk_rcv", nowhere),  # net/xdp/xsk.c xsk_rcv(): xsk_rcv_zc() without a copy
    (r"kfree_skb", has("skb", "softirq", "IP", "send")),  # include/linux/skbuff.h: frees an sk_buff
    (r"eventfd", has("epoll")),
    (r"sk_buff", has("skb", "softirq", "IP", "send", "copy")),
    (r"polls take the rest", nowhere),  # all arrivals were divided by the interrupts
    (r"up to 32 frames", nowhere),  # mTCP takes 64
    (r"the next frame finds it warm", nowhere),  # the NIC fills the buffer a ring later, by DMA
    (r"netmap_|NIOC", has("sync")),  # sys/dev/netmap/netmap.c
    (r"packet_poll|handed over", has("block", "events")),  # net/packet/af_packet.c
    (r"xsk_poll|xsk_sendmsg", has("umem")),  # net/xdp/xsk.c
    (r"ps_ioctl", has("copy")),  # PacketShader's io_engine
    (r"SIOCSCREEN", has("screend")),  # screend(8)
    # mTCP and UDP sockets in user space have queues and handlers of their own: mtcp/src, runtime/net
    (r"sk_(receive|write)_queue|inet_csk_|sock_wfree", has_no("TCP thread", "port queue")),
    (r"tcp_set_state", has_no("TCP thread")),
    (r"stack and address space are", nowhere),  # switch_mm_irqs_off(): threads share it
    (r"The (port finds|connection processes)", has_no("no socket")),  # __inet_lookup_skb() finds none
    (r"polls if busy", nowhere),  # netmap_rx_irq() is called under load as well
    (r"handler wakes the thread", has_no("softirq")),  # on Linux the driver's poll does
    (r"on received packets,", nowhere),  # net_rx_action() polls for completions, too
    (r"polling ends and the vector is unmasked", nowhere),  # napi_defer_hard_irqs
]


@cache
def said(case: Case) -> frozenset[str]:
    """Every function and sentence for an event or step of the case, as a screen shows them."""
    stations, _, records = played(case)
    texts: set[str] = set()
    for event in records:
        if isinstance(event, (ev.DatapathStarted, ev.SourceEnded)):
            continue
        if not hasattr(event, "level"):
            continue
        texts.update(meaning_of(event, stations))
        texts.add(explain(event).text)
    return frozenset(texts)


@pytest.mark.parametrize("case", CASES, ids=str)
def test_no_sentence_names_a_part_that_the_path_does_not_have(case: Case) -> None:
    wrong = [
        (pattern, text)
        for pattern, fits in CLAIMS
        if not fits(case)
        for text in said(case)
        if re.search(pattern, text)
    ]
    assert wrong == []


@pytest.mark.parametrize("kind", [kind for kind in CopyKind if kind is not CopyKind.TO_USER])
def test_only_a_copy_to_the_application_ends_in_its_memory(kind: CopyKind) -> None:
    meaning = meaning_of(ev.Copied(0, 0, 0, kind, 64))
    assert "copy_to_user" not in meaning.function
    assert "into the application's memory" not in meaning.why


def test_a_drop_frees_an_sk_buff_only_where_there_is_one() -> None:
    stations = played(Case("paced-udp", "kernel")).stations
    reason = DropReason.SOCKET_RCVBUFF
    dropped = ev.PacketDropped(0, 0, 0, Place.SOCKET, reason, 64)
    assert meaning_of(dropped, stations).function == "kfree_skb_reason()"
    at_nic = ev.PacketDropped(0, ev.NO_CPU, 0, Place.NIC, DropReason.FCS, 64)
    assert meaning_of(at_nic, stations).function == ""


def test_a_switch_to_idle_changes_no_address_space() -> None:
    """kernel/sched/core.c context_switch(): enter_lazy_tlb() for a task without an mm."""
    to_idle = meaning_of(ev.ContextSwitched(0, 0, "idle"))
    assert "address space" not in to_idle.why
    assert "switches no mode" in to_idle.why
    assert meaning_of(ev.ContextSwitched(0, 0, "sink")).why != to_idle.why


# Of a call: words that its sentence must have, by the path, for two readers of one name to differ.
CALLS_SAY = {
    ("epoll_wait", "kernel"): "Which of many sockets are ready",
    ("recvmmsg", "kernel"): "many datagrams with a single call",
    ("read", "kernel-irq"): "waiting data",
    ("ioctl", "kernel-irq"): "verdict",
    ("poll", "af_packet"): "block",
    ("poll", "netmap"): "syncs the rings",
    ("poll", "af_xdp"): "rx ring is empty",
    ("sendto", "af_xdp"): "no data goes in",
    ("sendto", "kernel"): "data goes into the kernel",
    ("ioctl", "netmap"): "slots that were filled",
    ("ioctl", "psio"): "chunk",
    ("epoll_wait", "dpdk"): "eventfd",
    ("futex", "mtcp"): "word of memory",
}


def calls(case: Case) -> dict[str, str]:
    """The sentence of each system call of a case, by its name."""
    stations, _, records = played(case)
    entered = [one for one in records if isinstance(one, ev.SyscallEntered)]
    return {one.name: meaning_of(one, stations).why for one in entered}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_system_call_s_sentence_says_what_that_call_does(case: Case) -> None:
    for name, why in calls(case).items():
        assert why != ev.SyscallEntered.meaning.why, f"{name} has no sentence of its own"
        assert CALLS_SAY.get((name, case.datapath), "") in why


def test_every_call_with_two_meanings_is_played() -> None:
    found = {(name, case.datapath) for case in CASES for name in calls(case)}
    assert CALLS_SAY.keys() <= found


@pytest.mark.parametrize("name", [*SOCKET_CALLS, *WAITING_CALLS, *STREAM_CALLS])
def test_every_traced_call_has_a_sentence(name: str) -> None:
    meaning = meaning_of(ev.SyscallEntered(0, 0, name))
    assert meaning.function
    assert meaning.why != ev.SyscallEntered.meaning.why


@pytest.mark.parametrize(
    ("step", "words"),
    [
        # skb_attempt_defer_free(), net/core/skbuff.c: freed where it was allocated, from another core
        ("skb_free", "core that allocated it may be another"),
        # Soares and Stumm, FlexSC, OSDI 2010: system calls evict the caller's lines
        ("syscall_exit", "displaced"),
        ("cache_pollution", "evict each other's cache lines"),
        ("udp_rcv", "The NIC has summed"),  # CHECKSUM_COMPLETE, CHECKSUM_UNNECESSARY
        ("tcp_v4_rcv", "The NIC has summed"),
        ("ip_rcv", "by the CPU"),  # ip_fast_csum()
        ("udp_send_skb", "the NIC will fill the checksum in"),  # CHECKSUM_PARTIAL
        ("tcp_transmit_skb", "the NIC fills the checksum in"),
    ],
)
def test_costs_that_no_table_shows_are_said_where_the_packet_passes(step: str, words: str) -> None:
    assert words in STEPS[step].why
