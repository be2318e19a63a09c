"""Connections: how they come to be, carry data and end. Linux: net/ipv4/tcp_*.c, RFC 9293"""

from kbview.tape.event import Meaning

CONNECTION: dict[str, Meaning] = {
    "ip_defrag": Meaning(
        "ip_defrag()",
        "A fragment: it waits in a queue of its datagram until the others are here, or time is up.",
    ),
    "tcp_conn_request": Meaning(
        "tcp_conn_request()",
        "A SYN on a listening socket: a small request is remembered and answered with SYN and ACK.",
    ),
    "tcp_create_child": Meaning(
        "tcp_v4_syn_recv_sock(), tcp_create_openreq_child()",
        "The handshake is whole: the request becomes a socket, which waits in the accept queue.",
    ),
    "inet_csk_accept": Meaning(
        "inet_csk_accept()",
        "The application takes a connection out of the accept queue and gets a descriptor for it.",
    ),
    "accept_dequeue": Meaning(
        "reqsk_queue_remove()",
        "The accept queue is looked at under the listener's lock; another thread may have been first.",
    ),
    "fd_table": Meaning(
        "__alloc_fd(), __close_fd()",
        "The process's table of descriptors, one for all its threads, with a lock around it.",
    ),
    "ep_poll_callback": Meaning(
        "ep_poll_callback()",
        "Somebody watches this socket: it is put onto the ready list of that epoll instance.",
    ),
    "spin_lock": Meaning(
        "ticket_spin_lock(), queued_spin_lock_slowpath()",
        "Another core has the lock, or had it last: wait, then fetch the lines that it left changed.",
    ),
    "epoll_ctl": Meaning(
        "do_epoll_ctl(), ep_insert()",
        "The application asks to be told when this socket has something, one system call for each.",
    ),
    "tcp_recvmsg": Meaning(
        "tcp_recvmsg_locked()",
        "The socket is locked and bytes are taken in order from its receive queue.",
    ),
    "tcp_sendmsg": Meaning(
        "tcp_sendmsg_locked()",
        "The bytes get sk_buffs in the send queue, to stay until the peer acknowledges them.",
    ),
    "tcp_transmit_skb": Meaning(
        "__tcp_transmit_skb()",
        "A header with ports, numbers and window is put before the data; a clone of it goes down.",
    ),
    "tcp_timer": Meaning(
        "tcp_write_timer(), tcp_delack_timer()",
        "Time is up: something is sent again, an ACK goes alone, or a connection is given up.",
    ),
    "tcp_close": Meaning(
        "tcp_close(), sock_close()",
        "The application is done: a FIN is sent, and file and socket are taken apart.",
    ),
}
