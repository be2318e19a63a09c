"""What the records of a kernel mean: each packet is followed from its first tracepoint to its last."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from kbview.sources.trace.meaning.interpreter import Interpreter
from kbview.sources.trace.meaning.machine_state import WatchedInterface
from kbview.sources.trace.meaning.record import LOST, TraceRecord
from kbview.sources.trace.meaning.stations import stations
from kbview.sources.trace.meaning.table import BY_NAME, TRACEPOINTS
from kbview.tape import events as ev
from kbview.tape.detail import Detail
from kbview.tape.event import NO_LATENCY
from kbview.tape.steps import UNKNOWN, meaning_of
from tests.sources.trace.meaning.scenes import READER, SOFTIRQ, Trace, names, of

DOCUMENTATION = Path(__file__).parents[4] / "docs" / "tracing.md"
A, B, C = 0xAAA0, 0xBBB0, 0xCCC0  # sk_buffs
SOCK = 0x5000


def delivered(events: list[ev.Event]) -> list[tuple[int, str]]:
    return [(event.packet, event.where) for event in events if isinstance(event, ev.PacketDelivered)]


def dropped(events: list[ev.Event]) -> list[tuple[int, str, str]]:
    return [
        (event.packet, event.where, event.reason)
        for event in events
        if isinstance(event, ev.PacketDropped)
    ]


def datagram(trace: Trace, skb: int = A, length: int = 128) -> Trace:
    """Arrives while the reader sleeps, and is queued and announced."""
    trace.arrive(skb, length).begin_softirq().climb(skb, length).ready(SOCK)
    trace.say("sched_waking", comm="reader", pid=READER)
    return trace.poll().end_softirq()


def call(trace: Trace, length: int) -> Trace:
    trace.say("sys_enter_recvfrom", fd=3).read(SOCK, length)
    return trace.say("sys_exit_recvfrom", ret=length)


# ---- every row of the table ------------------------------------------------------------------------


def test_every_tracepoint_of_the_table_is_understood_and_no_other() -> None:
    handled = Interpreter(WatchedInterface("x"), lambda ns: ns).handlers.keys() - {LOST}
    assert handled == BY_NAME.keys()
    assert len(BY_NAME) == len(TRACEPOINTS)
    for point in TRACEPOINTS:
        assert set(point.named) <= set(point.fields)
        assert set(point.tells) <= {*ev.MILESTONES, *ev.STEPS}


def test_the_documentation_has_every_tracepoint() -> None:
    text = DOCUMENTATION.read_text(encoding="utf-8")
    words = set(re.findall(r"\w+", text))
    for point in TRACEPOINTS:
        assert re.sub(r"^sys_(enter|exit)_", "", point.name) in words, point.name


@pytest.mark.parametrize("physical", [True, False])
def test_every_step_at_the_stations_has_a_meaning_and_every_event_exists(physical: bool) -> None:
    for station in stations(physical=physical):
        assert station.steps
        for step in station.steps:
            if step[0].islower():
                assert meaning_of(ev.StepTaken(0, 0, 0, step, 1, ev.Account.SOFTIRQ)) is not UNKNOWN
            else:
                assert hasattr(ev, step)


# ---- a datagram's way ------------------------------------------------------------------------------


def test_a_datagram_s_whole_way() -> None:
    trace = datagram(Trace()).switch(READER)
    events = call(trace, 100).tell()
    milestones = [name for name in names(events) if name != "StepTaken"]
    assert milestones == [
        "FrameArrived",
        "SkbAllocated",
        "SoftirqEntered",
        "SocketQueued",
        "TaskWoken",
        "NapiPolled",
        "SoftirqExited",
        "ContextSwitched",
        "SyscallEntered",
        "ModeSwitched",
        "SocketDequeued",
        "Copied",
        "SkbFreed",
        "ModeSwitched",
        "PacketDelivered",
    ]
    (end,) = of(events, ev.PacketDelivered)
    (begin,) = of(events, ev.FrameArrived)
    assert end.latency_ps == end.time_ps - begin.time_ps
    assert begin.length == 128 + 14
    assert all(a.time_ps <= b.time_ps for a, b in pairwise(events))


def test_the_steps_of_a_core_follow_each_other_and_are_all_of_its_busy_time() -> None:
    trace = datagram(Trace()).switch(READER)
    events = call(trace, 100).tell()
    steps = of(events, ev.StepTaken)
    assert [step.step for step in steps] == [
        "softirq_dispatch",
        "protocol_stack",
        "sk_data_ready",
        "net_rx_action",
        "recvfrom",
    ]
    assert all(a.time_ps + a.duration_ps <= b.time_ps for a, b in pairwise(steps))
    (core,) = trace.interpreter.meters().cores
    assert sum(core.of(account) for account in ev.Account) == trace.now_ns * 1000
    assert core.softirq_ps == sum(step.duration_ps for step in steps[:4])
    assert core.syscall_ps == steps[4].duration_ps


def test_a_step_that_was_interrupted_is_told_in_pieces_that_do_not_overlap() -> None:
    trace = Trace().switch(READER)
    trace.interpreter.watch(READER, "reader")
    datagram(trace.say("sys_enter_sendto", fd=3)).say("sys_exit_sendto", ret=100)
    steps = [step.step for step in of(trace.tell(), ev.StepTaken)]
    assert steps == [
        "sendto",
        "softirq_dispatch",
        "protocol_stack",
        "sk_data_ready",
        "net_rx_action",
        "sendto_resumed",
    ]


def test_a_read_takes_the_oldest_and_the_meters_agree() -> None:
    trace = Trace()
    for skb in (A, B, C):
        datagram(trace, skb)
    trace.switch(READER)
    call(trace, 100)
    assert delivered(trace.tell()) == [(0, "app")]
    meters = trace.interpreter.meters()
    assert (meters.arrived, meters.delivered, meters.in_flight) == (3, 1, 2)
    (socket,) = meters.sockets.values()
    assert (socket.queued, socket.packets, socket.received) == (2 * 832, 2, 3)
    assert meters.conserved()


def test_a_peek_takes_nothing_and_a_datagram_of_before_is_not_ours() -> None:
    trace = datagram(Trace()).switch(READER)
    trace.read(SOCK, 100, flags=2).read(SOCK, 2000)  # longer than what waits: it was there before
    assert delivered(trace.tell()) == []
    call(trace, 100)
    assert delivered(trace.tell()) == [(0, "app")]


def test_without_system_calls_in_the_trace_a_read_is_the_delivery() -> None:
    trace = datagram(Trace()).switch(READER).read(SOCK, 100)
    assert delivered(trace.tell()) == [(0, "app")]


def test_a_task_already_in_its_call_when_we_came_leaves_it_with_what_it_read() -> None:
    trace = Trace().switch(READER)
    trace.say("sys_enter_read", fd=9).say("sys_exit_read", ret=1).switch(0)
    events = datagram(trace).switch(READER).read(SOCK, 100).say("sys_exit_recvfrom", ret=100).tell()
    assert names(events)[-2:] == ["ModeSwitched", "PacketDelivered"]


def test_a_reader_s_sk_buff_may_be_freed_by_another_core_before_the_read_is_told() -> None:
    trace = datagram(Trace())
    trace.interpreter.expect(TRACEPOINTS)
    trace.switch(READER).say("sys_enter_recvfrom", fd=3)
    trace.say("consume_skb", skbaddr=A, location="skb_defer_free_flush")
    assert delivered(trace.tell()) == []
    trace.read(SOCK, 100).say("sys_exit_recvfrom", ret=100)
    events = trace.tell()
    assert delivered(events) == [(0, "app")]
    assert len(of(events, ev.Copied)) == len(of(events, ev.SkbFreed)) == 1
    assert delivered(trace.wait(30).tell()) == []


def test_a_kernel_that_tells_no_reads_tells_them_by_what_they_free() -> None:
    trace = datagram(Trace()).say("consume_skb", skbaddr=A, location="skb_consume_udp")
    assert delivered(trace.tell()) == [(0, "app")]


# ---- other ends ------------------------------------------------------------------------------------

# what ends the packet, its fields, where and why
ENDS: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    ("kfree_skb", {"reason": "NO_SOCKET", "location": "__udp4_lib_rcv+0x1/0x2"}, ("udp", "NO_SOCKET")),
    ("kfree_skb", {"reason": "NO_SOCKET", "location": "tcp_v4_rcv"}, ("tcp", "NO_SOCKET")),
    ("kfree_skb", {"reason": "SOCKET_RCVBUFF", "location": "x"}, ("socket", "SOCKET_RCVBUFF")),
    ("kfree_skb", {"reason": "UDP_CSUM", "location": "x"}, ("udp", "UDP_CSUM")),
    ("kfree_skb", {"reason": "IP_INHDR", "location": "x"}, ("ip", "IP_INHDR")),
    ("kfree_skb", {"reason": "CPU_BACKLOG", "location": "x"}, ("backlog", "CPU_BACKLOG")),
    ("kfree_skb", {}, ("ip", "NOT_SPECIFIED")),
    ("consume_skb", {"location": "arp_process+0x341/0x9f0"}, ("arp", "")),
    ("consume_skb", {"location": "icmp_rcv"}, ("icmp", "")),
    ("consume_skb", {"location": "tcp_rcv_state_process"}, ("tcp", "")),
    ("consume_skb", {"location": "somewhere_else"}, ("ip", "")),
]


@pytest.mark.parametrize(("point", "fields", "end"), ENDS)
def test_ends_by_the_function_and_reason(
    point: str, fields: dict[str, Any], end: tuple[str, str]
) -> None:
    trace = Trace().arrive(A).begin_softirq().climb(A).say(point, skbaddr=A, **fields)
    events = trace.poll().end_softirq().tell()
    if end[1]:
        assert dropped(events) == [(0, *end)]
    else:
        assert delivered(events) == [(0, end[0])]
    assert len(of(events, ev.SkbFreed)) == 1
    assert trace.interpreter.meters().conserved()


def test_a_full_socket_tells_its_limit_with_the_drop() -> None:
    trace = datagram(Trace())
    trace.arrive(B).begin_softirq().climb(B)
    trace.say("sock_rcvqueue_full", rmem_alloc=4000, sk_rcvbuf=4096)
    trace.say("kfree_skb", skbaddr=B, rx_sk=SOCK, reason="SOCKET_RCVBUFF").poll().end_softirq().tell()
    (socket,) = trace.interpreter.meters().sockets.values()
    assert (socket.drops, socket.rcvbuf) == (1, 4096)


def everything_told() -> Trace:
    """A trace in which each tracepoint of the table is recorded."""
    trace = Trace()
    trace.interpreter.expect(TRACEPOINTS)
    return trace


def unseen(events: list[ev.Event]) -> list[int]:
    return [event.packet for event in of(events, ev.EndUnseen)]


def test_an_end_that_nobody_tells_is_believed_after_a_while() -> None:
    trace = everything_told().arrive(A).begin_softirq().climb(A).poll().end_softirq()
    assert delivered(trace.tell()) == []
    assert delivered(trace.wait(30).tell()) == [(0, "ip")]
    assert trace.interpreter.meters().in_flight == 0


def test_or_as_soon_as_its_sk_buff_is_another_s() -> None:
    trace = everything_told().arrive(A).begin_softirq().climb(A).poll().end_softirq().arrive(A)
    assert delivered(trace.tell()) == [(0, "ip")]


# the tracepoints that are recorded; in each case the end of a datagram may have been told by another
TOO_FEW = [
    {"netif_receive_skb", "napi_poll"},
    {"kfree_skb", "sk_data_ready"},
    {"consume_skb", "kfree_skb"},
    {"consume_skb", "sk_data_ready", "sock_recv_length"},
]


@pytest.mark.parametrize("names_recorded", TOO_FEW, ids=lambda names: "+".join(sorted(names)))
def test_an_end_that_was_not_recorded_is_unseen_and_no_delivery(names_recorded: set[str]) -> None:
    for again in (True, False):  # its address comes again, or nothing comes
        trace = Trace()
        trace.interpreter.expect(BY_NAME[name] for name in names_recorded)
        trace.arrive(A).begin_softirq().climb(A).poll().end_softirq()
        if again:
            trace.arrive(A)
        events = trace.wait(30).tell()
        assert (delivered(events), dropped(events), unseen(events)) == ([], [], [0])
        meters = trace.interpreter.meters()
        assert (meters.unseen, meters.latency.total) == (1, 0)
        assert meters.conserved()


def test_an_address_that_comes_again_before_the_layers_had_the_packet_tells_no_end() -> None:
    """With RPS another core takes the packet up; where its records are missing, so is the end."""
    trace = everything_told().arrive(A).arrive(A)
    events = trace.tell()
    assert (delivered(events), unseen(events)) == ([], [0])


def test_a_return_that_is_missing_delivers_what_was_read_without_a_latency() -> None:
    trace = datagram(everything_told()).switch(READER)
    trace.say("sys_enter_recvfrom", fd=3).read(SOCK, 100)
    events = trace.wait(50).say("sys_enter_recvfrom", fd=3).tell()
    (end,) = of(events, ev.PacketDelivered)
    assert (end.where, end.latency_ps) == ("app", NO_LATENCY)
    assert trace.interpreter.meters().latency.total == 0


def test_a_poll_of_linux_before_4_8_ends_without_its_work() -> None:
    trace = Trace().arrive(A).begin_softirq().climb(A)
    events = trace.say("napi_poll", napi=1, dev_name="(no_device)").end_softirq().tell()
    assert of(events, ev.NapiPolled) == []
    assert trace.interpreter.malformed == 0


def test_a_packet_of_another_interface_is_nobody_s_here() -> None:
    trace = Trace().arrive(A).begin_softirq().climb(A)
    trace.say("netif_receive_skb", skbaddr=B, name="other", len=50).ready(SOCK)  # of B
    events = trace.poll(2).end_softirq().tell()
    assert of(events, ev.SocketQueued) == []


def test_a_softirq_of_another_interface_is_not_told_but_its_time_is_booked() -> None:
    trace = Trace().begin_softirq()
    trace.say("netif_receive_skb", skbaddr=B, name="other", len=50).poll().end_softirq()
    assert trace.tell() == []
    assert trace.interpreter.meters().cores[0].softirq_ps == 3_000_000


# ---- TCP -------------------------------------------------------------------------------------------


def segment(trace: Trace, skb: int, payload: int, port: int = 80) -> Trace:
    trace.arrive(skb, 52 + payload).begin_softirq().climb(skb, 52 + payload)
    trace.say("tcp_probe", skbaddr=skb, skaddr=SOCK, data_len=payload, sport=port, daddr="10.0.0.1:99")
    if payload:
        trace.ready(SOCK, 6)
    return trace.poll().end_softirq()


def test_an_acknowledgement_ends_in_tcp() -> None:
    assert delivered(segment(Trace(), A, 0).tell()) == [(0, "tcp")]


def test_segments_are_read_byte_by_byte_even_when_their_sk_buffs_were_joined() -> None:
    trace = Trace()
    segment(trace, A, 100)
    segment(trace, B, 100)  # joined to A's: its address is free, and comes again
    segment(trace, B, 100)
    assert delivered(trace.tell()) == []
    trace.switch(READER).say("sys_enter_read", fd=4)
    trace.say("skb_copy_datagram_iovec", skbaddr=A, len=150).say("sys_exit_read", ret=150)
    assert delivered(trace.tell()) == [(0, "app")]
    trace.say("sys_enter_read", fd=4).say("skb_copy_datagram_iovec", skbaddr=B, len=150)
    trace.say("sys_exit_read", ret=150)
    assert delivered(trace.tell()) == [(1, "app"), (2, "app")]
    (socket,) = trace.interpreter.meters().sockets.values()
    assert (socket.name, socket.queued) == ("tcp :80 < 10.0.0.1:99", 0)


def test_a_segment_whose_sk_buff_became_an_acknowledgement_still_waits_to_be_read() -> None:
    trace = Trace()
    segment(trace, A, 100)
    segment(trace, B, 100)
    trace.say("consume_skb", skbaddr=B, location="__free_old_xmit")
    assert delivered(trace.wait(30).tell()) == []
    trace.switch(READER).say("skb_copy_datagram_iovec", skbaddr=A, len=200)
    assert delivered(trace.tell()) == [(0, "app"), (1, "app")]


def test_a_segment_that_waited_for_the_socket_s_lock_is_followed_into_the_call() -> None:
    trace = Trace().switch(READER).say("sys_enter_sendto", fd=4)
    trace.arrive(A, 152).begin_softirq().climb(A, 152).poll().end_softirq()
    trace.say("tcp_probe", skbaddr=A, skaddr=SOCK, data_len=100, sport=80, daddr="").ready(SOCK, 6)
    events = trace.say("sys_exit_sendto", ret=5).wait(30).tell()
    assert len(of(events, ev.SocketQueued)) == 1
    assert delivered(events) == []


def test_out_of_order_data_waits_in_the_same_queue() -> None:
    trace = Trace().arrive(A, 152).begin_softirq().climb(A, 152)
    trace.say("tcp_probe", skbaddr=A, skaddr=SOCK, data_len=100, sport=80, daddr="")
    assert len(of(trace.poll().end_softirq().tell(), ev.SocketQueued)) == 1


def test_a_handshake_ends_in_tcp_and_tells_the_states() -> None:
    trace = Trace().arrive(A, 52).begin_softirq().climb(A, 52)
    state = {"skaddr": SOCK, "sport": 80, "dport": 99, "family": 2, "daddr": b"\n\0\0\1"}
    trace.say("inet_sock_set_state", oldstate="TCP_LISTEN", newstate="TCP_SYN_RECV", **state)
    trace.say("inet_sock_set_state", oldstate="TCP_SYN_RECV", newstate="TCP_ESTABLISHED", **state)
    events = trace.ready(0x6000, 6).poll().end_softirq().tell()  # the listener has something to accept
    assert delivered(events) == [(0, "tcp")]
    changes = of(events, ev.TcpStateChanged)
    assert [(each.before, each.after) for each in changes] == [
        ("LISTEN", "SYN_RECV"),
        ("SYN_RECV", "ESTABLISHED"),
    ]
    assert changes[0].socket == "tcp :80 < 10.0.0.1:99"


def test_a_fin_that_waits_for_its_socket_s_end_was_taken_in_not_lost() -> None:
    trace = Trace().arrive(A, 52).begin_softirq().climb(A, 52)
    trace.say("kfree_skb", skbaddr=A, reason="QUEUE_PURGE", location="tcp_v4_destroy_sock")
    assert delivered(trace.poll().end_softirq().tell()) == [(0, "tcp")]


def test_an_unread_datagram_is_lost_when_its_socket_is_closed() -> None:
    trace = datagram(Trace()).say("kfree_skb", skbaddr=A, reason="QUEUE_PURGE", location="x")
    assert dropped(trace.tell()) == [(0, "socket", "QUEUE_PURGE")]


# ---- interrupts and GRO ----------------------------------------------------------------------------


def test_an_interrupt_is_told_with_its_queue_and_unmasked_after_the_last_poll() -> None:
    trace = Trace(WatchedInterface("veth0", vectors={38: 2}))
    trace.flags = 8
    trace.say("irq_handler_entry", irq=38).say("softirq_raise", vec=3).say("irq_handler_exit", irq=38)
    trace.begin_softirq().say("napi_poll", napi=1, dev_name="veth0", work=64, budget=64)
    trace.say("napi_poll", napi=1, dev_name="veth0", work=3, budget=64).end_softirq()
    events = trace.tell()
    assert [event.queue for event in of(events, ev.IrqRaised)] == [2]
    assert [event.by for event in of(events, ev.SoftirqEntered)] == ["irq_exit"]
    polls = names([each for each in events if isinstance(each, (ev.NapiPolled, ev.IrqUnmasked))])
    assert polls == ["NapiPolled", "NapiPolled", "IrqUnmasked"]
    assert trace.interpreter.meters().stages["hardirq"].total_ps == 2_000_000


def test_a_run_whose_budget_is_used_up_with_work_left_is_squeezed() -> None:
    for work, squeezed in ((300, True), (64, False)):
        trace = Trace(WatchedInterface("veth0", vectors={38: 0}))
        trace.begin_softirq().say("napi_poll", napi=1, dev_name="veth0", work=work, budget=64)
        trace.say("softirq_raise", vec=3)
        (left,) = of(trace.end_softirq().tell(), ev.SoftirqExited)
        assert left.squeezed is squeezed


def test_merged_segments_share_the_end_of_the_one_that_took_them_in() -> None:
    trace = Trace().begin_softirq()
    for skb, result in ((A, 2), (B, 1), (C, 0)):
        trace.say("napi_gro_receive_entry", skbaddr=skb, name="veth0", len=1500, truesize=2304)
        trace.say("napi_gro_receive_exit", ret=result)
    trace.climb(A, 1500).say("tcp_probe", skbaddr=A, skaddr=SOCK, data_len=4344, sport=80, daddr="")
    events = trace.ready(SOCK, 6).poll(3).end_softirq().tell()
    assert [(each.packet, each.into) for each in of(events, ev.PacketMerged)] == [(1, 0), (2, 0)]
    trace.switch(READER).say("skb_copy_datagram_iovec", skbaddr=A, len=4344)
    assert delivered(trace.tell()) == [(0, "app"), (1, "app"), (2, "app")]
    meters = trace.interpreter.meters()
    assert (meters.arrived, meters.delivered, meters.in_flight) == (3, 3, 0)
    assert meters.allocations == meters.frees == 3


def test_ksoftirqd_is_told_apart() -> None:
    trace = Trace().switch(9, "ksoftirqd/0").arrive(A).begin_softirq().climb(A)
    events = trace.poll().end_softirq().tell()
    assert [event.by for event in of(events, ev.SoftirqEntered)] == ["ksoftirqd"]
    assert trace.interpreter.meters().cores[0].ksoftirqd_ps > 0


# ---- sending ---------------------------------------------------------------------------------------


def test_a_loopback_sends_a_packet_and_then_receives_one() -> None:
    trace = Trace(WatchedInterface("lo")).switch(READER)
    trace.say("net_dev_start_xmit", skbaddr=A, name="lo", queue_mapping=0)
    trace.say("netif_rx_entry", skbaddr=A, name="lo", len=100, truesize=832)
    events = trace.say("net_dev_xmit", skbaddr=A, name="lo", len=114, rc=0).tell()
    (sent,), (arrived,) = of(events, ev.FrameSent), of(events, ev.FrameArrived)
    assert (sent.packet, sent.length) == (0, 100)  # loopback_xmit() counts no Ethernet header
    assert (arrived.packet, arrived.length) == (1, 100)
    assert sent.time_ps < arrived.time_ps


def test_a_sender_is_watched_from_its_frame_on_where_only_calls_of_watched_tasks_are_recorded() -> None:
    """A frame that leaves in a softirq (TCP's timers, answers) is nobody's."""
    for flags, watched in ((0, True), (SOFTIRQ, False)):
        trace = Trace(WatchedInterface("veth0", calls_of_watched=True)).switch(READER)
        trace.flags = flags
        trace.say("net_dev_xmit", skbaddr=A, name="veth0", len=114, rc=0).tell()
        assert trace.interpreter.machine.tasks[READER].watched is watched


def test_a_frame_that_the_driver_refuses_is_not_sent() -> None:
    trace = Trace().say("net_dev_start_xmit", skbaddr=A, name="veth0")
    assert trace.say("net_dev_xmit", skbaddr=A, name="veth0", len=114, rc=16).tell() == []


# ---- what is missing -------------------------------------------------------------------------------


def test_lost_records_are_said_and_nothing_stays_in_flight() -> None:
    trace = datagram(Trace()).arrive(B).begin_softirq().climb(B)
    trace.records.append(TraceRecord(trace.now_ns + 1, 0, 0, 0, LOST, (812,)))
    events = trace.wait(1).end_softirq().tell()
    assert [event.count for event in of(events, ev.EventsLost)] == [812]
    assert (dropped(events), delivered(events), unseen(events)) == ([], [], [0, 1])
    meters = trace.interpreter.meters()
    assert (meters.in_flight, meters.unseen, meters.dropped) == (0, 2, 0)
    assert meters.conserved()
    assert all(socket.queued == 0 for socket in meters.sockets.values())


def test_a_switch_that_was_not_recorded_is_told_with_the_next_record() -> None:
    trace = datagram(Trace())
    trace.pid = READER
    events = call(trace, 100).tell()
    assert [event.to for event in of(events, ev.ContextSwitched)] == ["reader"]
    assert trace.interpreter.machine.cpu(0).task.pid == READER


def test_who_runs_before_the_first_record_did_not_switch() -> None:
    trace = Trace()
    trace.interpreter.watch(READER, "reader")
    trace.pid = READER
    assert of(trace.say("sys_enter_recvfrom", fd=3).tell(), ev.ContextSwitched) == []


@pytest.mark.parametrize("detail", Detail)
def test_whatever_is_told_all_of_it_is_counted(detail: Detail) -> None:
    trace = datagram(Trace()).switch(READER)
    trace.interpreter.set_detail(detail)
    events = call(trace, 100).tell()
    assert {event.level <= detail for event in events} <= {True}
    meters = trace.interpreter.meters()
    counts = (meters.arrived, meters.delivered, meters.copies, meters.syscalls, meters.mode_switches)
    assert counts == (1, 1, 1, 1, 2)
    assert meters.wakeups == meters.polls == meters.softirqs == 1
    assert meters.copied_bytes == 100


def test_xdp_tells_what_it_says_of_our_interface_only() -> None:
    trace = Trace(WatchedInterface("veth0", index=4))
    trace.say("xdp_redirect", act="REDIRECT", ifindex=4).say("xdp_exception", act="ABORTED", ifindex=5)
    assert [event.action for event in of(trace.tell(), ev.XdpRan)] == ["redirect"]
