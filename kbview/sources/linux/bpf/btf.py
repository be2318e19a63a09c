"""BTF: the types that the running kernel describes itself by, read from /sys/kernel/btf/vmlinux.

    header | types: name, info, size or type, then more by kind | names, each ended by a zero

Two things are taken from it: at which byte a member of a structure stands, and the number by which a
raw tracepoint is known to bpf(2). Linux: Documentation/bpf/btf.rst
"""

import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import msgspec

VMLINUX = Path("/sys/kernel/btf/vmlinux")
_MAGIC = 0xEB9F
_HEADER = struct.Struct("=HBBIIIII")
_TYPE = struct.Struct("=III")
_MEMBER = struct.Struct("=III")
_INT, _PTR, _ARRAY, _STRUCT, _UNION, _ENUM, _FWD, _TYPEDEF = range(1, 9)
_VOLATILE, _CONST, _RESTRICT, _FUNC, _FUNC_PROTO, _VAR, _DATASEC, _FLOAT = range(9, 17)
_DECL_TAG, _TYPE_TAG, _ENUM64 = 17, 18, 19
_MODIFIERS = frozenset({_TYPEDEF, _VOLATILE, _CONST, _RESTRICT, _TYPE_TAG})
# Bytes that follow a type of each kind: once, and for each of its vlen parts.
_ONCE = {_INT: 4, _ARRAY: 12, _VAR: 4, _DECL_TAG: 4}
_EACH = {_STRUCT: 12, _UNION: 12, _ENUM: 8, _FUNC_PROTO: 8, _DATASEC: 12, _ENUM64: 12}


class _Type(msgspec.Struct, frozen=True):
    """One type. `at` is the byte behind its three words, `size` its size or the type it refers to."""

    kind: int
    parts: int
    flag: bool
    size: int
    at: int


class KernelTypes:
    """All types of a kernel. Raises ValueError if the data are no BTF of this machine's byte order."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        magic, _version, _flags, header, types_at, types_length, names_at, names_length = (
            _HEADER.unpack_from(data)
        )
        if magic != _MAGIC:
            raise ValueError("no BTF of this byte order")
        self._names = data[header + names_at : header + names_at + names_length]
        self._types: list[tuple[int, int]] = [(0, 0)]  # name, offset in data; type 0 is void
        self._known: dict[str, list[int]] = {}
        self._walk(header + types_at, header + types_at + types_length)

    def _walk(self, at: int, end: int) -> None:
        """Note where each type begins: some 100,000 of them, in 0.1 s."""
        unpack, once, each, add = _TYPE.unpack_from, _ONCE.get, _EACH.get, self._types.append
        data = self._data
        while at < end:
            name, info, _ = unpack(data, at)
            add((name, at))
            kind = info >> 24 & 0x1F
            at += 12 + once(kind, 0) + each(kind, 0) * (info & 0xFFFF)

    def _type(self, number: int) -> _Type:
        """A type, with modifiers and typedefs resolved."""
        while True:
            at = self._types[number][1]
            _, info, size = _TYPE.unpack_from(self._data, at)
            kind = info >> 24 & 0x1F
            if kind not in _MODIFIERS:
                return _Type(kind, info & 0xFFFF, bool(info >> 31), size, at + 12)
            number = size

    def _name(self, offset: int) -> str:
        return self._names[offset : self._names.index(b"\0", offset)].decode("utf-8", "replace")

    def _numbers(self, name: str, kind: int) -> list[int]:
        """The types of that name and kind."""
        if name not in self._known:
            place = self._names.find(b"\0" + name.encode() + b"\0") + 1
            found = enumerate(self._types if place else ())
            self._known[name] = [number for number, each in found if each[0] == place and number]
        return [number for number in self._known[name] if self._kind(number) == kind]

    def _kind(self, number: int) -> int:
        info: int = _TYPE.unpack_from(self._data, self._types[number][1])[1]
        return info >> 24 & 0x1F

    def tracepoint(self, name: str) -> tuple[int, int] | None:
        """The number of a raw tracepoint's type, and how many arguments it has; None: no such."""
        for number in self._numbers(f"btf_trace_{name}", _TYPEDEF):
            pointer = self._type(number)
            prototype = self._type(pointer.size)
            if pointer.kind == _PTR and prototype.kind == _FUNC_PROTO:
                return number, prototype.parts - 1  # the first is the tracer's own
        return None

    def offset(self, structure: str, *members: str) -> int | None:
        """The byte at which `a.b.c` stands in a structure, anonymous parts passed through.

        None where this kernel has no such structure or member, or where it is a bit field.
        """
        for number in self._numbers(structure, _STRUCT):
            bits = self._bits(number, members)
            if bits is not None and bits % 8 == 0:
                return bits // 8
        return None

    def offsets(self, members: Mapping[str, Sequence[str]]) -> dict[str, int]:
        """The bytes at which several members stand, each given as its structure and its path.

        Errors: ValueError where this kernel has no such structure or member.
        """
        found: dict[str, int] = {}
        for name, (structure, *path) in members.items():
            offset = self.offset(structure, *path)
            if offset is None:
                raise ValueError(f"this kernel has no {structure}.{'.'.join(path)}")
            found[name] = offset
        return found

    def _bits(self, number: int, members: Iterable[str]) -> int | None:
        """Bits into a structure of the last of nested members; None if one is missing."""
        bits = 0
        for member in members:
            found = self._member(self._type(number), member)
            if found is None:
                return None
            bits, number = bits + found[0], found[1]
        return bits

    def _member(self, whole: _Type, name: str) -> tuple[int, int] | None:
        """Bits into a structure, and the type, of a member or of an anonymous part's member."""
        if whole.kind not in (_STRUCT, _UNION):
            return None
        for part in range(whole.parts):
            called, kind, where = _MEMBER.unpack_from(self._data, whole.at + 12 * part)
            bits = where & 0xFFFFFF if whole.flag else where
            if called:
                if self._name(called) == name:
                    return bits, kind
            elif (found := self._member(self._type(kind), name)) is not None:
                return bits + found[0], found[1]
        return None

    def enumeration(self, name: str) -> dict[int, str]:
        """The names of an enumeration's values; empty where this kernel has none of that name."""
        for number in self._numbers(name, _ENUM):
            whole = self._type(number)
            pairs = struct.iter_unpack("=II", self._data[whole.at : whole.at + 8 * whole.parts])
            return {value: self._name(called) for called, value in pairs}
        return {}


def kernel_types(path: Path = VMLINUX) -> KernelTypes:
    """This kernel's types. Errors: OSError where it does not describe itself; ValueError."""
    return KernelTypes(path.read_bytes())
