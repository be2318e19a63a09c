"""The steps of a read that take an sk_buff off a socket's queue.

    datagram   udp_recvmsg() takes it under the queue's lock, once for each sk_buff
    stream     tcp_recvmsg() locks the socket, once for each call; then copy and free of each sk_buff

Linux: net/ipv4/udp.c udp_recvmsg(), net/ipv4/tcp.c tcp_recvmsg(), net/socket.c do_recvmmsg()
"""

from kbview.emulator.cost import Prices
from kbview.emulator.kernel.socket.socket import TAKES

MESSAGE = ("msghdr_copy", "mmsghdr_next")  # before each message of recvmmsg()


class TakeSteps:
    """The steps that take an sk_buff: `each`, the `last` of a call, a `part` of it, or a `message`."""

    def __init__(self, prices: Prices, *take: str) -> None:
        self.each = prices.sequence(*take)
        self.last = prices.sequence(*take, "syscall_exit")
        self.part = prices.sequence(*take[:-1], "syscall_exit")
        self.message = prices.sequence(*MESSAGE, *take)
        self.whole = (self.each, self.last, self.message)  # for a whole sk_buff


Takes = tuple[TakeSteps, TakeSteps]  # by whether another core has queued the sk_buff


def take_steps(prices: Prices) -> tuple[Takes, Takes]:
    """The steps for datagrams, and for the sk_buffs of a stream."""
    near, far = TAKES
    datagrams = TakeSteps(prices, *near), TakeSteps(prices, *far)
    return datagrams, (TakeSteps(prices, *near[1:]), TakeSteps(prices, *far[1:]))
