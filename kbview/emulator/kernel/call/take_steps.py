"""The steps of a read that take an sk_buff off a socket's queue.

    datagram   udp_recvmsg() takes it under the queue's lock, once for each sk_buff
    stream     tcp_recvmsg() locks the socket, once for each call; then copy and free of each sk_buff

Linux: net/ipv4/udp.c udp_recvmsg(), net/ipv4/tcp.c tcp_recvmsg(), net/socket.c do_recvmmsg()
"""

from kbview.emulator.cost import Prices
from kbview.emulator.hardware.machine import Machine
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


Takes = list[TakeSteps]  # by the distance of the core that queued the sk_buff


def take_steps(machine: Machine) -> tuple[Takes, Takes]:
    """The steps for datagrams, and for sk_buffs of a stream; 3 distances with NUMA nodes, else 2."""
    prices, takes = machine.prices, TAKES if machine.nodes > 1 else TAKES[:2]
    datagrams = [TakeSteps(prices, *take) for take in takes]
    return datagrams, [TakeSteps(prices, *take[1:]) for take in takes]
