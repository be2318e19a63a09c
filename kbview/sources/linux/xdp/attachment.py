"""The XDP program's map and its link to a network interface, by bpf(2)."""

import ctypes
import struct

from kbview.sources.linux.bpf.call import bpf
from kbview.sources.linux.bpf.call import load as load_program

_MAP_CREATE, _MAP_UPDATE_ELEM, _LINK_CREATE = 0, 2, 28
_MAP_TYPE_XSKMAP, _PROG_TYPE_XDP, _ATTACH_TYPE_XDP = 17, 6, 37
XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE = 1 << 1, 1 << 2


def create_xskmap(entries: int) -> int:
    """An XSKMAP: receive queue number -> AF_XDP socket. Returns its descriptor."""
    return bpf(_MAP_CREATE, struct.pack("=IIII", _MAP_TYPE_XSKMAP, 4, 4, entries))


def put_socket(xskmap: int, queue: int, xsk: int) -> None:
    """Frames that the program redirects from `queue` go to this socket from now on."""
    key, value = (ctypes.create_string_buffer(struct.pack("=I", each), 4) for each in (queue, xsk))
    attributes = struct.pack("=IxxxxQQQ", xskmap, ctypes.addressof(key), ctypes.addressof(value), 0)
    bpf(_MAP_UPDATE_ELEM, attributes)


def load(instructions: bytes) -> int:
    """An XDP program, verified and compiled. Returns its descriptor. Errors: OSError."""
    return load_program(_PROG_TYPE_XDP, instructions)


def attach(program: int, ifindex: int, flags: int) -> int:
    """Run the program for each frame of an interface of this namespace. Returns the link.

    Errors: OSError; EBUSY where another program is attached, EOPNOTSUPP where the driver cannot.
    """
    return bpf(_LINK_CREATE, struct.pack("=IIII", program, ifindex, _ATTACH_TYPE_XDP, flags))
