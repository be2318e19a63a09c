"""What is done past the kernel. DPDK: Programmer's Guide; lib/ethdev, lib/mbuf, lib/mempool"""

from kbview.tape.event import Meaning

BYPASS: dict[str, Meaning] = {
    "rx_burst": Meaning(
        "rte_eth_rx_burst()",
        "The application itself looks at the ring, up to 32 frames a call: no interrupt, no syscall.",
    ),
    "rx_burst_empty": Meaning(
        "rte_eth_rx_burst(), which returns 0",
        "Nothing was there. The core asks again at once: it is busy, and useful to nobody.",
    ),
    "pmd_descriptor": Meaning(
        "the poll-mode driver's receive, as ixgbe_recv_pkts()",
        "The driver is a library: it reads the descriptor in the application's own address space.",
    ),
    "mbuf_alloc": Meaning(
        "rte_mbuf_raw_alloc(), from the lcore's mempool cache",
        "The slot needs another buffer. It comes from a pool that was allocated once, in hugepages.",
    ),
    "mbuf_free": Meaning(
        "rte_pktmbuf_free()",
        "The buffer goes back to this lcore's cache; no lock, and the next frame finds it warm.",
    ),
    "second_tlb": Meaning(
        "a hit in the second-level TLB",
        "The first-level TLB has no entry for the buffer's page; the second level is slower.",
    ),
    "page_walk": Meaning(
        "a page walk: neither TLB has the page",
        "The core reads the page tables for the buffer's address. Larger pages need fewer walks.",
    ),
    "mempool_ring": Meaning(
        "rte_mempool_ops_dequeue_bulk(), rte_ring_mc_dequeue_bulk()",
        "This lcore's cache ran empty, or over: many mbufs at once from the ring of all, or to it.",
    ),
    "mempool_pointers": Meaning(
        "rte_ring, copies of pointers",
        "The mbufs themselves lie still: pointers to 32 of them go from one array to another.",
    ),
    "eventfd_read": Meaning(
        "eal_epoll_process_event(), read() on VFIO's eventfd",
        "The interrupt reached a program as a number in a file: reading it makes room for the next.",
    ),
    "frame_rewrite": Meaning(
        "the application",
        "New addresses are written into the frame where it lies, for it is sent on without a copy.",
    ),
    "tx_burst": Meaning(
        "rte_eth_tx_burst()",
        "The application hands a burst of frames to the driver, its own library.",
    ),
    "pmd_tx_descriptor": Meaning(
        "the poll-mode driver's transmit, as ixgbe_xmit_pkts()",
        "A descriptor tells the NIC where the frame lies; slots whose frames were sent are freed.",
    ),
}
