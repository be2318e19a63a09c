"""What the kernel itself counts of the lab's link: softirqs, polls and sk_buffs, by its tracepoints."""

import contextlib

from kbview.sources.linux.perf.tally import Tally, allowed
from kbview.sources.linux.tracefs import Mount
from kbview.sources.workers.message import StackCounts
from kbview.tape.source import SourceError

KNOWN = frozenset({"interrupts", "softirqs", "allocations", "frees"})
_NET_RX = "vec == 3"
_SEEN = ("net:netif_rx_entry", "net:napi_gro_receive_entry", "net:netif_receive_skb_entry")


class KernelCounts:
    """StackCounts for one link, on all cores. OSError or SourceError where that is not allowed.

    Opened by a receiver, with its rights, and read with its own counts, so that they belong together.
    """

    def __init__(self, link: str) -> None:
        polls = f'dev_name == "{link}"'
        with contextlib.ExitStack() as undo, contextlib.closing(Mount()) as mount:
            undo.callback(self.close)
            self._opened = contextlib.ExitStack()

            def tally(tracepoint: str, condition: str) -> Tally:
                made = Tally(mount.path, tracepoint, condition)
                self._opened.callback(made.close)
                return made

            self._softirqs = tally("irq:softirq_entry", _NET_RX)
            self._polls = tally("napi:napi_poll", polls)
            self._empty_polls = tally("napi:napi_poll", f"{polls} && work == 0")
            self._skbs = [tally(each, f'name == "{link}"') for each in _SEEN]
            undo.pop_all()

    def read(self) -> StackCounts:
        """As they are now."""
        return StackCounts(
            self._softirqs.read(),
            self._polls.read(),
            self._empty_polls.read(),
            sum(tally.read() for tally in self._skbs),
        )

    def close(self) -> None:
        """Stop counting. A second call does nothing."""
        self._opened.close()


def available() -> bool:
    """Whether this kernel lets us count."""
    with contextlib.suppress(SourceError, OSError), contextlib.closing(Mount()) as mount:
        return allowed(mount.path)
    return False
