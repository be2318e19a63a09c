"""How a core comes to look at a ring, and a task to run. Linux: kernel/softirq.c, net/core/dev.c"""

from kbview.tape.event import Meaning

INTERRUPT: dict[str, Meaning] = {
    "dma_write": Meaning(
        "DMA over PCIe",
        "The NIC writes frame and descriptor to memory by itself; no core takes part.",
    ),
    "msix_delivery": Meaning(
        "MSI-X write over PCIe",
        "An interrupt is itself a write that crosses PCIe, here to the core's interrupt controller.",
    ),
    "hardirq": Meaning(
        "interrupt handler, napi_schedule()",
        "The handler masks the NIC's vector and leaves the work to a softirq, to be done soon itself.",
    ),
    "softirq_dispatch": Meaning(
        "__do_softirq(), net_rx_action()",
        "At the tail of the interrupt the pending softirq runs, on the same core and before any task.",
    ),
    "isr": Meaning(
        "the driver's interrupt service routine",
        "One packet is acknowledged and its frame taken; the rest is left to the soft interrupt.",
    ),
    "netisr_dispatch": Meaning(
        "softnet interrupt, ipintr()",
        "The soft interrupt is delivered: later than the handler asked for it, before any process.",
    ),
    "softirq_delivery": Meaning(
        "schednetisr(), setsoftnet()",
        "The handler asked for a soft interrupt: what it interrupted goes on until that is delivered.",
    ),
    "ipintrq_enqueue": Meaning(
        "IF_ENQUEUE(&ipintrq), netif_rx()",
        "The frame waits in a short queue for the soft interrupt; a full one drops it, paid as it is.",
    ),
    "napi_poll": Meaning(
        "napi_poll(), the driver's poll()",
        "NAPI lets the driver take up to 64 frames off the ring: paid once a poll, however many come.",
    ),
    "dim_apply": Meaning(
        "mlx5e_rx_dim_work(), mlx5_core_modify_cq_moderation()",
        "The driver has found a wait that suits the load better, and tells the NIC.",
    ),
    "napi_complete": Meaning(
        "napi_complete_done()",
        "The ring was empty before the budget was used up: polling ends and the vector is unmasked.",
    ),
    "busy_loop": Meaning(
        "napi_busy_loop()",
        "Nothing is there to read: before it sleeps, the call looks at the device itself.",
    ),
    "try_to_wake_up": Meaning(
        "try_to_wake_up(), for a socket by sock_def_readable()",
        "A task sleeps until something comes: it is made runnable; another core must be told so.",
    ),
    "idle_exit": Meaning(
        "cpuidle, reschedule interrupt",
        "The core of that task was asleep and has to leave its idle state first.",
    ),
    "cache_pollution": Meaning(
        "cold caches after a context switch",
        "Tasks that share a core evict each other's cache lines: work after a switch is slower.",
    ),
    "context_switch": Meaning(
        "__schedule(), context_switch()",
        "Another task runs now: registers and address space are exchanged, its caches have gone cold.",
    ),
}
