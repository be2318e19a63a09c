"""The wall stands where the mode changes: a system call's work in the kernel is left of it."""

import pytest

from kbview.tape.station import Domain
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
