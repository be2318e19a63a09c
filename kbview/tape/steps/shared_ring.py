"""Rings that kernel and user share. Linux: net/packet/af_packet.c, net/xdp/xsk.c; netmap: netmap.c

And PacketShader's engine, whose driver is a changed ixgbe: ixgbe_main.c
"""

from kbview.tape.event import Meaning
from kbview.tape.steps.declaration import Declaration

SHARED_RING: dict[str, Declaration] = {
    "descriptor_line": Declaration(
        "first load of a line of descriptors",
        "The NIC has just written this line, so the core has to fetch it before it can read the slot.",
        ("rx_burst",),
        counts="lines",
    ),
    # ---- AF_PACKET -----------------------------------------------------------------------------
    "tpacket_copy": Declaration(
        "tpacket_rcv(), skb_copy_bits()",
        "The frame is copied into a block that the application has mapped: a copy, no syscall.",
        ("block",),
    ),
    "tpacket_retire": Declaration(
        "prb_retire_current_block()",
        "The block is full, or a timer's softirq finds its time up: the application may read it now.",
        ("block",),
        counts="blocks",
    ),
    "tpacket_walk": Declaration(
        "the application, over a block",
        "It goes from header to header of a block that is its own now.",
        ("walk",),
    ),
    # ---- AF_XDP --------------------------------------------------------------------------------
    "xsk_redirect": Declaration(
        "xdp_do_redirect(), xsk_rcv()",
        "The XDP program sends the frame to a socket: its place in umem goes into the receive ring.",
        ("XDP",),
    ),
    "xsk_copy": Declaration(
        "xsk_copy_xdp()",
        "The driver cannot write into umem itself, so the frame is copied there.",
        ("XDP",),
    ),
    "xsk_peek": Declaration(
        "xsk_ring_cons__peek()",
        "The application looks how far the kernel's index has come, and takes a batch of descriptors.",
        ("umem",),
        passes=False,
        counts="bursts",
    ),
    "xsk_peek_empty": Declaration(
        "xsk_ring_cons__peek(), which returns 0",
        "The index has not changed: nothing has come.",
        ("umem",),
        passes=False,
    ),
    "xsk_give": Declaration(
        "xsk_ring_prod__submit() on the fill ring",
        "The application gives empty chunks of umem, so that the NIC has somewhere to write.",
        ("umem",),
        counts="chunks",
    ),
    "xsk_put": Declaration(
        "xsk_ring_prod__submit() on the transmit ring",
        "The application writes where in umem a frame lies that is to be sent: no call.",
        ("umem",),
        counts="chunks",
    ),
    "xsk_tx_copy": Declaration(
        "xsk_generic_xmit(), skb_store_bits()",
        "Copy mode: the call itself copies the frame out of umem into an sk_buff and sends that.",
        ("send",),
    ),
    "xsk_wakeup": Declaration(
        "poll() or sendto(), xsk_wakeup()",
        "The call looks at the socket's rings, and wakes the driver if that has stopped.",
        (
            "wakeup",
            "send",
        ),
        counts="calls",
    ),
    "xsk_tx": Declaration(
        "xsk_generic_xmit(), the driver's xsk transmit",
        "A descriptor of the transmit ring goes to the NIC; the frame stays where it lies in umem.",
        ("XDP",),
    ),
    "xsk_complete": Declaration(
        "xsk_cq_submit_addr_locked()",
        "The frame was sent: its chunk comes back to the application by the completion ring.",
        ("XDP",),
        counts="chunks",
    ),
    # ---- netmap --------------------------------------------------------------------------------
    "netmap_sync": Declaration(
        "netmap_rxsync(), netmap_txsync()",
        "Once for a whole batch, within the call: the kernel brings the shared ring up to date.",
        ("sync",),
        counts="calls",
    ),
    "poll_wait": Declaration(
        "netmap_poll()",
        "poll() syncs the rings, and sleeps if they are empty, until an interrupt wakes the thread.",
        ("poll",),
        variants=(
            (
                "block",
                Meaning(
                    "packet_poll()",
                    "No block is the application's: it sleeps until one is handed over.",
                ),
            ),
        ),
        counts="calls",
    ),
    "netmap_rx_slot": Declaration(
        "netmap_rxsync(), a slot",
        "The slot's length is set; its buffer is the buffer that the NIC wrote, and nobody copies it.",
        ("sync",),
    ),
    "netmap_tx_slot": Declaration(
        "netmap_txsync(), a slot",
        "The slot is checked and given to the NIC; two slots may simply exchange their buffers.",
        ("sync",),
    ),
    # ---- PacketShader's engine -----------------------------------------------------------------
    "psio_recv": Declaration(
        "ioctl(PS_IOC_RECV_CHUNK), ps_recv_chunk()",
        "A system call for a whole chunk: its description is copied in, the queue locked, then out.",
        ("ioctl",),
        counts="calls",
    ),
    "psio_rx_cell": Declaration(
        "copy_rx_packets(), a descriptor",
        "Length and checksum are noted in 8 bytes, and the same cell is given to the NIC again.",
        ("copy",),
    ),
    "psio_rx_copy": Declaration(
        "memcpy_aligned_rx()",
        "The packet goes into the application's chunk, and is warm in its cache from then on.",
        ("copy",),
    ),
    "irq_enable": Declaration(
        "ixgbe_irq_enable_queues(), rte_eth_dev_rx_intr_enable()",
        "A write to the NIC's mask: the next packet is to interrupt, or, once awake, not to.",
        (
            "ioctl",
            "rx_burst",
        ),
        counts="calls",
    ),
    "psio_select": Declaration(
        "ioctl(PS_IOC_SELECT), ps_select()",
        "Nothing to do: the queues' interrupts are enabled, and the thread sleeps until an interrupt.",
        ("ioctl",),
        counts="calls",
    ),
    "psio_send": Declaration(
        "ioctl(PS_IOC_SEND_CHUNK), ps_send_chunk()",
        "A second system call: which packets of the chunk are to go, and to which queue.",
        ("send",),
        counts="calls",
    ),
    "psio_tx_cell": Declaration(
        "ixgbe_xmit_batch(), a descriptor",
        "The next descriptor says how long the packet is; its cell is always the same.",
        ("send",),
    ),
    "psio_tx_copy": Declaration(
        "memcpy_aligned()",
        "The packet goes from the chunk, where it is warm, into the cell that the NIC will read.",
        ("send",),
    ),
    "psio_tx_head": Declaration(
        "ixgbe_clean_tx_irq(), a read of TDH",
        "The transmit ring ran short: how far has the NIC come? A read over PCIe, so seldom done.",
        ("send",),
        counts="calls",
    ),
}
