"""The retransmission timeout from measured round trips: RFC 6298, times in picoseconds."""

from kbview.emulator.protocol.tcp.parameters import Parameters

_K = 4
_GRANULARITY_PS = 1_000_000_000  # a jiffy at 1000 HZ


class Rto:
    """`srtt_ps` is 0 until the first measurement. Each expiry in a row doubles the timeout."""

    __slots__ = ("_backoff", "_base_ps", "_least_ps", "_most_ps", "rttvar_ps", "srtt_ps")

    def __init__(self, parameters: Parameters) -> None:
        self.srtt_ps = 0
        self.rttvar_ps = 0
        self._base_ps = parameters.rto_initial_ps
        self._least_ps = parameters.rto_min_ps
        self._most_ps = parameters.rto_max_ps
        self._backoff = 0

    @property
    def rto_ps(self) -> int:
        """The retransmission timeout, ps."""
        return min(self._base_ps << self._backoff, self._most_ps)

    def measured(self, rtt_ps: int) -> None:
        """Take the round-trip time of a segment that was sent once only (Karn)."""
        rtt_ps = max(rtt_ps, 1)
        if not self.srtt_ps:
            self.srtt_ps = rtt_ps
            self.rttvar_ps = rtt_ps // 2
        else:
            self.rttvar_ps += (abs(self.srtt_ps - rtt_ps) - self.rttvar_ps) // 4
            self.srtt_ps += (rtt_ps - self.srtt_ps) // 8
        self._base_ps = max(self.srtt_ps + max(_GRANULARITY_PS, _K * self.rttvar_ps), self._least_ps)
        self._backoff = 0

    def back_off(self) -> None:
        """The timer expired: double the timeout."""
        if self._base_ps << self._backoff < self._most_ps:
            self._backoff += 1

    def start_over(self, rto_ps: int) -> None:
        """The SYN was lost: forget the measurements."""
        self._base_ps = max(self._base_ps, rto_ps)
        self._backoff = 0
