"""Settings: what can be turned on the machine and its software, with the defaults of the field."""

import msgspec

US_PS = 1_000_000
MOST_CORES = 256
MOST_DESCRIPTORS = 65_536  # far beyond any NIC's ring


class ScenarioError(Exception):
    """A scenario that cannot be: one line with what, where and what to use instead."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that a datapath may read. Sizes are bytes, times microseconds, as the kernel's own knobs.

    Defaults: ring of mlx5e (log 10), its moderation 16 us or 32 frames, NAPI weight 64,
    netdev_budget 300 and 8000 us (HZ=250), rmem_default 212992, tcp_rmem 131072; CALIBRATION part 3.
    """

    cores: int = 2
    clock_mhz: int | None = None
    ring: int = 1024
    moderation_us: float = 16.0
    moderation_frames: int = 32
    napi_weight: int = 64
    netdev_budget: int = 300
    netdev_budget_usecs: int = 8000
    rcvbuf: int = 212_992
    tcp_rcvbuf: int = 131_072
    closed_ports: tuple[int, ...] = ()
    wait: str = "epoll"
    app_cpu: int | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.cores <= MOST_CORES:
            raise ScenarioError(f"cores = {self.cores} is out of range; use 1 to {MOST_CORES}")
        _at_least("napi_weight", self.napi_weight, 1)
        _at_least("netdev_budget", self.netdev_budget, 1)
        _at_least("netdev_budget_usecs", self.netdev_budget_usecs, 1)
        _at_least("moderation_us", self.moderation_us, 0)
        _at_least("moderation_frames", self.moderation_frames, 0)
        _at_least("rcvbuf", self.rcvbuf, 2304)
        _at_least("tcp_rcvbuf", self.tcp_rcvbuf, 2304)
        if self.clock_mhz is not None:
            _at_least("clock_mhz", self.clock_mhz, 1)
        if self.ring > MOST_DESCRIPTORS:
            raise ScenarioError(f"ring = {self.ring} is too large; use {MOST_DESCRIPTORS} or less")
        if self.ring < 2 or self.ring & (self.ring - 1):
            raise ScenarioError(f"ring = {self.ring} is not a power of two; {_nearest(self.ring)}")
        if self.wait not in ("read", "epoll"):
            raise ScenarioError(f'wait = "{self.wait}" is unknown; use "read" or "epoll"')
        if not 0 <= self.reader_cpu < self.cores:
            raise ScenarioError(
                f"app_cpu = {self.app_cpu} is not one of the {self.cores} cores; "
                f"use 0 to {self.cores - 1}"
            )

    @property
    def reader_cpu(self) -> int:
        """Where the application runs on the kernel path: the last core unless told otherwise."""
        return self.cores - 1 if self.app_cpu is None else self.app_cpu


def _at_least(name: str, value: float, least: float) -> None:
    if value < least:
        raise ScenarioError(f"{name} = {value} is too small; use {least} or more")


def _nearest(ring: int) -> str:
    if ring < 2:
        return "use 2 or more"
    below = 1 << (ring.bit_length() - 1)
    return f"use {below} or {below * 2}"
