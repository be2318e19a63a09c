"""Shares: where a server's cycles go, as the mTCP paper divides them (figure 2).

application | packet I/O: the driver | TCP/IP | all else of the kernel: sockets, files, memory, locks
"""

from kbview.tape.meter import Meters

APPLICATION = ("app_work",)
PACKET_IO = (
    "napi_poll",
    "descriptor_read",
    "first_touch",
    "ndo_start_xmit",
    "doorbell",
    "tx_clean",
)
TCP_IP = (
    "ip_rcv",
    "ip_rcv_finish",
    "fib_lookup",
    "tcp_v4_early_demux",
    "tcp_v4_rcv",
    "tcp_conn_request",
    "tcp_create_child",
    "socket_enqueue",
    "tcp_recvmsg",
    "tcp_sendmsg",
    "tcp_transmit_skb",
    "tcp_timer",
    "ip_output",
)


def percent(meters: Meters, steps: tuple[str, ...]) -> float:
    """What these steps took of all that was spent."""
    whole = sum(stage.total_ps for stage in meters.stages.values())
    return (
        100
        * sum(meters.stages[step].total_ps for step in steps if step in meters.stages)
        / (whole or 1)
    )


def rest_percent(meters: Meters) -> float:
    """What is none of the three."""
    return 100 - percent(meters, (*APPLICATION, *PACKET_IO, *TCP_IP))
