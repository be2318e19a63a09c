"""The meters that tracepoints can tell; all others stay unknown, and panels that need them say so.

Derived by a rule that is written where it is applied: mode switches (of system calls only), frees and
allocations (an sk_buff's first and last tracepoint), copies of datagrams, socket queues.
"""

from kbview.tape.meter import TOTALS

RECORDED = "a machine's kernel, by its recorded tracepoints"
SUMMARY = "this machine's kernel, by its tracepoints"
NOTES = (
    "a frame arrives when the kernel first sees it: what NIC and DMA took is not in the latency",
    "mode switches are those of system calls: an interrupt taken in user mode has no tracepoint",
    "interfaces of that name in other network namespaces cannot be told apart",
)
LEVELS = (*TOTALS, "in_flight", "drops", "cores", "stages", "sockets", "latency", "kernel_latency")
METERS = frozenset(TOTALS) - {"unsent"} | {"cores", "sockets", "drops", "latency", "costs"}
