"""The places on mTCP's way, from the NIC's ring to the application and back."""

from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE
from kbview.emulator.kernel.psio.stations import ENGINE, SEND
from kbview.tape.station import STACK, Domain, Station, bypass

RX_BURST = Station(
    "rx_burst",
    Domain.USER,
    "the TCP thread reads descriptors itself, up to 64 frames at a call",
)
TCP_THREAD = Station(
    "TCP thread",
    Domain.USER,
    "IP and TCP in one loop; text is copied into the stream's ring: copy 1",
)
EVENTS = Station(
    "events",
    Domain.USER,
    "events gather and are handed over a batch at a time",
)
FUTEX = Station(
    "futex",
    Domain.KERNEL,
    "a system call for a batch: it wakes the application's thread, or puts a thread to sleep",
)
READ = Station(
    "read",
    Domain.USER,
    "function calls, no system call: text is copied out of the ring: copy 2",
)
APP = Station("app", Domain.USER, "the application's own work")
JOBS = Station(
    "jobs",
    Domain.USER,
    "the answer is copied to the send buffer; a job tells the TCP thread, which writes its frames",
)
ABOVE = (TCP_THREAD, EVENTS, FUTEX, READ, APP, JOBS)
ON_DPDK = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST, *ABOVE, TX_RING)
ON_PSIO = (WIRE, NIC, *ENGINE, *ABOVE, SEND, TX_RING)
