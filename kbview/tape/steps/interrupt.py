"""How a core comes to look at a ring, and a task to run. Linux: kernel/softirq.c, net/core/dev.c"""

from kbview.tape.event import Meaning
from kbview.tape.steps.declaration import Declaration

_SWITCHES_AT = (
    "ioctl",
    "futex",
    "epoll",
    "read",
    "poll",
    "wakeup",
    "send",
    "pktgen",
    "softirq",
    "irq",
    "app",
)
INTERRUPT: dict[str, Declaration] = {
    "dma_write": Declaration(
        "DMA over PCIe",
        "The NIC writes frame and descriptor to memory by itself; no core takes part.",
        ("NIC",),
    ),
    "msix_delivery": Declaration(
        "MSI-X write over PCIe",
        "An interrupt is itself a write that crosses PCIe, here to the core's interrupt controller.",
        (
            "irq",
            "NIC",
        ),
    ),
    "hardirq": Declaration(
        "interrupt handler, napi_schedule()",
        "The handler masks the NIC's vector and leaves the work to a softirq, to run soon.",
        ("irq",),
        variants=(
            (
                "ipintrq",
                Meaning("interrupt handler", "A timer's interrupt: it asks for a soft interrupt."),
            ),
            (
                "softirq",
                Meaning(
                    "interrupt handler, napi_schedule()",
                    "The handler masks the NIC's vector and leaves the work to a softirq, to run soon.",
                ),
            ),
            (
                "sync",
                Meaning(
                    "interrupt handler, netmap_rx_irq()",
                    "The handler wakes the thread that sleeps in poll(); its call then syncs the ring.",
                ),
            ),
            (
                "epoll",
                Meaning(
                    "vfio_msihandler(), eventfd_signal()",
                    "The handler adds to an eventfd: the lcore that sleeps on it is woken.",
                ),
            ),
        ),
        counts="irqs",
    ),
    "softirq_dispatch": Declaration(
        "handle_softirqs(), before 6.10 __do_softirq()",
        "The pending softirq runs on this core: after an interrupt, in ksoftirqd, or in a system call.",
        ("softirq",),
        passes=False,
        counts="runs",
    ),
    "isr": Declaration(
        "the driver's interrupt service routine",
        "One packet is acknowledged and its frame taken; the rest is left to the soft interrupt.",
        ("irq",),
        counts="irqs",
    ),
    "netisr_dispatch": Declaration(
        "softnet interrupt, ipintr()",
        "The soft interrupt is delivered: later than the handler asked for it, before any process.",
        (
            "softirq",
            "poll",
        ),
        counts="runs",
    ),
    "softirq_delivery": Declaration(
        "schednetisr(), setsoftnet()",
        "The handler asked for a soft interrupt; the interrupted code continues until it is delivered.",
        (
            "softirq",
            "poll",
        ),
        counts="runs",
    ),
    "ipintrq_enqueue": Declaration(
        "IF_ENQUEUE(&ipintrq), netif_rx()",
        "The frame waits in a short queue for the soft interrupt. A full queue drops it.",
        ("ipintrq",),
    ),
    "napi_poll": Declaration(
        "napi_poll(), the driver's poll()",
        "NAPI lets the driver take up to 64 frames off the ring: paid once a poll, however many come.",
        ("softirq",),
        counts="polls",
    ),
    "dim_apply": Declaration(
        "mlx5e_rx_dim_work(), mlx5_core_modify_cq_moderation()",
        "The driver has found a wait that suits the load better, and tells the NIC.",
        ("softirq",),
        passes=False,
    ),
    "napi_complete": Declaration(
        "napi_complete_done()",
        "The ring was empty before the budget was used up: the vector is unmasked, if not deferred.",
        ("softirq",),
        counts="polls",
    ),
    "busy_loop": Declaration(
        "napi_busy_loop()",
        "Nothing is there to read: before it sleeps, the call looks at the device itself.",
        ("read",),
        passes=False,
    ),
    "try_to_wake_up": Declaration(
        "try_to_wake_up(), for a socket by sock_def_readable()",
        "A task sleeps until something comes: it is made runnable; another core must be told so.",
        (
            "socket",
            "screenq",
            "block",
            "epoll",
            "softirq",
            "irq",
            "poll",
        ),
        passes=False,
        counts="wakes",
    ),
    "idle_exit": Declaration(
        "cpuidle, TIF_NEED_RESCHED or a reschedule interrupt",
        "The core of that task was asleep and has to leave its idle state first.",
        (
            "socket",
            "screenq",
            "block",
            "epoll",
            "softirq",
            "irq",
            "poll",
        ),
        passes=False,
    ),
    "cache_pollution": Declaration(
        "cold caches after an interrupt of user mode",
        "Handler and task evict each other's cache lines: work after an interrupt is slower.",
        (
            "app",
            "screend",
            "softirq",
            "irq",
        ),
        passes=False,
    ),
    "context_switch": Declaration(
        "__schedule(), context_switch()",
        "Another task runs now: registers, stack and, between processes, address space are exchanged.",
        _SWITCHES_AT,
        passes=False,
    ),
    "idle_switch": Declaration(
        "__schedule(), context_switch() to or from the idle task",
        "The core goes idle or comes back: registers and stack are exchanged, the address space stays.",
        _SWITCHES_AT,
        passes=False,
    ),
}
