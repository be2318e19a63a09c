"""Past the kernel. DPDK: Programmer's Guide; lib/ethdev, lib/mbuf, lib/mempool"""

from kbview.tape.steps.declaration import Declaration

BYPASS: dict[str, Declaration] = {
    "rx_burst": Declaration(
        "rte_eth_rx_burst()",
        "The application itself looks at the ring, a burst of frames a call: no interrupt, no syscall.",
        ("rx_burst",),
        counts="bursts",
    ),
    "rx_burst_empty": Declaration(
        "rte_eth_rx_burst(), which returns 0",
        "Nothing was there. The core asks again at once: it is busy, and useful to nobody.",
        ("rx_burst",),
        passes=False,
    ),
    "pmd_descriptor": Declaration(
        "the poll-mode driver's receive, as ixgbe_recv_pkts()",
        "The driver is a library: it reads the descriptor in the application's own address space.",
        ("rx_burst",),
    ),
    "mbuf_alloc": Declaration(
        "rte_mbuf_raw_alloc(), from the lcore's mempool cache",
        "The slot needs another buffer. It comes from a pool that was allocated once, in hugepages.",
        (
            "mbuf",
            "rx_burst",
        ),
        passes=False,
        counts="mbufs",
    ),
    "mbuf_free": Declaration(
        "rte_pktmbuf_free()",
        "The mbuf goes back to this lcore's cache without a lock, and is warm for the next alloc.",
        (
            "mbuf",
            "TCP thread",
            "recv",
            "tx_burst",
        ),
        passes=False,
        counts="mbufs",
    ),
    "second_tlb": Declaration(
        "a hit in the second-level TLB",
        "The first-level TLB has no entry for the buffer's page; the second level is slower.",
        (
            "mbuf",
            "rx_burst",
        ),
        passes=False,
        counts="misses",
    ),
    "page_walk": Declaration(
        "a page walk: neither TLB has the page",
        "The core reads the page tables for the buffer's address. Larger pages need fewer walks.",
        (
            "mbuf",
            "rx_burst",
        ),
        passes=False,
        counts="misses",
    ),
    "mempool_ring": Declaration(
        "rte_mempool_ops_dequeue_bulk(), rte_ring_mc_dequeue_bulk()",
        "This lcore's cache ran empty, or over: many mbufs at once from or to the ring of all lcores.",
        (
            "mbuf",
            "rx_burst",
        ),
        passes=False,
        counts="mbufs",
    ),
    "mempool_pointers": Declaration(
        "rte_ring, copies of pointers",
        "The mbufs themselves lie still: pointers to 32 of them go from array to array.",
        (
            "mbuf",
            "rx_burst",
        ),
        passes=False,
        counts="mbufs",
    ),
    "eventfd_read": Declaration(
        "eal_epoll_process_event(), read() on VFIO's eventfd",
        "The interrupt reached a program as a number in a file: reading it makes room for the next.",
        ("epoll",),
        counts="calls",
    ),
    "frame_rewrite": Declaration(
        "the application",
        "New addresses are written into the frame where it lies, for it is sent on without a copy.",
        (
            "tx_burst",
            "app",
        ),
    ),
    "tx_burst": Declaration(
        "rte_eth_tx_burst()",
        "The application hands a burst of frames to the driver, its own library.",
        (
            "tx_burst",
            "jobs",
        ),
        counts="bursts",
    ),
    "pmd_tx_descriptor": Declaration(
        "the poll-mode driver's transmit, as ixgbe_xmit_pkts()",
        "A descriptor tells the NIC where the frame lies; slots of sent frames are freed.",
        (
            "tx_burst",
            "jobs",
        ),
    ),
}
