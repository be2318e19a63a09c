"""Overheads: the groups in which the lecture counts the cost of a packet, and the steps of each."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from kbview.state.budget import Spent
from kbview.state.flows import FOUND_NOTHING
from kbview.state.report import Report
from kbview.tape.steps import without_break

PROTOCOL = "driver, protocol"
_GROUPS: dict[str, frozenset[str]] = {
    "interrupts": frozenset(
        {"hardirq", "isr", "softirq_dispatch", "softirq_delivery", "netisr_dispatch", "napi_poll"}
        | {"napi_complete", "dim_apply", "irq_enable", "eventfd_read"}
    ),
    "mode switches": frozenset({"syscall_enter", "syscall_exit"}),
    "context switches": frozenset(
        {"context_switch", "idle_switch", "try_to_wake_up", "idle_exit", "cache_pollution"}
        | {"futex_wait", "futex_wake"}
    ),
    "copies": frozenset(
        {"copy_to_user", "copy_from_user", "tpacket_copy", "xsk_copy", "xsk_tx_copy", "psio_rx_copy"}
        | {"psio_tx_copy", "mtcp_copy_in", "mtcp_copy_out", "mtcp_copy_back", "mtcp_copy_frame"}
        | {"user_copy_out", "user_copy_warm", "user_copy_in"}
    ),
    "allocation": frozenset(
        {"skb_alloc", "skb_free", "kfree_skb", "napi_consume_skb", "skb_frag_unref", "rx_page"}
        | {"mbuf_alloc", "mbuf_free"}
        | {"mempool_ring", "mempool_pointers", "sock_alloc_send_skb", "xdp_return_frame"}
    ),
    "cache and TLB": frozenset(
        {"first_touch", "frame_touch", "second_tlb", "page_walk", "line_transfer", "descriptor_line"}
        | {"skb_lines", "call_refill", "switch_refill", "cold_line", "numa_hop", "reader_lines"}
    ),
    "application": frozenset({"app_work"}),
}
_OF_STEP = {step: name for name, steps in _GROUPS.items() for step in steps}
NAMES = (*_GROUPS, PROTOCOL)


class Overhead(NamedTuple):
    """A group with its time for each delivered packet, and its share of all."""

    name: str
    each_ps: float
    share: float


def group_of(step: str) -> str:
    """The group of a step; PROTOCOL for driver, protocol and call steps that no group names."""
    return _OF_STEP.get(without_break(step), PROTOCOL)


def grouped(costs: Iterable[tuple[str, float]]) -> dict[str, float]:
    """The sum of each group in the order of NAMES, from steps with their picoseconds."""
    sums = dict.fromkeys(NAMES, 0.0)
    for step, cost_ps in costs:
        sums[group_of(step)] += cost_ps
    return sums


def of_report(report: Report) -> dict[str, float]:
    """Picoseconds of each group for a packet of the report; empty polls are left out."""
    packets = report.packets
    return grouped(
        (stage["stage"], stage["total_ps"] / packets)
        for stage in report.stages
        if packets and stage["stage"] not in FOUND_NOTHING
    )


def overheads(spent: Sequence[Spent]) -> list[Overhead]:
    """The groups that cost something, the largest first."""
    total_ps = sum(one.each_ps for one in spent)
    sums = grouped((one.step, one.each_ps) for one in spent)
    told = [Overhead(name, each_ps, each_ps / total_ps) for name, each_ps in sums.items() if each_ps]
    return sorted(told, key=lambda one: -one.each_ps)
