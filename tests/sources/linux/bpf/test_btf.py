"""BTF: offsets through anonymous parts, tracepoints by name, nonsense refused."""

import struct

import pytest

from kbview.sources.linux.bpf.btf import VMLINUX, KernelTypes, kernel_types

INT, PTR, STRUCT, UNION, ENUM, TYPEDEF, FUNC_PROTO = 1, 2, 4, 5, 6, 8, 13


class Made:
    """A BTF file, type by type; `of` gives the number of the type that was added."""

    def __init__(self) -> None:
        self.names, self.types, self.count = b"\0", b"", 0

    def name(self, text: str) -> int:
        at = len(self.names)
        self.names += text.encode() + b"\0"
        return at if text else 0

    def add(self, name: str, kind: int, parts: int, size: int, more: bytes = b"") -> int:
        self.types += struct.pack("=III", self.name(name), kind << 24 | parts, size) + more
        self.count += 1
        return self.count

    def members(self, *fields: tuple[str, int, int]) -> bytes:
        return b"".join(struct.pack("=III", self.name(name), kind, bits) for name, kind, bits in fields)

    def data(self) -> bytes:
        lengths = 0, len(self.types), len(self.types), len(self.names)
        return struct.pack("=HBBIIIII", 0xEB9F, 1, 0, 24, *lengths) + self.types + self.names


def a_kernel() -> KernelTypes:
    """outer { int first; union { int a; struct { int b, c; }; }; inner_t inner; int bit : 3; }"""
    made = Made()
    number = made.add("int", INT, 0, 4, struct.pack("=I", 32))
    pair = made.add("", STRUCT, 2, 8, made.members(("b", number, 0), ("c", number, 32)))
    union = made.add("", UNION, 2, 8, made.members(("a", number, 0), ("", pair, 0)))
    inner = made.add("inner", STRUCT, 1, 4, made.members(("deep", number, 16)))
    alias = made.add("inner_t", TYPEDEF, 0, inner)
    fields = ("first", number, 0), ("", union, 32), ("inner", alias, 96), ("bit", number, 131)
    made.add("outer", STRUCT, 4, 20, made.members(*fields))
    prototype = made.add("", FUNC_PROTO, 3, 0, made.members(("", 0, 0), ("", 0, 0))[:24])
    pointer = made.add("", PTR, 0, prototype)
    made.add("btf_trace_seen", TYPEDEF, 0, pointer)
    made.add("colour", ENUM, 2, 4, struct.pack("=IIII", made.name("RED"), 1, made.name("BLUE"), 7))
    return KernelTypes(made.data())


@pytest.mark.parametrize(
    ("members", "offset"),
    [(("first",), 0), (("a",), 4), (("c",), 8), (("inner", "deep"), 14), (("bit",), None)],
)
def test_a_member_stands_where_the_structure_has_it(members: tuple[str, ...], offset: int) -> None:
    assert a_kernel().offset("outer", *members) == offset


@pytest.mark.parametrize(("structure", "member"), [("outer", "none"), ("nothing", "a"), ("int", "a")])
def test_a_member_that_is_not_there_has_no_offset(structure: str, member: str) -> None:
    assert a_kernel().offset(structure, member) is None


def test_a_tracepoint_is_known_by_its_type_and_its_arguments() -> None:
    """The typedef is the ninth type. Its first argument is not the kernel's."""
    assert a_kernel().tracepoint("seen") == (9, 2)
    assert a_kernel().tracepoint("unseen") is None


def test_an_enumeration_names_its_values() -> None:
    assert a_kernel().enumeration("colour") == {1: "RED", 7: "BLUE"}
    assert a_kernel().enumeration("taste") == {}


def test_other_files_are_refused() -> None:
    with pytest.raises(ValueError, match="BTF"):
        KernelTypes(bytes(64))


@pytest.mark.skipif(not VMLINUX.exists(), reason="this kernel does not describe itself")
def test_this_kernel_describes_itself() -> None:
    types = kernel_types()
    assert types.offset("sk_buff", "next") == 0
    assert types.enumeration("skb_drop_reason")[2].endswith("NOT_SPECIFIED")
