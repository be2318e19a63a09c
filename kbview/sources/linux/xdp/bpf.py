"""bpf(2): a map, a program, and a link that ties the program to a network interface.

A link made here is held by its descriptor alone: when the process ends, however, the kernel closes
it and takes the program off the interface. Linux: include/uapi/linux/bpf.h (union bpf_attr).
"""

import ctypes
import os
import platform
import struct

_SYS_BPF = {"x86_64": 321, "i686": 357, "armv7l": 386, "ppc64le": 361, "s390x": 351}
_GENERIC = 280  # aarch64, riscv64, loongarch64: asm-generic/unistd.h
_MAP_CREATE, _MAP_UPDATE_ELEM, _PROG_LOAD, _LINK_CREATE = 0, 2, 5, 28
_MAP_TYPE_XSKMAP, _PROG_TYPE_XDP, _ATTACH_TYPE_XDP = 17, 6, 37
_ATTRIBUTES = 128  # bytes; what a kernel does not know of them must be zero
_LOG = 1 << 16
XDP_FLAGS_SKB_MODE, XDP_FLAGS_DRV_MODE = 1 << 1, 1 << 2

_libc = ctypes.CDLL(None, use_errno=True)


def _bpf(command: int, attributes: bytes) -> int:
    """One call; the descriptor or 0. OSError with the kernel's errno."""
    held = ctypes.create_string_buffer(attributes, _ATTRIBUTES)
    number = _SYS_BPF.get(platform.machine(), _GENERIC)
    result: int = _libc.syscall(number, command, ctypes.byref(held), _ATTRIBUTES)
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"bpf: {os.strerror(errno)}")
    return result


def create_xskmap(entries: int) -> int:
    """An XSKMAP: receive queue number -> AF_XDP socket. Returns its descriptor."""
    return _bpf(_MAP_CREATE, struct.pack("=IIII", _MAP_TYPE_XSKMAP, 4, 4, entries))


def put_socket(xskmap: int, queue: int, xsk: int) -> None:
    """Frames that the program redirects from `queue` go to this socket from now on."""
    key, value = (ctypes.create_string_buffer(struct.pack("=I", each), 4) for each in (queue, xsk))
    attributes = struct.pack("=IxxxxQQQ", xskmap, ctypes.addressof(key), ctypes.addressof(value), 0)
    _bpf(_MAP_UPDATE_ELEM, attributes)


def load(instructions: bytes) -> int:
    """Have the verifier look at an XDP program and the JIT compile it. Returns its descriptor.

    Errors: OSError; where the verifier says why, with its last line.
    """
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(_LOG)
    pointers = ctypes.addressof(code), ctypes.addressof(licence)
    head = struct.pack("=IIQQ", _PROG_TYPE_XDP, len(instructions) // 8, *pointers)
    try:
        return _bpf(_PROG_LOAD, head)
    except PermissionError:
        raise
    except OSError as error:
        told = struct.pack("=IIQ", 1, _LOG, ctypes.addressof(log))
        try:
            return _bpf(_PROG_LOAD, head + told)
        except OSError:
            reason = log.value.decode(errors="replace").strip().splitlines()[-1:] or [str(error)]
            raise OSError(error.errno, f"the verifier refused the program: {reason[0]}") from error


def attach(program: int, ifindex: int, flags: int) -> int:
    """Run the program for each frame of an interface of this namespace. Returns the link.

    Errors: OSError; EBUSY where another program is attached, EOPNOTSUPP where the driver cannot.
    """
    return _bpf(_LINK_CREATE, struct.pack("=IIII", program, ifindex, _ATTACH_TYPE_XDP, flags))
