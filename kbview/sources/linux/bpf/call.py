"""bpf(2): the system call, and the loading of programs.

Maps, programs and links made here are held by their descriptors alone: when the process ends, however,
the kernel closes them and takes the programs off. Linux: include/uapi/linux/bpf.h (union bpf_attr).
"""

import ctypes
import os
import platform
import struct
from errno import EPERM

_SYS_BPF = {"x86_64": 321, "i686": 357, "armv7l": 386, "ppc64le": 361, "s390x": 351}
_GENERIC = 280  # aarch64, riscv64, loongarch64: asm-generic/unistd.h
_PROG_LOAD, _RAW_TRACEPOINT_OPEN = 5, 17
_TYPE_TRACING, _ATTACH_TRACE_RAW_TP = 26, 23
_ATTRIBUTES = 128  # bytes; what a kernel does not know of them must be zero
_LOG = 1 << 16
_HEAD = struct.Struct("=IIQQ")
_LOGGED = struct.Struct("=IIQ")
_LEVEL_AT, _ATTACH_TYPE_AT, _ATTACH_ID_AT = 24, 68, 108  # offsets in the attributes of BPF_PROG_LOAD

_libc = ctypes.CDLL(None, use_errno=True)


def bpf(command: int, attributes: bytes | bytearray) -> int:
    """One call; the descriptor or 0. OSError with the kernel's errno."""
    held = ctypes.create_string_buffer(bytes(attributes), _ATTRIBUTES)
    return call(command, held)


def call(command: int, held: "ctypes.Array[ctypes.c_char]") -> int:
    """The same with attributes of 128 bytes that the kernel may write to."""
    number = _SYS_BPF.get(platform.machine(), _GENERIC)
    result: int = _libc.syscall(number, command, ctypes.byref(held), _ATTRIBUTES)
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, f"bpf: {os.strerror(errno)}")
    return result


def load(kind: int, instructions: bytes, attach_type: int = 0, attach_id: int = 0) -> int:
    """Have the verifier look at a program and the JIT compile it. Returns its descriptor.

    Errors: OSError; where the verifier says why, with its last line.
    """
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"GPL")
    log = ctypes.create_string_buffer(_LOG)
    pointers = ctypes.addressof(code), ctypes.addressof(licence)
    attributes = bytearray(_ATTRIBUTES)
    _HEAD.pack_into(attributes, 0, kind, len(instructions) // 8, *pointers)
    struct.pack_into("=I", attributes, _ATTACH_TYPE_AT, attach_type)
    struct.pack_into("=I", attributes, _ATTACH_ID_AT, attach_id)
    try:
        return bpf(_PROG_LOAD, attributes)
    except OSError as error:
        if error.errno == EPERM:  # the caller may load none; EACCES is the verifier's
            raise
        _LOGGED.pack_into(attributes, _LEVEL_AT, 1, _LOG, ctypes.addressof(log))
        try:
            return bpf(_PROG_LOAD, attributes)
        except OSError:
            reason = _reason(log.value.decode(errors="replace")) or str(error)
            raise OSError(error.errno, f"the verifier refused the program: {reason}") from error


def _reason(log: str) -> str:
    """The last line of a verifier's log that is no statistics; "" for an empty log."""
    lines = [line for line in log.strip().splitlines() if not line.startswith("processed ")]
    return lines[-1] if lines else ""


def load_traced(instructions: bytes, attach_id: int) -> int:
    """Load a program for the raw tracepoint with that BTF id ("btf_trace_NAME"). Errors: OSError."""
    return load(_TYPE_TRACING, instructions, _ATTACH_TRACE_RAW_TP, attach_id)


def attach_traced(program: int) -> int:
    """Run the program at each pass of its tracepoint. Returns the link. Errors: OSError."""
    return bpf(_RAW_TRACEPOINT_OPEN, struct.pack("=QI", 0, program))
