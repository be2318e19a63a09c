"""A UDP socket's send buffer: it bounds the memory of sk_buffs on their way out.

    sendto() --charge, truesize--> qdisc, ring, NIC --sock_wfree()--> less than half is used? wake

A call may begin while any of sndbuf is free, however long its datagram. A task that finds the buffer
full sleeps until less than half is used (sock_writeable), so that not every freed sk_buff wakes it.
Linux: net/core/sock.c sock_alloc_send_pskb(), sock_wfree(), sock_def_write_space()
"""

from kbview.emulator.hardware.core import Core
from kbview.emulator.hardware.machine import Machine
from kbview.emulator.kernel.skb import SK_BUFF
from kbview.emulator.kernel.socket.wait import WaitQueue
from kbview.packet.frame import Frame
from kbview.tape.meter import SocketMeter

_SHARED_INFO = 320  # struct skb_shared_info, cache-line aligned
_HEADROOM = 31  # LL_RESERVED_SPACE() of Ethernet and what ip_append_data() rounds up
_SMALLEST = 512  # kmalloc bucket of a minimal datagram


def linear_truesize(length: int) -> int:
    """Memory that an sk_buff made for a frame of `length` bytes is charged with, bytes.

    Headroom, data and skb_shared_info lie in one kmalloc bucket, a power of two:
    768 for 64 bytes, 2304 for 1518. Linux: include/linux/skbuff.h SKB_TRUESIZE(), __alloc_skb()
    """
    bucket = _SMALLEST
    while bucket < length + _HEADROOM + _SHARED_INFO:
        bucket *= 2
    return SK_BUFF + bucket


class SendBuffer:
    """The send buffer of a socket. `sndbuf`: SO_SNDBUF as the kernel keeps it, bytes of truesize."""

    def __init__(self, machine: Machine, name: str, sndbuf: int) -> None:
        self.name = name
        self.used = 0
        self.waiters = WaitQueue(machine)
        self._sndbuf = sndbuf
        self._counts = machine.counts

    @property
    def full(self) -> bool:
        """Whether the next call sleeps."""
        return self.used >= self._sndbuf

    def charge(self, core: Core, frame: Frame) -> int:
        """Charge the sk_buff of a frame; returns its truesize in bytes."""
        size = linear_truesize(frame.length)
        self.used += size
        self._counts.send_queued(core, self.name, self.used, self._sndbuf)
        return size

    def freed(self, core: Core, frame: Frame) -> None:
        """sock_wfree(): the sk_buff of a frame is freed, after it was sent or dropped."""
        self.used -= linear_truesize(frame.length)
        self._counts.send_acknowledged(core, self.name, self.used)
        if self.waiters.sleeper is not None and 2 * self.used < self._sndbuf:
            self.waiters.wake(core)

    def meter(self) -> SocketMeter:
        """The meter of the socket."""
        return SocketMeter(self.name, send_queued=self.used)
