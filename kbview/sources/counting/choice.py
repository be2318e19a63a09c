"""The choice of packets that are told: all of a quiet interface, a sample of a busy one.

    up to QUIET_PPS          every tracepoint is recorded: all packets, each with all that happened
    beyond                   records are off; one packet in 2^n is followed by the counting programs

Recording costs a reader about 0.15 ms of CPU a packet (docs/tracing.md) and halves a busy workload, so
it ends where it would take a third of a core.
"""

BUSY_PPS, QUIET_PPS = 2000, 1000  # frames a second, both directions: to the sample, and back
STORIES_PPS = 200  # packets a second that a sample is to have
_CALM_S = 2.0  # so long a busy interface must be quiet before all of it is recorded again
_MOST = 1 << 20


class StoryChoice:
    """`sampled` says which of the two it is, `one_in` the share of a sample: a power of two.

    `always`: nothing is recorded, also while the interface is quiet.
    """

    def __init__(self, *, always: bool = False) -> None:
        self.sampled = self._always = always
        self.one_in = 1
        self._calm_since_s: float | None = None

    def decide(self, now_s: float, rate_pps: float) -> None:
        """Take a rate that was measured just now."""
        if rate_pps > BUSY_PPS:
            self.sampled, self._calm_since_s = True, None
        elif rate_pps < QUIET_PPS:
            self._calm_since_s = now_s if self._calm_since_s is None else self._calm_since_s
            if now_s - self._calm_since_s >= _CALM_S:
                self.sampled = self._always
        else:
            self._calm_since_s = None
        self.one_in = 1
        while self.one_in * STORIES_PPS < rate_pps and self.one_in < _MOST:
            self.one_in *= 2
