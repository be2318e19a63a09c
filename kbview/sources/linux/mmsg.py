"""Many messages in one system call: sendmmsg(2) and recvmmsg(2), which Python's sockets do not have."""

import ctypes
import os

_MSG_WAITFORONE = 0x10000
_libc = ctypes.CDLL(None, use_errno=True)


class _Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


class _Message(ctypes.Structure):
    """struct mmsghdr: a struct msghdr, and what was sent or received of it."""

    _fields_ = (
        ("name", ctypes.c_void_p),
        ("name_length", ctypes.c_uint32),
        ("vectors", ctypes.c_void_p),
        ("vector_count", ctypes.c_size_t),
        ("control", ctypes.c_void_p),
        ("control_length", ctypes.c_size_t),
        ("flags", ctypes.c_int),
        ("padding", ctypes.c_int),  # struct msghdr ends here
        ("moved", ctypes.c_size_t),
    )


class Batch:
    """So many messages of `stride` bytes, one behind the other in `buffer`."""

    def __init__(self, count: int, stride: int) -> None:
        self.stride = stride
        self.buffer = bytearray(count * stride)
        base = ctypes.addressof(ctypes.c_char.from_buffer(self.buffer))
        spots = range(base, base + count * stride, stride)
        self._vectors = (_Vector * count)(*(_Vector(spot, stride) for spot in spots))
        self._messages = (_Message * count)()
        for message, vector in zip(self._messages, self._vectors, strict=True):
            message.vectors, message.vector_count = ctypes.addressof(vector), 1

    def send(self, descriptor: int, count: int) -> int:
        """Send the first `count`; how many were. OSError if none could be."""
        return _moved(_libc.sendmmsg(descriptor, self._messages, count, 0))

    def receive(self, descriptor: int, count: int) -> int:
        """Receive up to `count`, waiting for the first; how many came."""
        return _moved(_libc.recvmmsg(descriptor, self._messages, count, _MSG_WAITFORONE, None))


def _moved(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result
