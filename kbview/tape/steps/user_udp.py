"""UDP in user space. Caladan: runtime/net/core.c, udp.c; Demikernel: inetstack; F-Stack: FreeBSD's"""

from kbview.tape.steps.declaration import Declaration

USER_UDP: dict[str, Declaration] = {
    "user_ip_in": Declaration(
        "net_rx_one()",
        "Ethernet and IP headers are checked where the NIC wrote them, by the application's library.",
        ("UDP/IP",),
    ),
    "user_control_in": Declaration(
        "net_rx_arp(), net_rx_icmp()",
        "The stack must answer ARP and ICMP itself: the kernel does not see these frames.",
        ("UDP/IP",),
        passes=False,
    ),
    "user_defrag": Declaration(
        "rte_ipv4_frag_reassemble_packet()",
        "The fragment waits in its mbuf, in a table of this core, for the rest of its datagram.",
        ("UDP/IP",),
        passes=False,
    ),
    "user_udp_in": Declaration(
        "net_rx_trans(), trans_lookup()",
        "The destination port finds the socket in a hash table; no lock is taken.",
        ("UDP/IP",),
    ),
    "user_udp_checksum": Declaration(
        "UdpHeader::parse_and_strip(), its checksum",
        "The core sums each byte of the datagram, which the NIC could have done.",
        ("UDP/IP",),
        passes=False,
    ),
    "user_icmp_error": Declaration(
        "icmp_error(ICMP_UNREACH_PORT)",
        "No socket has the port: an ICMP message tells the sender, and quotes the datagram's headers.",
        ("UDP/IP",),
        passes=False,
    ),
    "user_enqueue": Declaration(
        "udp_conn_recv(), mbufq_push_tail()",
        "The mbuf itself is queued: nothing is allocated or charged, and no thread is woken.",
        ("port queue",),
    ),
    "user_recv": Declaration(
        "udp_read_from(), or Demikernel's pop()",
        "The call is a function call: it takes the first mbuf of the queue and enters no kernel.",
        ("recv",),
    ),
    "user_copy_out": Declaration(
        "memcpy() in udp_read_from()",
        "The payload goes from the mbuf to the application's own buffer, out of the shared cache.",
        ("recv",),
    ),
    "user_copy_warm": Declaration(
        "memcpy() in udp_read_from()",
        "The payload goes to the application's buffer; the checksum brought its bytes to this core.",
        ("recv",),
    ),
    "user_send": Declaration(
        "udp_send_raw(), net_tx_ip()",
        "The headers are written; route and neighbour come from tables of the library.",
        ("send",),
    ),
    "user_copy_in": Declaration(
        "memcpy() in udp_write_to()",
        "The payload goes from the application's buffer to an mbuf that the NIC can read.",
        ("send",),
    ),
}
