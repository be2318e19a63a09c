"""Connections: how they come to be, carry data and end. Linux: net/ipv4/tcp_*.c, RFC 9293"""

from kbview.tape.steps.declaration import Declaration

CONNECTION: dict[str, Declaration] = {
    "ip_defrag": Declaration(
        "ip_defrag()",
        "A fragment: it waits in a queue of its datagram until the others are here, or time is up.",
        ("IP", "softirq"),
    ),
    "tcp_conn_request": Declaration(
        "tcp_conn_request()",
        "A SYN on a listening socket: a small request is remembered and answered with SYN and ACK.",
        ("TCP/UDP", "softirq"),
        passes=False,
    ),
    "tcp_create_child": Declaration(
        "tcp_v4_syn_recv_sock(), tcp_create_openreq_child()",
        "The handshake is whole: the request becomes a socket, which waits in the accept queue.",
        ("TCP/UDP", "softirq"),
        passes=False,
    ),
    "inet_csk_accept": Declaration(
        "inet_csk_accept()",
        "The application takes a connection out of the accept queue and gets a descriptor for it.",
        ("read",),
        passes=False,
    ),
    "accept_dequeue": Declaration(
        "reqsk_queue_remove()",
        "The accept queue is looked at under the listener's lock; another thread may have been first.",
        ("read",),
        passes=False,
    ),
    "fd_table": Declaration(
        "__alloc_fd(), __close_fd()",
        "The process's table of descriptors, shared by all its threads, with a lock around it.",
        ("read",),
        passes=False,
    ),
    "ep_poll_callback": Declaration(
        "ep_poll_callback()",
        "Somebody watches this socket: it is put onto the ready list of that epoll instance.",
        ("socket", "softirq"),
        passes=False,
    ),
    "spin_lock": Declaration(
        "ticket_spin_lock(), queued_spin_lock_slowpath()",
        "Another core has the lock, or had it last: wait, then fetch the lines that it left changed.",
        ("socket", "softirq"),
        passes=False,
    ),
    "epoll_ctl": Declaration(
        "do_epoll_ctl(), ep_insert()",
        "The application asks to be told when this socket is ready: a system call for each socket.",
        ("read",),
        passes=False,
    ),
    "tcp_recvmsg": Declaration(
        "tcp_recvmsg_locked()",
        "The socket is locked and bytes are taken in order from its receive queue.",
        ("read",),
        counts="calls",
    ),
    "tcp_sendmsg": Declaration(
        "tcp_sendmsg_locked()",
        "The bytes get sk_buffs in the send queue, to stay until the peer acknowledges them.",
        ("send",),
    ),
    "tcp_transmit_skb": Declaration(
        "__tcp_transmit_skb()",
        "Ports, numbers and window go before the data, into a clone; the NIC fills the checksum in.",
        ("send",),
    ),
    "tcp_timer": Declaration(
        "tcp_write_timer(), tcp_delack_timer()",
        "Time is up: something is sent again, an ACK goes alone, or a connection is given up.",
        ("TCP/UDP", "softirq"),
        passes=False,
    ),
    "tcp_close": Declaration(
        "tcp_close(), sock_close()",
        "The application is done: a FIN is sent, and file and socket are taken apart.",
        ("read",),
        passes=False,
    ),
}
