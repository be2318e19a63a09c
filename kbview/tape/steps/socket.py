"""The socket and the system calls that empty and fill it. Linux: net/socket.c, fs/eventpoll.c"""

from kbview.tape.steps.declaration import Declaration

SOCKET: dict[str, Declaration] = {
    "socket_enqueue": Declaration(
        "__udp_enqueue_schedule_skb(), tcp_queue_rcv()",
        "Into the receive queue, charged by truesize; when rcvbuf is full it is dropped instead.",
        ("socket", "softirq"),
    ),
    "syscall_enter": Declaration(
        "entry_SYSCALL_64",
        "The application asks the kernel: the core goes to kernel mode, the first of two switches.",
        (
            "ioctl",
            "futex",
            "epoll",
            "read",
            "poll",
            "wakeup",
            "send",
        ),
        passes=False,
        counts="calls",
    ),
    "epoll_wait": Declaration(
        "do_epoll_wait(), ep_send_events()",
        "Which of many sockets have something to read? If none has, the task sleeps here.",
        (
            "epoll",
            "read",
        ),
        passes=False,
        counts="calls",
    ),
    "vfs_read": Declaration(
        "ksys_read(), vfs_read(), sock_read_iter()",
        "read() is any file's: checks and a look into the file's table of functions before the socket.",
        ("read",),
        passes=False,
    ),
    "msghdr_copy": Declaration(
        "copy_msghdr_from_user(), import_iovec(), put_user()",
        "recvmsg() has its arguments in memory: header and vector are copied in, flags out.",
        ("read",),
        passes=False,
    ),
    "mmsghdr_next": Declaration(
        "do_recvmmsg()",
        "The next message of a vector: its length is written out, its buffers were not touched lately.",
        ("read",),
    ),
    "socket_recv": Declaration(
        "sock_recvmsg(), udp_recvmsg()",
        "The packet is taken off the receive queue, under the queue's lock.",
        ("read",),
    ),
    "skb_lines": Declaration(
        "skb_unlink(), skb->len, skb->data; sk_rmem_alloc",
        "Another core queued the packet: lines of sk_buff and socket move here from that core's cache.",
        ("read",),
        passes=False,
    ),
    "call_refill": Declaration(
        "misses of the first-level cache behind a system call",
        "The call displaced lines of the application, which come back from the second-level cache.",
        ("app",),
        passes=False,
        counts="calls",
    ),
    "switch_refill": Declaration(
        "misses of the first-level cache behind a context switch",
        "Another task ran here: the lines of the application come back from the second-level cache.",
        ("app",),
        passes=False,
        counts="switches",
    ),
    "reader_lines": Declaration(
        "sk_rmem_alloc, sk_forward_alloc, dst_hold(), sk_wq; ___slab_alloc()",
        "The reader is on another core: lines of socket, route and sk_buffs come back from there.",
        ("socket", "softirq"),
    ),
    "copy_to_user": Declaration(
        "skb_copy_datagram_iter(), copy_to_user()",
        "The application may not look into the kernel's memory, so the payload is copied out to it.",
        (
            "read",
            "ioctl",
        ),
    ),
    "cold_line": Declaration(
        "a load of copy_to_user() that misses the last-level cache",
        "The datagram waited until later frames had displaced it: its first lines come from memory.",
        ("read",),
        passes=False,
        counts="lines",
    ),
    "copy_and_csum_to_user": Declaration(
        "skb_copy_and_csum_datagram_msg(), csum_and_copy_to_iter()",
        "The NIC has no checksum offload: each byte is summed on its way to the application.",
        ("read",),
    ),
    "skb_free": Declaration(
        "consume_skb(), skb_consume_udp()",
        "The reader is done with it and frees it; the core that allocated it may be another.",
        ("read",),
        passes=False,
    ),
    "skb_frag_unref": Declaration(
        "skb_release_data(), __skb_frag_unref()",
        "The buffer of a packet that was merged into this packet goes back: an atomic count less.",
        ("read",),
        passes=False,
    ),
    "udp_gro_cmsg": Declaration(
        "udp_cmsg_recv(), put_cmsg()",
        "Many datagrams in a single read: the application is told how long each of them is.",
        ("read",),
        passes=False,
    ),
    "syscall_exit": Declaration(
        "syscall_exit_to_user_mode()",
        "Back to user mode, the second switch; the kernel's lines have displaced some in the caches.",
        (
            "ioctl",
            "futex",
            "epoll",
            "read",
            "poll",
            "wakeup",
            "send",
        ),
        passes=False,
        counts="calls",
    ),
    "frame_touch": Declaration(
        "first load of the frame by the application",
        "The NIC wrote the frame past this core's caches, so the first load waits for a farther cache.",
        ("UDP/IP", "app"),
    ),
    "app_work": Declaration(
        "the application",
        "The application does its own work.",
        ("app",),
    ),
    "socket_send": Declaration(
        "sock_sendmsg(), udp_sendmsg() or tcp_sendmsg()",
        "The call finds the socket, and checks data and destination address.",
        ("send",),
    ),
    "sock_alloc_send_skb": Declaration(
        "sock_alloc_send_pskb(), alloc_skb()",
        "A new sk_buff, charged to the send buffer by truesize; a caller sleeps while that is full.",
        (
            "send",
            "pktgen",
        ),
    ),
    "udp_send_skb": Declaration(
        "udp_send_skb(), ip_make_skb()",
        "Ports and length are written in front of the payload; the NIC will fill the checksum in.",
        ("send",),
    ),
    "copy_from_user": Declaration(
        "copy_from_iter(), copy_from_user()",
        "The application may change its buffer at once, so the kernel needs a copy.",
        ("send",),
    ),
}
