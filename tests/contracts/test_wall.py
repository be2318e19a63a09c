"""The wall stands where the mode changes: a system call's work in the kernel is left of it."""

import pytest

from kbview.tape import events as ev
from kbview.tape.event import Account
from kbview.tape.station import Domain
from kbview.tape.steps import without_break
from tests.contracts.played import Case, played

# Steps that run in kernel mode: net/socket.c, fs/eventpoll.c, net/core/dev.c, kernel/sched/core.c.
IN_KERNEL = {
    *("socket_recv", "copy_to_user", "epoll_wait", "vfs_read", "context_switch", "idle_switch"),
    *("sock_alloc_send_skb", "copy_from_user", "ip_output", "ndo_start_xmit", "xsk_tx_copy"),
    *("accept_dequeue", "tcp_transmit_skb", "netmap_sync", "psio_recv", "skb_free"),
}
SEEN = [
    Case("paced-udp", "kernel"),
    Case("paced-udp", "kernel-irq"),
    Case("short-connections", "kernel"),
    Case("steady-udp", "af_packet"),
    Case("steady-udp", "af_xdp", (("xdp_mode", "copy"), ("app", "echo"))),
    Case("steady-udp", "netmap"),
    Case("steady-udp", "psio"),
]

FREEING = [
    Case("overload-udp", "kernel"),
    Case("short-connections", "kernel"),
    Case("steady-udp", "kernel-irq", (("app", "echo"),)),
]


@pytest.mark.parametrize("case", SEEN, ids=str)
def test_no_work_of_the_kernel_stands_in_user_mode(case: Case) -> None:
    taken = {step.step for step in played(case).steps}
    grounds = {
        (step, station.domain)
        for station in played(case).stations
        for step in station.steps
        if step in IN_KERNEL & taken
    }
    assert grounds
    assert {domain for _, domain in grounds} == {Domain.KERNEL}


# Accounts of the work at a station: of the task's own calls, and of interrupt and softirq.
TASKS = {Account.SYSCALL, Account.COPY, Account.USER, Account.POLL_USEFUL, Account.POLL_EMPTY}
SWITCHES = {"context_switch", "idle_switch"}  # to and from any task, ksoftirqd among them


@pytest.mark.parametrize("case", [*SEEN, *FREEING], ids=str)
def test_nothing_that_a_softirq_does_stands_at_the_read(case: Case) -> None:
    """net/core/skbuff.c: kfree_skb_reason() and napi_consume_skb() run where the packet ends."""
    played_case = played(case)
    at = {step: station.name for station in played_case.stations for step in station.steps}
    wrong = {
        (step.step, step.account)
        for step in played_case.steps
        if at[without_break(step.step)] == "read"
        and step.account not in TASKS
        and without_break(step.step) not in SWITCHES
    }
    assert wrong == set()


def test_an_echoed_frame_is_freed_after_it_was_sent_and_a_dropped_packet_in_the_softirq() -> None:
    """drivers' completion, napi_consume_skb(); __udp_queue_rcv_skb() ends in kfree_skb_reason()."""
    run = played(Case("steady-udp", "kernel-irq", (("app", "echo"),)))
    names = {step.step: step for step in run.steps}
    sent = {one.packet: one.time_ps for one in run.records if isinstance(one, ev.FrameSent)}
    frees = [step for step in run.steps if step.step == "napi_consume_skb"]
    assert frees
    assert all(sent[step.packet] <= step.time_ps for step in frees)
    assert names["skb_free"].account is Account.SYSCALL
    over = played(Case("overload-udp", "kernel"))
    dropped = {one.packet for one in over.records if isinstance(one, ev.PacketDropped)}
    freed = {step.packet: step for step in over.steps if step.step == "kfree_skb"}
    assert freed
    assert freed.keys() <= dropped
    assert {step.account for step in freed.values()} <= {Account.SOFTIRQ, Account.KSOFTIRQD}
