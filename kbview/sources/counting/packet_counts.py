"""PacketCounts: the programs in the kernel, their maps, and the numbers that they have so far."""

import os
import struct
from contextlib import ExitStack
from errno import EPERM

import msgspec

from kbview.packet.filter.filter_tree import Tree
from kbview.sources.counting import pieces
from kbview.sources.counting.count_programs import EMPTY, KEY, OUTWARD
from kbview.sources.counting.kernel_layout import layout_of
from kbview.sources.counting.map_descriptors import MapDescriptors
from kbview.sources.counting.station_record import RECORD, RECORD_LENGTH
from kbview.sources.counting.story_programs import WAITING_LENGTH
from kbview.sources.counting.table import COUNTS, FATE, STORIES, ProgramRow
from kbview.sources.linux.bpf import call, maps
from kbview.sources.linux.bpf.btf import kernel_types
from kbview.sources.linux.bpf.event_ring import EventRing

_CAUSES = 4096  # rows of drops: reason, function, protocol, port
_FOLLOWED = 1024
_RING = 1 << 19  # bytes: some 8000 records
_PREFIX = "SKB_DROP_REASON_"
_NOBODY = 0xFFFF_FFFF  # a mask that no hash but 0 passes
_KEY = struct.Struct(KEY)
_RECORD = struct.Struct(RECORD)


class DropCause(msgspec.Struct, frozen=True):
    """Why and where packets were dropped. `location` is an address in the kernel.

    `port` is the destination's, 0 where there is none. `outward`: the packet had not come in by the
    interface, or not yet. `empty`: it held no payload any more.
    """

    location: int
    reason: str
    port: int
    protocol: int
    outward: bool
    empty: bool


class PacketCounts:
    """Counts from the moment it is made; `tell` begins and ends stories.

    `index` is an interface of this thread's namespace, `rows` are the programs that count. `counted`
    is the filter of the packets that are counted, `told` of the ones that may be followed.
    Errors: OSError; ValueError with a sentence where this kernel does not describe itself as the
    programs need it.
    """

    def __init__(
        self,
        index: int,
        rows: tuple[ProgramRow, ...] = COUNTS,
        *,
        counted: Tree | None = None,
        told: Tree | None = None,
    ) -> None:
        self._types = types = kernel_types()
        self._layout = layout_of(types, index, counted, told)
        self.filtered = counted is not None
        reasons = types.enumeration("skb_drop_reason").items()
        self.reasons = {value: name.removeprefix(_PREFIX) for value, name in reasons}
        self.counts_passes = rows is not FATE  # polls, softirqs and packets, beside drops
        self._closing = ExitStack()
        self._links: list[int] = []
        self._loaded: list[int] = []
        with ExitStack() as undo:
            undo.callback(self.close)
            self._make_maps()
            for program in self._load(rows):
                self._held(call.attach_traced(program))
            undo.pop_all()

    def _make_maps(self) -> None:
        self._numbers = maps.CpuNumbers(pieces.NUMBERS)
        self._closing.callback(self._numbers.close)
        self._drops = maps.HashTable(maps.PERCPU_HASH, _KEY.size, 8, _CAUSES)
        self._closing.callback(self._drops.close)
        self._control = maps.Shared(1)
        self._closing.callback(self._control.close)
        self._followed = maps.HashTable(maps.HASH, 8, 8, _FOLLOWED)
        self._closing.callback(self._followed.close)
        self._waiting = maps.HashTable(maps.HASH, 8, WAITING_LENGTH, _FOLLOWED)
        self._closing.callback(self._waiting.close)
        self._ring = EventRing(_RING)
        self._closing.callback(self._ring.close)
        every = self._numbers, self._drops, self._control, self._followed, self._waiting, self._ring
        self._maps = MapDescriptors(*(each.descriptor for each in every))

    def _load(self, rows: tuple[ProgramRow, ...]) -> list[int]:
        """Programs, verified. A tracepoint that this kernel lacks is left out."""
        loaded = []
        for row in rows:
            found = self._types.tracepoint(row.tracepoint)
            if found is not None:
                number, arguments = found
                code = row.build(self._layout, self._maps, arguments)
                loaded.append(self._held(call.load_traced(code, number)))
            elif row.needed:
                raise ValueError(f"this kernel has no tracepoint {row.tracepoint}")
        return loaded

    def _held(self, descriptor: int) -> int:
        self._closing.callback(os.close, descriptor)
        return descriptor

    # ---- totals ----------------------------------------------------------------------------

    def numbers(self) -> list[int]:
        """The numbers of `pieces`, summed over the cores."""
        return self._numbers.sums()

    def drops(self) -> dict[DropCause, int]:
        """How many packets were dropped, by their cause."""
        found: dict[DropCause, int] = {}
        for key, count in self._drops.rows():
            location, reason, port, protocol, flags = _KEY.unpack(key)
            cause = DropCause(
                location,
                self.reason(reason),
                port,
                protocol,
                outward=bool(flags & OUTWARD),
                empty=bool(flags & EMPTY),
            )
            found[cause] = found.get(cause, 0) + count
        return found

    def reason(self, number: int) -> str:
        """A drop reason as this kernel names it."""
        return self.reasons.get(number, f"REASON_{number}")

    # ---- stories ---------------------------------------------------------------------------

    def tell(self, one_in: int) -> None:
        """Follow one packet in `one_in`, a power of two, from now on; 0: none, and at no cost."""
        self._control.set(0, one_in - 1 if one_in else _NOBODY)
        if one_in and not self._links:
            self._loaded = self._loaded or self._load(STORIES)
            for program in self._loaded:
                self._links.append(call.attach_traced(program))
        elif not one_in:
            while self._links:
                os.close(self._links.pop())

    def records(self) -> list[tuple[int, ...]]:
        """The records of stations since the last call, oldest first, as RECORD lays them out."""
        return [_RECORD.unpack(data) for data in self._ring.read() if len(data) == RECORD_LENGTH]

    def forget(self, ids: set[int]) -> None:
        """Follow these packets no longer: their ends will not be seen."""
        for table in (self._followed, self._waiting):
            for key, first in table.first_numbers():
                if first in ids:
                    table.remove(key)

    def close(self) -> None:
        """Take all programs off. A second call does nothing."""
        while self._links:
            os.close(self._links.pop())
        self._closing.close()


def refusal() -> str | None:
    """None, or why packets cannot be counted in this kernel; tried on the loopback interface."""
    try:
        PacketCounts(1).close()
    except OSError as error:
        if error.errno == EPERM:
            return "bpf(2) is not permitted: it takes CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN"
        return f"bpf(2) counts nothing here: {error}"
    except ValueError as error:
        return str(error)
    return None
