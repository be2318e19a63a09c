"""The places on DPDK's way past the stack, with and without sleep; all but one are in user space.

polling    wire NIC rx ring ║ (kernel bypassed)     ║ rx_burst mbuf app ║ tx_burst ║ tx ring
sleeping   the same         ║ irq, epoll: in a sleep ║ the same
"""

from kbview.tape.station import Domain, Station

EPOLL = Station(
    "epoll",
    Domain.KERNEL,
    "after some empty polls the lcore sleeps here; the interrupt wakes it through an eventfd",
)
RX_BURST = Station(
    "rx_burst",
    Domain.USER,
    "the application reads descriptors itself, a burst at a call; it never sleeps",
)
MBUF = Station(
    "mbuf",
    Domain.USER,
    "a buffer from a pool in hugepages; the NIC wrote into it, nobody copies",
)
APP = Station("app", Domain.USER, "the application's own work")
TX_BURST = Station(
    "tx_burst",
    Domain.USER,
    "addresses are rewritten, descriptors posted, and the doorbell rung once for all of them",
)
