"""BPF maps: memory that programs in the kernel and this process share.

| map        | key -> value              | read as                          |
|------------|---------------------------|----------------------------------|
| CpuNumbers | one row of numbers a core | sums over the cores              |
| Shared     | one row of numbers        | memory, mapped                   |
| HashTable  | bytes -> numbers          | all rows at once (since 5.6)     |

Linux: Documentation/bpf/maps.rst
"""

import contextlib
import ctypes
import errno
import os
import struct
from collections.abc import Iterator
from mmap import MAP_SHARED, PROT_READ, PROT_WRITE, mmap
from pathlib import Path

from kbview.sources.linux.bpf.call import bpf, call

_CREATE, _LOOKUP, _UPDATE, _DELETE, _NEXT_KEY, _LOOKUP_BATCH = 0, 1, 2, 3, 4, 24
HASH, _ARRAY, PERCPU_HASH, _PERCPU_ARRAY, LRU_HASH = 1, 2, 5, 6, 9
_MMAPABLE = 1 << 10
_PAGE = 4096
_PLACE = struct.Struct("=IxxxxQQQ")
_BATCH = struct.Struct("=QQQQIIQQ")
_COUNT_AT = 32  # of `count` in the attributes of a batch


def create(kind: int, key: int, value: int, entries: int, flags: int = 0) -> int:
    """A map's descriptor; sizes in bytes. Errors: OSError."""
    return bpf(_CREATE, struct.pack("=IIIII", kind, key, value, entries, flags))


def _possible_cpus() -> int:
    """How many cores this kernel can have: each has a value of its own in a per-CPU map."""
    last = Path("/sys/devices/system/cpu/possible").read_text(encoding="ascii").strip()
    return int(last.replace(",", "-").rpartition("-")[2]) + 1


class CpuNumbers:
    """One row of 64-bit numbers a core."""

    def __init__(self, numbers: int) -> None:
        self._numbers, self._cpus = numbers, _possible_cpus()
        self.descriptor = create(_PERCPU_ARRAY, 4, 8 * numbers, 1)
        self._key = ctypes.create_string_buffer(4)
        self._row = ctypes.create_string_buffer(8 * numbers * self._cpus)
        where = (ctypes.addressof(self._key), ctypes.addressof(self._row))
        self._asked = _PLACE.pack(self.descriptor, *where, 0)

    def sums(self) -> list[int]:
        """Each number, summed over all cores."""
        bpf(_LOOKUP, self._asked)
        flat = struct.unpack(f"={self._numbers * self._cpus}Q", self._row.raw)
        return [sum(flat[at :: self._numbers]) for at in range(self._numbers)]

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)


class Shared:
    """One row of 64-bit numbers that all cores share, mapped into this process."""

    def __init__(self, numbers: int) -> None:
        self.descriptor = create(_ARRAY, 4, 8 * numbers, 1, _MMAPABLE)
        try:
            self._memory = mmap(self.descriptor, _PAGE, MAP_SHARED, PROT_READ | PROT_WRITE)
        except OSError:
            os.close(self.descriptor)
            raise

    def set(self, place: int, number: int) -> None:
        """Write a number."""
        struct.pack_into("=Q", self._memory, 8 * place, number)

    def close(self) -> None:
        """Let go of it."""
        self._memory.close()
        os.close(self.descriptor)


class HashTable:
    """Rows found by a key. `per_cpu`: a value a core, one 64-bit number, summed when it is read."""

    def __init__(self, kind: int, key: int, value: int, entries: int) -> None:
        self.descriptor = create(kind, key, value, entries)
        self._key, self._entries = key, entries
        self._value = value * _possible_cpus() if kind == PERCPU_HASH else value
        self._keys = ctypes.create_string_buffer(key * entries)
        self._values = ctypes.create_string_buffer(self._value * entries)
        self._batch = ctypes.create_string_buffer(max(8, key))

    def rows(self) -> Iterator[tuple[bytes, int]]:
        """Each key with the sum of its numbers. A row may be missing while rows are added."""
        for key, value in self._pairs():
            yield key, sum(struct.unpack(f"={len(value) // 8}Q", value))

    def first_numbers(self) -> Iterator[tuple[bytes, int]]:
        """Each key with the first number of its value, where a row is one for all cores."""
        for key, value in self._pairs():
            yield key, struct.unpack_from("=Q", value)[0]

    def _pairs(self) -> Iterator[tuple[bytes, bytes]]:
        count = self._read()
        keys, values = self._keys.raw, self._values.raw
        for at in range(count):
            value = values[at * self._value : (at + 1) * self._value]
            yield keys[at * self._key : (at + 1) * self._key], value

    def _read(self) -> int:
        """Fill both buffers; how many rows came."""
        attributes = ctypes.create_string_buffer(128)
        where = [ctypes.addressof(each) for each in (self._batch, self._keys, self._values)]
        _BATCH.pack_into(attributes, 0, 0, *where, self._entries, self.descriptor, 0, 0)
        try:
            call(_LOOKUP_BATCH, attributes)
        except OSError as error:
            if error.errno != errno.ENOENT:  # it says that these were the last
                raise
        count: int = struct.unpack_from("=I", attributes, _COUNT_AT)[0]
        return count

    def remove(self, key: bytes) -> None:
        """Remove a row; one that is not there is no error."""
        held = ctypes.create_string_buffer(key, self._key)
        with contextlib.suppress(OSError):
            bpf(_DELETE, _PLACE.pack(self.descriptor, ctypes.addressof(held), 0, 0))

    def close(self) -> None:
        """Let go of it."""
        os.close(self.descriptor)
