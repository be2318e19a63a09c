"""The way out, from the network layer to the wire. Linux: net/ipv4/ip_output.c, net/core/dev.c"""

from kbview.tape.event import Meaning

TRANSMIT: dict[str, Meaning] = {
    "screen_enqueue": Meaning(
        "gw_screen()",
        "Before it is forwarded a process must have seen it: into a queue, and the process is woken.",
    ),
    "screen_ioctl": Meaning(
        "ioctl(SIOCSCREEN)",
        "The process gives its last verdict and is shown the next packet: a system call for each.",
    ),
    "screen_rules": Meaning(
        "screend, in user mode", "The rules are matched against the headers; here all may pass."
    ),
    "ip_output": Meaning(
        "ip_output(), ip_finish_output2()",
        "The headers are written, the next hop's MAC address is looked up among the neighbours.",
    ),
    "dev_queue_xmit": Meaning(
        "__dev_queue_xmit(), sch_direct_xmit()",
        "Through the queueing discipline, which decides what is sent next and what is too much.",
    ),
    "ndo_start_xmit": Meaning(
        "the driver's ndo_start_xmit()",
        "The driver maps the buffer for DMA and writes a descriptor that tells the NIC where it is.",
    ),
    "xdp_xmit": Meaning(
        "mlx5e_xmit_xdp_frame()",
        "A descriptor in the driver's ring for XDP; who else sends is not asked, for nobody does.",
    ),
    "xdp_tx_clean": Meaning(
        "mlx5e_poll_xdpsq_cq()",
        "The NIC has sent it: its page goes straight back to the receive ring.",
    ),
    "xdp_return_frame": Meaning(
        "xdp_return_frame()",
        "The NIC has sent it: its page goes back to the pool of the device that it came in by.",
    ),
    "doorbell": Meaning(
        "MMIO write of the ring's tail",
        "The NIC learns that there is something new: a write across PCIe, so better one for many.",
    ),
    "pktgen_fill": Meaning(
        "pktgen's fill_packet()",
        "Headers and payload are written once, into an sk_buff that is sent many times.",
    ),
    "pktgen_xmit": Meaning(
        "pktgen_xmit()",
        "The transmit queue is locked and the driver called directly: there is no stack above it.",
    ),
    "tx_fetch": Meaning(
        "DMA reads over PCIe",
        "The NIC reads descriptor and frame by itself; no core waits for it.",
    ),
    "tx_clean": Meaning(
        "the driver's transmit completion, napi_consume_skb()",
        "The NIC has sent it: the driver takes the slot back, in the poll that also receives.",
    ),
}
