"""The places on mTCP's way, from the NIC's ring to the application and back."""

from kbview.emulator.datapath import NIC, RX_RING, TX_RING, WIRE
from kbview.emulator.kernel.psio.stations import ENGINE
from kbview.tape.station import STACK, Domain, Station, bypass

RX_BURST = Station(
    "rx_burst",
    Domain.USER,
    "the TCP thread reads descriptors itself, up to 64 frames at a call",
    ("rx_burst", "rx_burst_empty", "BurstReceived", "pmd_descriptor", "mbuf_alloc"),
)
TCP_THREAD = Station(
    "TCP thread",
    Domain.USER,
    "IP and TCP in one loop; text is copied into the stream's ring: copy 1",
    ("mtcp_ip_in", "mtcp_tcp_in", "mtcp_create_stream", "mtcp_copy_in", "mtcp_timer", "mbuf_free"),
)
EVENTS = Station(
    "events",
    Domain.USER,
    "events gather and are handed over a batch at a time; then a futex wakes the application",
    ("mtcp_event", "mtcp_flush_events", "SocketQueued", "futex_wake"),
)
READ = Station(
    "read",
    Domain.USER,
    "function calls, no system call: text is copied out of the ring: copy 2",
    ("mtcp_epoll_wait", "mtcp_accept", "mtcp_read", "SocketDequeued", "mtcp_copy_out"),
)
APP = Station("app", Domain.USER, "the application's own work", ("app_work",))
JOBS = Station(
    "jobs",
    Domain.USER,
    "the answer is copied to the send buffer; a job tells the TCP thread, which writes its frames",
    (
        "mtcp_write",
        "mtcp_copy_back",
        "mtcp_job",
        "mtcp_tcp_out",
        "mtcp_copy_frame",
        "tx_burst",
        "pmd_tx_descriptor",
        "psio_send",
        "psio_tx_cell",
        "psio_tx_copy",
    ),
)
ABOVE = (TCP_THREAD, EVENTS, READ, APP)
ANSWER = (JOBS, TX_RING)
ON_DPDK = (WIRE, NIC, RX_RING, *bypass(STACK), RX_BURST, *ABOVE)
ON_PSIO = (WIRE, NIC, *ENGINE, *ABOVE)
