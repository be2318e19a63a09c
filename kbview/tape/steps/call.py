"""System calls by name: the kernel's function, and a sentence on the work. Linux: fs/, net/socket.c"""

from collections.abc import Collection

from kbview.tape.event import Meaning

_READY = "The task asks which of its descriptors are ready, and sleeps until one is."
_READ = "read() is any file's; on a socket it takes waiting data out, or sleeps until data comes."
_SEND = "The task sends: its data goes into the kernel, and the core carries it down to the device."

_CALLS = {
    "recv": Meaning("__sys_recvfrom()", "The task asks for waiting data, or sleeps until data comes."),
    "recvfrom": Meaning(
        "__sys_recvfrom()", "The task asks for one datagram or waiting bytes; it sleeps if none waits."
    ),
    "recvmsg": Meaning(
        "__sys_recvmsg()", "As recvfrom(), with buffers and control data described in memory."
    ),
    "recvmmsg": Meaning(
        "__sys_recvmmsg()", "The task asks for many datagrams with a single call: two switches for all."
    ),
    "read": Meaning("ksys_read()", _READ),
    "readv": Meaning("do_readv()", "As read(), into several buffers of the task."),
    "epoll_wait": Meaning(
        "do_epoll_wait()",
        "Which of many sockets are ready? The kernel keeps the list; a call reads it.",
    ),
    "epoll_pwait": Meaning("do_epoll_pwait()", "As epoll_wait(), with a signal mask for the wait."),
    "epoll_pwait2": Meaning("do_epoll_pwait()", "As epoll_wait(), with its time limit in nanoseconds."),
    "epoll_ctl": Meaning(
        "do_epoll_ctl()", "The task names a socket that epoll_wait() shall report: a call for each."
    ),
    "poll": Meaning("do_sys_poll()", _READY),
    "ppoll": Meaning("do_sys_poll()", _READY),
    "select": Meaning("core_sys_select()", _READY),
    "pselect6": Meaning("core_sys_select()", _READY),
    "ioctl": Meaning("do_vfs_ioctl()", "A request to a driver, defined by that driver alone."),
    "sendto": Meaning("__sys_sendto()", _SEND),
    "send": Meaning("__sys_sendto()", _SEND),
    "sendmsg": Meaning("__sys_sendmsg()", _SEND),
    "sendmmsg": Meaning("__sys_sendmmsg()", "The task sends many datagrams with a single call."),
    "write": Meaning("ksys_write()", "write() is any file's; on a socket the data is to be sent."),
    "writev": Meaning("do_writev()", "As write(), from several buffers of the task."),
    "accept4": Meaning(
        "__sys_accept4()", "The task asks for a connection that waits in the accept queue."
    ),
    "connect": Meaning("__sys_connect()", "The task opens a connection: TCP sends a SYN."),
    "close": Meaning("close_fd()", "The task gives the socket up: of TCP, a FIN is sent."),
    "futex": Meaning("do_futex()", "The task sleeps on a word of memory, or wakes a task that does."),
}
# On paths with such a station a call of that name does other work.
_WHERE: dict[tuple[str, str], Meaning] = {
    ("poll", "block"): Meaning(
        "packet_poll()", "No block is ready: the task sleeps until the kernel hands a block over."
    ),
    ("poll", "sync"): Meaning(
        "netmap_poll()", "The call syncs the rings that are shared; it sleeps if they hold no frame."
    ),
    ("ioctl", "sync"): Meaning(
        "netmap_ioctl(NIOCTXSYNC)", "The call tells the NIC of all slots that were filled: no copy."
    ),
    ("ioctl", "copy"): Meaning(
        "ps_ioctl()", "A chunk of packets for a call: received into it, or sent out of it, by a copy."
    ),
    ("ioctl", "screend"): Meaning(
        "ioctl(SIOCSCREEN)", "The process gives its verdict on a packet and gets the next packet."
    ),
    ("poll", "umem"): Meaning(
        "xsk_poll()", "The driver has stopped for want of chunks, or the rx ring is empty: wake, wait."
    ),
    ("sendto", "umem"): Meaning(
        "xsk_sendmsg()",
        "The tx ring holds frames: the call makes the driver look at it; no data goes in.",
    ),
    ("epoll_wait", "epoll"): Meaning(
        "do_epoll_wait()",
        "Empty polls enough: the lcore sleeps until the interrupt's eventfd is ready.",
    ),
    ("read", "epoll"): Meaning(
        "eventfd_read()", "The lcore takes the interrupt out of its eventfd, to be ready for the next."
    ),
}


def call_meaning(name: str, visited: Collection[str]) -> Meaning | None:
    """Function and sentence of the system call `name` on a path of these stations; None if unknown."""
    fitting = (
        meaning for (call, station), meaning in _WHERE.items() if call == name and station in visited
    )
    return next(fitting, _CALLS.get(name))
