"""The way out, from the network layer to the wire. Linux: net/ipv4/ip_output.c, net/core/dev.c"""

from kbview.tape.steps.declaration import Declaration

TRANSMIT: dict[str, Declaration] = {
    "screen_enqueue": Declaration(
        "gw_screen()",
        "Before it is forwarded a process must have seen it: into a queue, and the process is woken.",
        ("screenq",),
    ),
    "screen_ioctl": Declaration(
        "ioctl(SIOCSCREEN)",
        "The process gives its last verdict and is shown the next packet: a system call for each.",
        ("ioctl",),
    ),
    "screen_rules": Declaration(
        "screend, in user mode",
        "The rules are matched against the headers; here all may pass.",
        ("screend",),
    ),
    "ip_output": Declaration(
        "ip_output(), ip_finish_output2()",
        "The headers are written, the next hop's MAC address is looked up among the neighbours.",
        (
            "qdisc",
            "send",
        ),
    ),
    "dev_queue_xmit": Declaration(
        "__dev_queue_xmit(), sch_direct_xmit()",
        "Through the queueing discipline, which orders the packets to send and drops the excess.",
        (
            "qdisc",
            "send",
        ),
    ),
    "ndo_start_xmit": Declaration(
        "the driver's ndo_start_xmit()",
        "The driver maps the buffer for DMA and writes a descriptor that tells the NIC where it is.",
        (
            "qdisc",
            "send",
            "pktgen",
            "XDP out",
        ),
    ),
    "xdp_xmit": Declaration(
        "mlx5e_xmit_xdp_frame()",
        "A descriptor in the driver's ring for XDP, without a lock: no other core uses this ring.",
        ("XDP out",),
    ),
    "xdp_tx_clean": Declaration(
        "mlx5e_poll_xdpsq_cq()",
        "The NIC has sent it: its page goes straight back to the receive ring.",
        ("XDP out",),
    ),
    "xdp_return_frame": Declaration(
        "xdp_return_frame()",
        "The NIC has sent it: its page goes back to the pool of the device that it came in by.",
        ("XDP out",),
    ),
    "doorbell": Declaration(
        "MMIO write of the ring's tail",
        "The NIC learns of new descriptors by a write across PCIe, so a single write serves many.",
        (
            "qdisc",
            "send",
            "pktgen",
            "XDP out",
            "tx_burst",
            "jobs",
            "sync",
            "XDP",
            "copy",
        ),
        passes=False,
    ),
    "pktgen_fill": Declaration(
        "pktgen's fill_packet()",
        "Headers and payload are written once, into an sk_buff that is sent many times.",
        ("pktgen",),
    ),
    "pktgen_xmit": Declaration(
        "pktgen_xmit()",
        "The transmit queue is locked and the driver called directly: there is no stack above it.",
        ("pktgen",),
    ),
    "tx_fetch": Declaration(
        "DMA reads over PCIe",
        "The NIC reads descriptor and frame by itself; no core waits for it.",
        (
            "tx ring",
            "NIC",
        ),
    ),
    "tx_clean": Declaration(
        "the driver's transmit completion, mlx5e_poll_tx_cq()",
        "The NIC has sent it: the driver takes the slot back, in the poll that also receives.",
        (
            "qdisc",
            "send",
            "pktgen",
            "XDP out",
            "XDP",
        ),
        passes=False,
    ),
    "napi_consume_skb": Declaration(
        "napi_consume_skb(), skb_release_data()",
        "The NIC has sent the frame: its sk_buff is freed in the poll, not in the call that sent it.",
        (
            "qdisc",
            "send",
            "pktgen",
            "XDP out",
            "XDP",
        ),
        passes=False,
    ),
}
