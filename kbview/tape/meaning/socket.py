"""The socket and the system calls that empty and fill it. Linux: net/socket.c, fs/eventpoll.c"""

from kbview.tape.event import Meaning

SOCKET: dict[str, Meaning] = {
    "socket_enqueue": Meaning(
        "__udp_enqueue_schedule_skb(), tcp_queue_rcv()",
        "Into the receive queue, charged by truesize; when rcvbuf is full it is dropped instead.",
    ),
    "syscall_enter": Meaning(
        "entry_SYSCALL_64",
        "The application asks the kernel: the core goes to kernel mode, the first of two switches.",
    ),
    "epoll_wait": Meaning(
        "do_epoll_wait(), ep_send_events()",
        "Which of many sockets have something to read? If none has, the task sleeps here.",
    ),
    "vfs_read": Meaning(
        "ksys_read(), vfs_read(), sock_read_iter()",
        "read() is any file's: checks and a look into the file's table of functions before the socket.",
    ),
    "msghdr_copy": Meaning(
        "copy_msghdr_from_user(), import_iovec(), put_user()",
        "recvmsg() has its arguments in memory: header and vector are copied in, flags out.",
    ),
    "mmsghdr_next": Meaning(
        "do_recvmmsg()",
        "The next message of a vector: its length is written out, its buffers were not touched lately.",
    ),
    "socket_recv": Meaning(
        "sock_recvmsg(), udp_recvmsg() or tcp_recvmsg()",
        "The socket is locked and the packet is taken off its receive queue.",
    ),
    "copy_to_user": Meaning(
        "skb_copy_datagram_iter(), copy_to_user()",
        "The application may not look into the kernel's memory, so the payload is copied out to it.",
    ),
    "skb_free": Meaning(
        "consume_skb(), kfree_skb()",
        "Nobody needs the sk_buff any more: record and buffer go back to where they came from.",
    ),
    "skb_frag_unref": Meaning(
        "skb_release_data(), __skb_frag_unref()",
        "The buffer of a packet that was merged into this one goes back: one atomic count less.",
    ),
    "udp_gro_cmsg": Meaning(
        "udp_cmsg_recv(), put_cmsg()",
        "Many datagrams in one read: the application is told how long each of them is.",
    ),
    "syscall_exit": Meaning(
        "syscall_exit_to_user_mode()",
        "Back to user mode: the second mode switch of the call.",
    ),
    "app_work": Meaning(
        "the application",
        "What all of this is for.",
    ),
    "socket_send": Meaning(
        "sock_sendmsg(), udp_sendmsg() or tcp_sendmsg()",
        "The call finds the socket, and looks at what is to be sent and to whom.",
    ),
    "sock_alloc_send_skb": Meaning(
        "sock_alloc_send_pskb(), alloc_skb()",
        "A new sk_buff, charged to the send buffer by truesize; a caller sleeps while that is full.",
    ),
    "udp_send_skb": Meaning(
        "udp_send_skb(), ip_make_skb()",
        "Ports, length and checksum are written in front of the payload.",
    ),
    "copy_from_user": Meaning(
        "copy_from_iter(), copy_from_user()",
        "The application may change its buffer at once, so the kernel needs a copy.",
    ),
}
