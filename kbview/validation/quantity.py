"""Quantities: what a target may ask of the measured stretch of a run.

Each takes the growth of the meters over the stretch and its duration.
"""

from collections.abc import Callable

from kbview.experiment.figure import busy_ps, handled, mean_latency_us, rate
from kbview.tape.meter import Meters
from kbview.validation import shares

Quantity = Callable[[Meters, int], float]


def _busy_percent(meters: Meters, duration_ps: int) -> float:
    """Of the busiest core."""
    return max(100 * busy_ps(core) / duration_ps for core in meters.cores)


def _cpu_percent(meters: Meters, duration_ps: int) -> float:
    """Of all cores together: 200 is two cores that never rest."""
    return sum(100 * busy_ps(core) / duration_ps for core in meters.cores)


def _mean_latency_us(meters: Meters, _duration_ps: int) -> float:
    return mean_latency_us(meters) or 0.0


def _below_10_us(meters: Meters, _duration_ps: int) -> float:
    counts = meters.latency.counts
    total = sum(counts.values())
    return 100 * sum(n for bucket, n in counts.items() if bucket < 10_000_000) / total if total else 0.0


def _copied_gbps(meters: Meters, duration_ps: int) -> float:
    """What the application was given, without headers."""
    return rate(meters.copied_bytes * 8, duration_ps) / 1e9


def _copied_gbps_per_core(meters: Meters, duration_ps: int) -> float:
    """The same for each core's worth of busy time."""
    busy = sum(busy_ps(core) for core in meters.cores)
    return _copied_gbps(meters, duration_ps) * duration_ps / busy if busy else 0.0


def _copy_share(meters: Meters, _duration_ps: int) -> float:
    """Percent of the busy time of all cores that went into copies of payload."""
    busy = sum(busy_ps(core) for core in meters.cores)
    return 100 * sum(core.copy_ps for core in meters.cores) / busy if busy else 0.0


def _received(meters: Meters) -> int:
    """Frames that the NIC had a descriptor for."""
    return meters.arrived - meters.missed


def _served_percent(meters: Meters, _duration_ps: int) -> float:
    """What applications were given of what the host received."""
    return 100 * meters.delivered / max(1, _received(meters))


def _step_ns(*names: str) -> Quantity:
    """Nanoseconds of these steps for each frame that was sent."""

    def quantity(meters: Meters, _duration_ps: int) -> float:
        total_ps = sum(stage.total_ps for name, stage in meters.stages.items() if name in names)
        return total_ps / max(1, meters.sent) / 1e3

    return quantity


# Where a sendto() goes, by layer; below the device it is all that its driver does, later as well.
_SENDTO = {
    "sendto_user_ns": ("app_work",),
    "sendto_call_ns": ("syscall_enter", "syscall_exit"),
    "sendto_socket_ns": ("socket_send", "sock_alloc_send_skb", "copy_from_user"),
    "sendto_udp_ns": ("udp_send_skb",),
    "sendto_ip_ns": ("ip_output",),
    "sendto_link_ns": ("dev_queue_xmit",),
    "sendto_driver_ns": (
        "ndo_start_xmit",
        "doorbell",
        "tx_clean",
        "napi_consume_skb",
        "hardirq",
        "cache_pollution",
        "softirq_dispatch",
        "napi_poll",
        "napi_complete",
    ),
}


def _per(count: Callable[[Meters], int], packets: Callable[[Meters], int]) -> Quantity:
    return lambda meters, _duration_ps: count(meters) / max(1, packets(meters))


def _ended(meters: Meters) -> int:
    """Connections that the server closed."""
    stages = (meters.stages.get(step) for step in ("tcp_close", "mtcp_close"))
    return sum(stage.count for stage in stages if stage is not None)


QUANTITIES: dict[str, Quantity] = {
    "handled_mpps": lambda meters, ps: rate(handled(meters), ps) / 1e6,
    "handled_pps": lambda meters, ps: rate(handled(meters), ps),
    "received_mpps": lambda meters, ps: rate(_received(meters), ps) / 1e6,
    "no_socket_mpps": lambda meters, ps: rate(meters.drops.get("udp/NO_SOCKET", 0), ps) / 1e6,
    "raw_drops_mpps": lambda meters, ps: rate(meters.drops.get("ip/NETFILTER_DROP", 0), ps) / 1e6,
    "received_pps": lambda meters, ps: rate(_received(meters), ps),
    "served_percent": _served_percent,
    "rcvbuf_errors_pps": lambda meters, ps: rate(meters.drops.get("socket/SOCKET_RCVBUFF", 0), ps),
    "delivered_pps": lambda meters, ps: rate(meters.delivered, ps),
    "delivered_mpps": lambda meters, ps: rate(meters.delivered, ps) / 1e6,
    "delivered_gbps": lambda meters, ps: rate(meters.delivered_bytes * 8, ps) / 1e9,
    "copied_gbps": _copied_gbps,
    "copied_gbps_per_core": _copied_gbps_per_core,
    "sent_mpps": lambda meters, ps: rate(meters.sent, ps) / 1e6,
    "sent_ns": lambda meters, ps: ps / 1e3 / max(1, meters.sent),
    **{name: _step_ns(*steps) for name, steps in _SENDTO.items()},
    "sent_pps": lambda meters, ps: rate(meters.sent, ps),
    "forwarded_share": lambda meters, _ps: meters.sent / max(1, meters.arrived),
    "busy_percent": _busy_percent,
    "cpu_percent": _cpu_percent,
    "copy_percent": _copy_share,
    "interrupts_per_s": lambda meters, ps: rate(meters.interrupts, ps),
    "syscalls_per_s": lambda meters, ps: rate(meters.syscalls, ps),
    "interrupts_per_packet": _per(lambda m: m.interrupts, lambda m: m.arrived),
    "frames_per_poll": _per(_received, lambda m: m.polls - m.empty_polls),
    "syscalls_per_packet": _per(lambda m: m.syscalls, lambda m: m.delivered),
    "latency_mean_us": _mean_latency_us,
    "latency_p99_us": lambda meters, _ps: meters.latency.percentile(0.99) / 1e6,
    "latency_max_us": lambda meters, _ps: meters.latency.greatest / 1e6,
    "below_10us_percent": _below_10_us,
    "connections_per_s": lambda meters, ps: rate(_ended(meters), ps),
    "application_percent": lambda meters, _ps: shares.percent(meters, shares.APPLICATION),
    "packet_io_percent": lambda meters, _ps: shares.percent(meters, shares.PACKET_IO),
    "tcp_ip_percent": lambda meters, _ps: shares.percent(meters, shares.TCP_IP),
    "rest_percent": lambda meters, _ps: shares.rest_percent(meters),
}
