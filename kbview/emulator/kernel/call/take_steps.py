"""The steps of a read that take an sk_buff off a socket's queue.

Linux: net/ipv4/udp.c udp_recvmsg(), net/socket.c do_recvmmsg()
"""

from kbview.emulator.cost import Prices
from kbview.emulator.kernel.socket.socket import TAKES

MESSAGE = ("msghdr_copy", "mmsghdr_next")  # before each message of recvmmsg()


class TakeSteps:
    """The steps that take an sk_buff: `each`, the `last` of a call, a `part` of it, or a `message`."""

    def __init__(self, prices: Prices, *, far: bool) -> None:
        take = TAKES[far]
        self.each = prices.sequence(*take)
        self.last = prices.sequence(*take, "syscall_exit")
        self.part = prices.sequence(*take[:-1], "syscall_exit")
        self.message = prices.sequence(*MESSAGE, *take)
        self.whole = (self.each, self.last, self.message)  # for a whole sk_buff
