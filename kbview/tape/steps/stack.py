"""From the descriptor to the transport layer. Linux: a driver's receive, net/core/dev.c, net/ipv4/"""

from kbview.tape.event import Meaning
from kbview.tape.steps.declaration import Declaration

STACK: dict[str, Declaration] = {
    "descriptor_read": Declaration(
        "the driver's receive, as mlx5e_handle_rx_cqe()",
        "The driver reads from the descriptor how long the frame is and which buffer it lies in.",
        (
            "XDP",
            "skb",
            "poll",
            "handler",
            "softirq",
        ),
    ),
    "first_touch": Declaration(
        "first load of a line that DMA wrote",
        "The NIC wrote the line, so no cache of this core has it: the load waits for a farther cache.",
        (
            "XDP",
            "copy",
            "skb",
            "poll",
            "handler",
            "softirq",
        ),
    ),
    "xdp_program": Declaration(
        "bpf_prog_run_xdp()",
        "An XDP program decides before there is an sk_buff: pass on, drop, send back or redirect.",
        (
            "XDP",
            "generic XDP",
        ),
    ),
    "bpf_fib_lookup": Declaration(
        "bpf_ipv4_fib_lookup()",
        "The program asks the kernel's own route and neighbour tables, and writes the new addresses.",
        (
            "XDP",
            "generic XDP",
        ),
    ),
    "xdp_redirect": Declaration(
        "xdp_do_redirect(), dev_map_enqueue()",
        "The frame becomes an xdp_frame and joins the bulk of the device that a map names.",
        (
            "XDP",
            "generic XDP",
        ),
    ),
    "xdp_tx": Declaration(
        "XDP_TX",
        "Source and destination change places: it goes out of the port that it came in by.",
        (
            "XDP",
            "generic XDP",
        ),
    ),
    "xdp_parse": Declaration(
        "data + sizeof(struct ethhdr) > data_end, and so on",
        "The program reads the headers, each behind a check of the frame's end.",
        ("XDP",),
    ),
    "xdp_port_lookup": Declaration(
        "bpf_map_lookup_elem(), an array of ports",
        "The program looks whether the destination port is in its list, and counts.",
        ("XDP",),
    ),
    "lpm_trie_lookup": Declaration(
        "bpf_map_lookup_elem(), trie_lookup_elem()",
        "The program walks a tree of prefixes for the longest that has the source address.",
        ("XDP",),
    ),
    "xdp_pass": Declaration(
        "XDP_PASS",
        "The program lets the frame on: the driver takes its new bounds and builds the sk_buff.",
        ("XDP",),
    ),
    "cpumap_hash": Declaration(
        "a hash in the program, as xdp_redirect_cpu's",
        "Addresses and ports choose the core, so that all packets of a flow stay in order.",
        ("XDP",),
    ),
    "cpumap_enqueue": Declaration(
        "cpu_map_enqueue(), bq_enqueue()",
        "The frame becomes an xdp_frame in its own headroom and joins a bulk for another core.",
        ("XDP",),
    ),
    "cpumap_flush": Declaration(
        "bq_flush_to_queue()",
        "The bulk goes into the other core's ring under one lock; what finds no room is dropped.",
        ("XDP",),
        passes=False,
        counts="bulks",
    ),
    "cpumap_dequeue": Declaration(
        "__ptr_ring_consume_batched()",
        "The thread takes up to eight frames: the line of the ring comes from the core that wrote it.",
        ("cpumap",),
        passes=False,
        counts="batches",
    ),
    "cpumap_build_skb": Declaration(
        "kmem_cache_alloc_bulk(), cpu_map_build_skb()",
        "The thread builds the sk_buff around a frame that another core has received.",
        ("skb",),
    ),
    "skb_alloc": Declaration(
        "build_skb()",
        "The kernel's record of a packet is built around the buffer; no byte of the frame is copied.",
        (
            "skb",
            "softirq",
            "poll",
        ),
    ),
    "napi_gro_receive": Declaration(
        "eth_type_trans(), napi_gro_receive()",
        "The Ethernet header comes off. Segments of a stream may be merged, to climb as one.",
        (
            "skb",
            "gro",
            "softirq",
        ),
    ),
    "gro_checksum": Declaration(
        "dev_gro_receive(), __skb_gro_checksum_complete()",
        "The NIC has no checksum offload, so GRO sums each byte of the packet.",
        ("skb", "softirq"),
    ),
    "rx_page": Declaration(
        "the driver's page allocation, put_page()",
        "A long frame keeps the pages it lies in, so the ring gets new ones: allocated, later freed.",
        ("skb", "softirq"),
        passes=False,
    ),
    "gro_merge": Declaration(
        "tcp_gro_receive(), skb_gro_receive()",
        "The packet follows the packet that GRO holds: its buffer joins it, its own record is freed.",
        ("skb", "softirq"),
    ),
    "gro_complete": Declaration(
        "napi_gro_complete(), tcp_gro_complete()",
        "Nothing more is merged: lengths and checksum become the large packet's.",
        ("skb", "softirq"),
    ),
    "netif_receive_skb": Declaration(
        "__netif_receive_skb_core()",
        "Taps on the device see the packet here; its EtherType says which protocol takes it next.",
        (
            "skb",
            "softirq",
            "poll",
        ),
    ),
    "arp_rcv": Declaration(
        "arp_rcv()",
        "A question or an answer about an IP address: it ends in the table of neighbours.",
        ("IP", "softirq"),
    ),
    "ip_rcv": Declaration(
        "ip_rcv(), ip_rcv_core()",
        "Version, lengths and header checksum are checked, the checksum by the CPU.",
        ("IP", "softirq"),
    ),
    "ip_rcv_finish": Declaration(
        "ip_rcv_finish(), then ip_local_deliver() or ip_forward()",
        "Past PREROUTING the packet is prepared for its route, and then handed to it.",
        ("IP", "softirq"),
    ),
    "fib_lookup": Declaration(
        "ip_route_input_noref(), fib_lookup()",
        "Is the packet for this host, or to be passed on? The routing table knows.",
        ("IP", "softirq"),
    ),
    "tcp_v4_early_demux": Declaration(
        "tcp_v4_early_demux(), __inet_lookup_established()",
        "Addresses and ports find the established socket; its route saves the look-up.",
        ("IP", "softirq"),
    ),
    "nf_conntrack_in": Declaration(
        "nf_conntrack_in(), resolve_normal_ct()",
        "The packet's connection is looked up. An unknown connection gets an entry; a drop frees it.",
        ("IP", "softirq"),
    ),
    "numa_hop": Declaration(
        "cache coherence across QPI or UPI",
        "The line is in the caches or the memory of another processor, behind the link between both.",
        (
            "rx_burst",
            "sync",
            "copy",
            "XDP",
            "skb",
            "read",
            "IP",
            "socket",
            "epoll",
            "softirq",
            "irq",
        ),
        passes=False,
    ),
    "line_transfer": Declaration(
        "cache coherence: read for ownership",
        "Another core wrote this cache line last, so it has to come from there.",
        (
            "IP",
            "socket",
            "read",
        ),
        passes=False,
    ),
    "fib_node": Declaration(
        "fib_table_lookup()",
        "Another node of the trie of routes: in a large table no near cache holds it.",
        (
            "IP",
            "XDP",
            "generic XDP",
        ),
        passes=False,
    ),
    "nf_reject": Declaration(
        "ipt_do_table(), nf_send_unreach()",
        "The chains of a firewall's zones, rule by rule, as far as the rule that rejects.",
        ("IP", "softirq"),
    ),
    "icmp_rcv": Declaration(
        "icmp_rcv()",
        "A message about the network itself: the kernel is its addressee.",
        ("IP", "softirq"),
    ),
    "udp_rcv": Declaration(
        "udp_rcv(), __udp4_lib_lookup()",
        "The port finds the socket. The NIC has summed the datagram, or a step of its own does.",
        ("TCP/UDP", "softirq"),
        variants=(
            (
                "no socket",
                Meaning(
                    "udp_rcv(), __udp4_lib_lookup()", "No socket has the port: UDP drops the datagram."
                ),
            ),
        ),
    ),
    "skb_checksum": Declaration(
        "__skb_checksum_complete(), csum_partial()",
        "The NIC has no checksum offload and GRO is off, so the transport sums each byte.",
        ("TCP/UDP", "softirq"),
    ),
    "tcp_v4_rcv": Declaration(
        "tcp_v4_rcv(), tcp_rcv_established()",
        "The connection processes the segment. The NIC has summed it, or a step of its own does.",
        ("TCP/UDP", "softirq"),
        variants=(
            (
                "no socket",
                Meaning(
                    "tcp_v4_rcv(), __inet_lookup_skb()",
                    "No socket has the port: TCP drops the segment.",
                ),
            ),
        ),
    ),
    "kfree_skb": Declaration(
        "kfree_skb_reason(), __kfree_skb()",
        "The packet ends in the kernel, dropped or used up by a protocol: its sk_buff is freed there.",
        ("no socket", "skb", "softirq", "irq"),
        passes=False,
    ),
    "ip_forward": Declaration(
        "ip_forward()",
        "It is for another host: its hop limit is lowered and it continues to the next router.",
        ("IP", "softirq"),
    ),
}
