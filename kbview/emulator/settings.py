"""Settings: what can be turned on the machine and its software, with the defaults of the field."""

import msgspec

from kbview.emulator import bounds
from kbview.emulator.refusal import ScenarioError

__all__ = ["US_PS", "ScenarioError", "Settings"]

US_PS = 1_000_000


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a datapath may read. Sizes are bytes, times microseconds, as the kernel's own knobs.

    A datapath takes what concerns it and leaves the rest: docs/datapaths.md says what is whose. None is
    the datapath's or the profile's own. Where nothing is said, a default is the kernel's or driver's.
    """

    # The machine. Idle states no deeper than `max_cstate`; packet buffers in pages of `page`.
    cores: int = 2
    clock_mhz: int | None = None
    max_cstate: str = "C6"
    iommu: bool = False
    page: str | None = None

    # The NIC: rings and moderation of mlx5e (log 10; 16 us or 32 frames), the 82599's FIFO of 512 KB.
    # `tx_moderation_us`: so long a completed transmission waits for company before it interrupts.
    # `adaptive_moderation`: DIM chooses the waits, and counts from the last event or completion.
    queues: int = 1
    ring: int = 1024
    tx_ring: int = 1024
    link_gbps: float = 100.0
    nic_fifo_bytes: int = 524_288
    cqe_compression: bool | None = None
    moderation_us: float = 16.0
    moderation_frames: int = 32
    tx_moderation_us: float = 0.0
    adaptive_moderation: str = "off"

    # NAPI and softirqs; `hz` is CONFIG_HZ. `ksoftirqd_defers`: softirqs wait for ksoftirqd once that is
    # runnable, as in Linux 4.9 to 6.4. `threaded_napi`: kernel threads poll the queues.
    # `busy_poll_us`: so long a read that finds nothing polls the device before it sleeps (50 is what
    # net.core.busy_read is set to where it is). `irq_defer_us`: so long after a poll that found
    # something the interrupt stays off (gro_flush_timeout), and a busy poll comes before the softirq's.
    # `sched_slice_us`: how far one task may get ahead of another: sched_base_slice_ns, 3 ms; longer in
    # kernels before 6.6.
    hz: int = 250
    napi_weight: int = 64
    netdev_budget: int = 300
    netdev_budget_usecs: int = 8000
    ksoftirqd_defers: bool = False
    threaded_napi: bool = False
    busy_poll_us: float = 0.0
    irq_defer_us: float = 0.0
    sched_slice_us: int = 3000

    # The stack. `gro` merges segments in the driver's poll, `udp_gro` datagrams too (a socket option).
    # `forward_at` is what forwards: IP, or an XDP program that sends back, redirects, or looks up one
    # of `routes`; `xdp_generic`: it runs once the sk_buff was built.
    gro: bool = True
    udp_gro: bool = False
    conntrack: bool = False
    routes: int = 1
    forward_at: str = "ip"
    xdp_generic: bool = False
    txqueuelen: int = 1000

    # Sockets: rmem_default, tcp_rmem, wmem_default, somaxconn (since 5.4); tcp_sndbuf is what an
    # established connection starts with. `reuseport`: each of several readers listens by itself at the
    # same port (Linux 3.9), else all share one accept queue and its lock.
    rcvbuf: int = 212_992
    sndbuf: int = 212_992
    tcp_rcvbuf: int = 131_072
    tcp_sndbuf: int = 87_040
    mss: int = 1460
    somaxconn: int = 4096
    reuseport: bool = True
    closed_ports: tuple[int, ...] = ()

    # The application: what it does, on which core, with how much work of its own on each packet beyond
    # its own row. How it waits and what it reads datagrams with; how many recvmmsg() may take; its
    # buffer for a stream. `burst`: frames that a user-space stack takes or sends at a call.
    app: str = "sink"
    app_cpu: int | None = None
    app_cycles: float = 0.0
    drop_at: str = "driver"
    readers: int = 1
    wait: str = "epoll"
    recv_call: str = "recv"
    recv_batch: int = 32
    read_size: int = 16_384
    burst: int = 32

    # What `http` reads and answers, and how many it serves on a connection before it closes it, 0 for
    # all. What `generate` sends, and with what: sendto(), or pktgen, which sends each sk_buff
    # `clone_skb` rounds long.
    request: int = 64
    response: int = 64
    requests: int = 1
    send_size: int = 64
    send_frames: int = 100_000
    generator: str = "sendto"
    clone_skb: int = 0

    # Past the kernel: a packet socket's ring; an AF_XDP socket; DPDK, whose lcore sleeps after so many
    # empty polls in a row (l3fwd-power: 10) with `dpdk_interrupts`, whose pool has as many mbufs as
    # rings and caches need unless told; what brings frames to mTCP.
    blocks: int = 64
    block_bytes: int = 1 << 20
    retire_us: float = 8000.0
    xdp_mode: str = "zero_copy"
    need_wakeup: bool = True
    dpdk_interrupts: bool = False
    dpdk_empty_polls: int = 10
    mempool_size: int | None = None
    mempool_cache: int = 256
    mtcp_io: str = "dpdk"

    # The textbook path: kernel/netisr.py, screend.py, quota_driver.py. A quota of 0 is none.
    ipintrq_maxlen: int = 50
    screend: bool = False
    screenq_maxlen: int = 32
    irq_cure: str = "none"
    poll_quota: int = 5
    queue_feedback: bool = False

    def __post_init__(self) -> None:
        bounds.check(self)

    @property
    def reader_cpu(self) -> int:
        """Where the application runs on the kernel path: the last core unless told otherwise."""
        return self.cores - 1 if self.app_cpu is None else self.app_cpu

    @property
    def reader_cpus(self) -> list[int]:
        """Where its threads run: the first as said, the others on the cores before it."""
        return [(self.reader_cpu - thread) % self.cores for thread in range(self.readers)]
