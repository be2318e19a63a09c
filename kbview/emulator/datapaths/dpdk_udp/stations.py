"""The stations of UDP in user space; the stack of the kernel is bypassed.

receiving   wire NIC rx ring | (kernel bypassed) | rx_burst UDP/IP port queue recv app
answering   the same, then   | send tx_burst | tx ring
"""

from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE
from kbview.tape.station import STACK, Domain, Station, bypass

RX_BURST = Station(
    "rx_burst",
    Domain.USER,
    "the application's library takes a burst of mbufs from the ring, and puts new mbufs there",
)
UDP_IP = Station(
    "UDP/IP",
    Domain.USER,
    "headers are checked as in the kernel; the destination port finds the socket in a hash table",
)
QUEUE = Station(
    "port queue",
    Domain.USER,
    "the receive queue of a port on this core: mbufs in a list, without a lock",
)
RECV = Station(
    "recv",
    Domain.USER,
    "recvfrom() is a function call: it takes the datagram and, by default, copies its payload",
)
APP = Station("app", Domain.USER, "the application's own work")
SEND = Station(
    "send",
    Domain.USER,
    "sendto() is a function call: it writes the headers of Ethernet, IP and UDP into an mbuf",
)
TX_BURST = Station(
    "tx_burst",
    Domain.USER,
    "descriptors are posted, and the doorbell is rung once for all of them",
)
ARRIVING = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST)
RECEIVING = (*ARRIVING, UDP_IP, QUEUE, RECV, APP)
LEAVING = (SEND, TX_BURST, TX_RING)
