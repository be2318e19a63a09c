"""The unit of stamps without a dot: nanoseconds, cycles, or a count.

trace-cmd prints the nanoseconds of the boot and mono clocks as a whole number. The cycles of x86-tsc,
the ticks of uptime and the numbers of counter look alike; the text does not say which it has.
Stamps that all end in 000 are nanoseconds made of microseconds. All others are refused until the viewer
says --set clock=ns.

Linux: Documentation/trace/ftrace.rst, trace_clock
"""

from collections.abc import Sequence
from itertools import pairwise
from statistics import median


class ClockError(ValueError):
    """The stamps of a trace are no times."""


_COUNT = 20  # two records of a core are more than this many ns or cycles apart
_LEAST_NS = 1_000_000
_CURE = (
    "record with trace_clock local, or convert it: trace-cmd report --ts2secs HZ; "
    "if the stamps are nanoseconds: --set clock=ns"
)


def refusal(stamps: Sequence[int]) -> str | None:
    """The sentence that says why these stamps are no times; None if they are nanoseconds."""
    apart = [later - earlier for earlier, later in pairwise(stamps)]
    if len(apart) > 1 and abs(median(apart)) <= _COUNT:
        return f"its stamps count events or ticks (trace_clock counter or uptime), not time; {_CURE}"
    if max(stamps) >= _LEAST_NS and not any(stamp % 1000 for stamp in stamps):
        return None
    return f"its stamps have no unit: cycles (x86-tsc) or nanoseconds; {_CURE}"
