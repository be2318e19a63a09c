"""Settings: what can be turned on the machine and its software, with the defaults of the field."""

import msgspec

from kbview.emulator.refusal import ScenarioError, at_least, one_of, power_of_two, within
from kbview.packet.frame import ETHERNET_MINIMUM

__all__ = ["US_PS", "ScenarioError", "Settings"]

US_PS = 1_000_000
MOST_CORES = 256
MOST_MHZ = 20_000
LONGEST_FRAME = 9_622  # jumbo frame with FCS
MOST_BLOCKS = 65_536
MOST_BURST = 4096  # a whole ring of most NICs
MOST_CACHE = 512  # RTE_MEMPOOL_CACHE_MAX_SIZE
MOST_QUEUES = 128  # ixgbe; as many as the indirection table has entries
APPS = ("sink", "echo", "forward", "drop", "http", "generate")
GENERATORS = ("sendto", "pktgen")
RECV_CALLS = ("recv", "read", "recvmsg", "recvmmsg")
MOST_HZ = 1000
MOST_MESSAGES = 1024  # UIO_MAXIOV, to which recvmmsg() cuts its vector
DROPS_AT = ("driver", "xdp", "raw", "input", "reject")
FORWARDS_AT = ("ip", "xdp_tx", "xdp_redirect", "xdp_fib")
WORDS = {
    "app": APPS,
    "drop_at": DROPS_AT,
    "forward_at": FORWARDS_AT,
    "adaptive_moderation": ("off", "event", "completion"),
    "generator": GENERATORS,
    "irq_cure": ("none", "polling"),
    "max_cstate": ("C1", "C1E", "C3", "C6"),
    "mtcp_io": ("dpdk", "psio"),
    "recv_call": RECV_CALLS,
    "wait": ("read", "epoll"),
    "xdp_mode": ("zero_copy", "copy"),
}
LEAST = {
    "napi_weight": 1,
    "netdev_budget": 1,
    "netdev_budget_usecs": 1,
    "moderation_us": 0,
    "moderation_frames": 0,
    "tx_moderation_us": 0,
    "busy_poll_us": 0,
    "irq_defer_us": 0,
    "rcvbuf": 2304,
    "tcp_rcvbuf": 2304,
    "txqueuelen": 1,
    "app_cycles": 0,
    "send_frames": 0,
    "clone_skb": 0,
    "sndbuf": 4608,
    "block_bytes": 16_384,
    "retire_us": 1,
    "sched_slice_us": 1,
    "dpdk_empty_polls": 1,
    "ipintrq_maxlen": 1,
    "poll_quota": 0,
    "screenq_maxlen": 1,
}
LEAST_GBPS, MOST_GBPS = 0.01, 800.0  # 10 Mb/s Ethernet to 800 Gb/s
MOST_FIFO = 1 << 30
MOST_ROUTES = 2_000_000  # twice the IPv4 Internet
LONGEST_TEXT = 1e15  # of one request or answer
MOST = 2_147_483_647  # the kernel's own knobs are ints
MOST_DESCRIPTORS = 65_536  # far beyond any NIC's ring


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a datapath may read. Sizes are bytes, times microseconds, as the kernel's own knobs.

    Defaults: ring of mlx5e (log 10), its moderation 16 us or 32 frames, NAPI weight 64,
    netdev_budget 300 and 8000 us (HZ=250), rmem_default 212992, tcp_rmem 131072, txqueuelen 1000;
    CALIBRATION part 3. `tx_moderation_us` is how long a completed transmission waits for company before
    it interrupts; with `adaptive_moderation` DIM chooses the waits, and counts their time from the last
    event or completion. The NIC's FIFO is the 82599's 512 KB. `cqe_compression` and `page`, that of
    packet buffers, are the datapath's own when None. `app_cycles` is work of the application on
    each packet beyond its own row. somaxconn 4096 (since Linux 5.4); tcp_sndbuf is what an
    established connection starts with there (tcp_sndbuf_expand). `request` and `response` are bytes
    of what the application `http` reads and answers, `requests` how many it serves on a connection
    before it closes it, 0 for all. `burst` is how many frames a user-space stack takes or sends at
    a call (DPDK's examples: 32). `send_size` and `send_frames` are what the application `generate`
    sends: frame length with FCS, and how many; on the kernel path `generator` says with what: sendto(),
    or pktgen, which sends each sk_buff `clone_skb` rounds long. sndbuf is wmem_default.
    `blocks`, `block_bytes` and `retire_us` are the ring
    of a packet socket. `xdp_mode` and `need_wakeup` are how an AF_XDP socket is bound.
    `forward_at` is what forwards for the application `forward`: IP, or an XDP program that sends back,
    redirects, or looks up one of `routes`; `xdp_generic`: it runs once the sk_buff was built.
    `wait` is how the application waits, `recv_call` what it reads datagrams with, `recv_batch` how many
    recvmmsg() may take, `read_size` the application's buffer for a stream. `gro` merges segments in
    the driver's poll, `udp_gro` datagrams too (the socket option UDP_GRO); `hz` is CONFIG_HZ.
    `ksoftirqd_defers`: softirqs wait for ksoftirqd once that is runnable, as in Linux 4.9 to 6.4.
    `reuseport`: each of several readers listens by itself at the same port (Linux 3.9), else all of
    them share one accept queue and its lock.
    `mtcp_io` is what brings frames to mTCP: its poll-mode driver or PacketShader's engine.
    `ipintrq_maxlen`, `screend`, `screenq_maxlen`, `irq_cure`, `poll_quota` (0 is none) and
    `queue_feedback` are the textbook path's: kernel/netisr.py, screend.py, quota_driver.py.
    `threaded_napi`: on the datapath kernel threads poll the queues, not softirqs.
    `busy_poll_us`: for so long a read that finds nothing polls the device before it sleeps (50 is what
    net.core.busy_read is set to where it is). `irq_defer_us`: so long after a poll that found something
    the interrupt stays off (gro_flush_timeout), and a busy poll comes before the softirq's.
    `sched_slice_us` is how far one task may get ahead of another: sched_base_slice_ns, 3 ms; longer in
    kernels before 6.6.
    With `dpdk_interrupts` an lcore sleeps after so many empty polls in a row (l3fwd-power: 10). A
    mempool has `mempool_size` mbufs, None: what rings and caches need, `mempool_cache` is an lcore's.
    """

    cores: int = 2
    queues: int = 1
    clock_mhz: int | None = None
    ring: int = 1024
    tx_ring: int = 1024
    link_gbps: float = 100.0
    nic_fifo_bytes: int = 524_288
    cqe_compression: bool | None = None
    iommu: bool = False
    page: str | None = None
    max_cstate: str = "C6"
    moderation_us: float = 16.0
    moderation_frames: int = 32
    tx_moderation_us: float = 0.0
    adaptive_moderation: str = "off"
    napi_weight: int = 64
    netdev_budget: int = 300
    netdev_budget_usecs: int = 8000
    rcvbuf: int = 212_992
    tcp_rcvbuf: int = 131_072
    closed_ports: tuple[int, ...] = ()
    wait: str = "epoll"
    recv_call: str = "recv"
    recv_batch: int = 32
    read_size: int = 16_384
    gro: bool = True
    udp_gro: bool = False
    hz: int = 250
    app: str = "sink"
    app_cpu: int | None = None
    app_cycles: float = 0.0
    drop_at: str = "driver"
    forward_at: str = "ip"
    xdp_generic: bool = False
    conntrack: bool = False
    routes: int = 1
    readers: int = 1
    burst: int = 32
    send_size: int = 64
    send_frames: int = 100_000
    generator: str = "sendto"
    clone_skb: int = 0
    sndbuf: int = 212_992
    txqueuelen: int = 1000
    somaxconn: int = 4096
    tcp_sndbuf: int = 87_040
    mss: int = 1460
    request: int = 64
    response: int = 64
    requests: int = 1
    blocks: int = 64
    block_bytes: int = 1 << 20
    retire_us: float = 8000.0
    xdp_mode: str = "zero_copy"
    need_wakeup: bool = True
    ksoftirqd_defers: bool = False
    threaded_napi: bool = False
    busy_poll_us: float = 0.0
    irq_defer_us: float = 0.0
    sched_slice_us: int = 3000
    dpdk_interrupts: bool = False
    dpdk_empty_polls: int = 10
    mempool_size: int | None = None
    mempool_cache: int = 256
    mtcp_io: str = "dpdk"
    ipintrq_maxlen: int = 50
    screend: bool = False
    screenq_maxlen: int = 32
    irq_cure: str = "none"
    poll_quota: int = 5
    queue_feedback: bool = False
    reuseport: bool = True

    def __post_init__(self) -> None:
        within("cores", self.cores, MOST_CORES)
        for name, least in LEAST.items():
            at_least(name, getattr(self, name), least, MOST)
        for name, known in WORDS.items():
            one_of(name, getattr(self, name), known)
        if self.clock_mhz is not None:
            at_least("clock_mhz", self.clock_mhz, 1, MOST_MHZ)
        within("queues", self.queues, MOST_QUEUES)
        within("readers", self.readers, self.cores)
        within("burst", self.burst, MOST_BURST)
        within("blocks", self.blocks, MOST_BLOCKS)
        at_least("send_size", self.send_size, ETHERNET_MINIMUM, LONGEST_FRAME)
        self._check_streams()
        self._check_polling()
        if not LEAST_GBPS <= self.link_gbps <= MOST_GBPS:
            raise ScenarioError(
                f"link_gbps = {self.link_gbps:g} is out of range; use {LEAST_GBPS:g} to {MOST_GBPS:g}"
            )
        at_least("nic_fifo_bytes", self.nic_fifo_bytes, 16_384, MOST_FIFO)
        power_of_two("ring", self.ring, MOST_DESCRIPTORS)
        power_of_two("tx_ring", self.tx_ring, MOST_DESCRIPTORS)
        if self.page is not None:
            one_of("page", self.page, ("4K", "2M", "1G"))
        within("recv_batch", self.recv_batch, MOST_MESSAGES)
        within("read_size", self.read_size, MOST)
        within("hz", self.hz, MOST_HZ)
        self._check_filters()
        if not 0 <= self.reader_cpu < self.cores:
            raise ScenarioError(
                f"app_cpu = {self.app_cpu} is not one of the {self.cores} cores; "
                f"use 0 to {self.cores - 1}"
            )

    def _check_polling(self) -> None:
        if self.threaded_napi and (self.busy_poll_us or self.irq_defer_us):
            raise ScenarioError(
                "threaded_napi excludes busy_poll_us and irq_defer_us here; use one or the other"
            )

    def _check_filters(self) -> None:
        within("routes", self.routes, MOST_ROUTES)
        if self.xdp_generic and self.forward_at in ("xdp_redirect", "xdp_fib"):
            raise ScenarioError(
                f'xdp_generic = true cannot do forward_at = "{self.forward_at}"; use "xdp_tx" or "ip"'
            )

    def _check_streams(self) -> None:
        at_least("mempool_cache", self.mempool_cache, 0, MOST_CACHE)
        if self.mempool_size is not None:
            at_least("mempool_size", self.mempool_size, 1, MOST)
        within("somaxconn", self.somaxconn, 65_535)
        at_least("tcp_sndbuf", self.tcp_sndbuf, 4608, MOST)
        at_least("mss", self.mss, 88, 9000)  # TCP_MIN_MSS, a jumbo frame
        at_least("request", self.request, 1, LONGEST_TEXT)
        at_least("response", self.response, 0, LONGEST_TEXT)
        at_least("requests", self.requests, 0, MOST)

    @property
    def reader_cpu(self) -> int:
        """Where the application runs on the kernel path: the last core unless told otherwise."""
        return self.cores - 1 if self.app_cpu is None else self.app_cpu

    @property
    def reader_cpus(self) -> list[int]:
        """Where its threads run: the first as said, the others on the cores before it."""
        return [(self.reader_cpu - thread) % self.cores for thread in range(self.readers)]
