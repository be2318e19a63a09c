"""What settings may be: words, ranges, and what excludes what. Refused with one line each."""

from typing import TYPE_CHECKING

from kbview.emulator.refusal import ScenarioError, at_least, one_of, power_of_two, within
from kbview.packet.frame import ETHERNET_MINIMUM

if TYPE_CHECKING:
    from kbview.emulator.settings import Settings

LONGEST_FRAME = 9_622  # jumbo frame with FCS
RECV_CALLS = ("recv", "read", "recvmsg", "recvmmsg")
_APPS = ("sink", "echo", "forward", "drop", "http", "generate")
_MOST = 2_147_483_647  # the kernel's own knobs are ints
_LONGEST_TEXT = 1e15  # of one request or answer
_MOST_DESCRIPTORS = 65_536  # far beyond any NIC's ring

_WORDS = {
    "adaptive_moderation": ("off", "event", "completion"),
    "app": _APPS,
    "drop_at": ("driver", "xdp", "raw", "input", "reject"),
    "forward_at": ("ip", "xdp_tx", "xdp_redirect", "xdp_fib"),
    "generator": ("sendto", "pktgen"),
    "irq_cure": ("none", "polling"),
    "max_cstate": ("C1", "C1E", "C3", "C6"),
    "mtcp_io": ("dpdk", "psio"),
    "page": ("4K", "2M", "1G"),
    "recv_call": RECV_CALLS,
    "wait": ("read", "epoll"),
    "xdp_mode": ("zero_copy", "copy"),
}
_FROM_ONE_TO = {
    "blocks": 65_536,
    "burst": 4096,  # a whole ring of most NICs
    "cores": 256,
    "hz": 1000,
    "queues": 128,  # ixgbe; as many as the indirection table has entries
    "read_size": _MOST,
    "recv_batch": 1024,  # UIO_MAXIOV, to which recvmmsg() cuts its vector
    "routes": 2_000_000,  # twice the IPv4 Internet
    "somaxconn": 65_535,
}
_RANGES: dict[str, tuple[float, float]] = {
    "app_cycles": (0, _MOST),
    "block_bytes": (16_384, _MOST),
    "busy_poll_us": (0, _MOST),
    "clock_mhz": (1, 20_000),
    "clone_skb": (0, _MOST),
    "dpdk_empty_polls": (1, _MOST),
    "ipintrq_maxlen": (1, _MOST),
    "irq_defer_us": (0, _MOST),
    "mempool_cache": (0, 512),  # RTE_MEMPOOL_CACHE_MAX_SIZE
    "mempool_size": (1, _MOST),
    "moderation_frames": (0, _MOST),
    "moderation_us": (0, _MOST),
    "mss": (88, 9000),  # TCP_MIN_MSS, a jumbo frame
    "napi_weight": (1, _MOST),
    "netdev_budget": (1, _MOST),
    "netdev_budget_usecs": (1, _MOST),
    "nic_fifo_bytes": (16_384, 1 << 30),
    "poll_quota": (0, _MOST),
    "rcvbuf": (2304, _MOST),
    "request": (1, _LONGEST_TEXT),
    "requests": (0, _MOST),
    "response": (0, _LONGEST_TEXT),
    "retire_us": (1, _MOST),
    "sched_slice_us": (1, _MOST),
    "screenq_maxlen": (1, _MOST),
    "send_frames": (0, _MOST),
    "send_size": (ETHERNET_MINIMUM, LONGEST_FRAME),
    "sndbuf": (4608, _MOST),
    "tcp_rcvbuf": (2304, _MOST),
    "tcp_sndbuf": (4608, _MOST),
    "tx_moderation_us": (0, _MOST),
    "txqueuelen": (1, _MOST),
}
_RINGS = ("ring", "tx_ring")
_GBPS = (0.01, 800.0)  # 10 Mb/s Ethernet to 800 Gb/s


def check(settings: "Settings") -> None:
    """Refuse what cannot be: ScenarioError. What is None is left to the datapath."""
    told = {name: getattr(settings, name) for name in settings.__struct_fields__}
    told = {name: value for name, value in told.items() if value is not None}
    for name, value in told.items():
        if name in _WORDS:
            one_of(name, value, _WORDS[name])
        elif name in _FROM_ONE_TO:
            within(name, value, _FROM_ONE_TO[name])
        elif name in _RANGES:
            at_least(name, value, *_RANGES[name])
        elif name in _RINGS:
            power_of_two(name, value, _MOST_DESCRIPTORS)
    within("readers", settings.readers, settings.cores)
    _check_link(settings)
    _check_place(settings)
    _check_together(settings)


def _check_link(settings: "Settings") -> None:
    least, most = _GBPS
    if not least <= settings.link_gbps <= most:
        raise ScenarioError(
            f"link_gbps = {settings.link_gbps:g} is out of range; use {least:g} to {most:g}"
        )


def _check_place(settings: "Settings") -> None:
    if not 0 <= settings.reader_cpu < settings.cores:
        raise ScenarioError(
            f"app_cpu = {settings.app_cpu} is not one of the {settings.cores} cores; "
            f"use 0 to {settings.cores - 1}"
        )


def _check_together(settings: "Settings") -> None:
    """What excludes each other."""
    if settings.threaded_napi and (settings.busy_poll_us or settings.irq_defer_us):
        raise ScenarioError(
            "threaded_napi excludes busy_poll_us and irq_defer_us here; use one or the other"
        )
    if settings.xdp_generic and settings.forward_at in ("xdp_redirect", "xdp_fib"):
        raise ScenarioError(
            f'xdp_generic = true cannot do forward_at = "{settings.forward_at}"; use "xdp_tx" or "ip"'
        )
