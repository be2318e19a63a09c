"""Unexplained drops: datagrams that IP lost without a counter, told when several readings agree."""

from collections import deque

from kbview.tape.vocabulary import DropReason, Place, drop_key

_READINGS = 8  # 0.8 s


class Unexplained:
    """The least of the last readings, and never less than before.

    A core may be handling a datagram in each reading (ip_protocol_deliver_rcu() counts at its end), so
    a number that is not greater than the number of cores is not told.
    """

    def __init__(self) -> None:
        self._recent: deque[int] = deque(maxlen=_READINGS)
        self.drops: dict[str, int] = {}

    def add(self, unexplained: int, cores: int) -> None:
        """Take in a reading; `drops` are by "where/REASON", empty while nothing is sure."""
        self._recent.append(unexplained)
        least = min(self._recent)
        if len(self._recent) == _READINGS and least > cores:
            key = drop_key(Place.IP, DropReason.NOT_SPECIFIED)
            self.drops = {key: max(least, self.drops.get(key, 0))}
