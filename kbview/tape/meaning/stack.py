"""From the descriptor to the transport layer. Linux: a driver's receive, net/core/dev.c, net/ipv4/"""

from kbview.tape.event import Meaning

STACK: dict[str, Meaning] = {
    "descriptor_read": Meaning(
        "the driver's receive, as mlx5e_handle_rx_cqe()",
        "The driver reads from the descriptor how long the frame is and which buffer it lies in.",
    ),
    "first_touch": Meaning(
        "first load of a line that DMA wrote",
        "The NIC wrote it, so no cache of this core has it: the load waits for one farther off.",
    ),
    "xdp_program": Meaning(
        "bpf_prog_run_xdp()",
        "An XDP program decides before there is an sk_buff: pass on, drop, send back or redirect.",
    ),
    "bpf_fib_lookup": Meaning(
        "bpf_ipv4_fib_lookup()",
        "The program asks the kernel's own route and neighbour tables, and writes the new addresses.",
    ),
    "xdp_redirect": Meaning(
        "xdp_do_redirect(), dev_map_enqueue()",
        "The frame becomes an xdp_frame and joins the bulk of the device that a map names.",
    ),
    "xdp_tx": Meaning(
        "XDP_TX",
        "Source and destination change places: it goes out of the port that it came in by.",
    ),
    "skb_alloc": Meaning(
        "build_skb()",
        "The kernel's record of a packet is built around the buffer; no byte of the frame is copied.",
    ),
    "napi_gro_receive": Meaning(
        "eth_type_trans(), napi_gro_receive()",
        "The Ethernet header comes off. Segments of a stream may be merged, to climb as one.",
    ),
    "rx_page": Meaning(
        "the driver's page allocation, put_page()",
        "A long frame keeps the pages it lies in, so the ring gets new ones: allocated, later freed.",
    ),
    "gro_merge": Meaning(
        "tcp_gro_receive(), skb_gro_receive()",
        "It follows the one that is held: its buffer is hung to that, and its own record is freed.",
    ),
    "gro_complete": Meaning(
        "napi_gro_complete(), tcp_gro_complete()",
        "Nothing more is merged: lengths and checksum are made those of one large packet.",
    ),
    "netif_receive_skb": Meaning(
        "__netif_receive_skb_core()",
        "Who listens on the device sees it here; the EtherType says which protocol takes it next.",
    ),
    "arp_rcv": Meaning(
        "arp_rcv()",
        "A question or an answer about who has an address: it ends in the table of neighbours.",
    ),
    "ip_rcv": Meaning(
        "ip_rcv(), ip_rcv_core()",
        "Version, lengths and header checksum are checked: what is damaged goes no further.",
    ),
    "fib_lookup": Meaning(
        "ip_route_input_noref(), fib_lookup()",
        "Is it for this host, or to be passed on? The routing table knows.",
    ),
    "nf_conntrack_in": Meaning(
        "nf_conntrack_in(), resolve_normal_ct()",
        "Which connection is it of? An unknown one gets an entry, which a drop frees again.",
    ),
    "line_transfer": Meaning(
        "cache coherence: read for ownership",
        "Another core wrote this cache line last, so it has to come from there, one at a time.",
    ),
    "fib_node": Meaning(
        "fib_table_lookup()",
        "One more node of the trie of routes: in a large table no near cache holds it.",
    ),
    "nf_reject": Meaning(
        "ipt_do_table(), nf_send_unreach()",
        "The chains of a firewall's zones, rule by rule, as far as the one that rejects.",
    ),
    "icmp_rcv": Meaning(
        "icmp_rcv()",
        "A message about the network itself: the kernel is its addressee.",
    ),
    "udp_rcv": Meaning(
        "udp_rcv(), __udp4_lib_lookup()",
        "The port says whose datagram this is; the UDP header comes off and its checksum is verified.",
    ),
    "tcp_v4_rcv": Meaning(
        "tcp_v4_rcv(), tcp_rcv_established()",
        "Addresses and ports find the connection, the sequence number says where the data belongs.",
    ),
    "ip_forward": Meaning(
        "ip_forward()",
        "It is for somebody else: its hop limit is lowered by one and it goes on to the next router.",
    ),
}
