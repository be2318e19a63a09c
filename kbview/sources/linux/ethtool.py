"""The driver and the offloads of a link, by an ioctl (SIOCETHTOOL, linux/ethtool.h)."""

import ctypes
import fcntl
import socket
import struct

_SIOCETHTOOL = 0x8946
_GDRVINFO = 0x3  # ETHTOOL_GDRVINFO: struct ethtool_drvinfo begins with its command and `driver`
_DRIVER_INFO = struct.Struct("=I32s160x")
_SETTERS = {  # ETHTOOL_S...
    "rx-checksum": 0x15,
    "tx-checksum": 0x17,
    "scatter-gather": 0x19,
    "tso": 0x1F,
    "gso": 0x24,
    "gro": 0x2C,
}


def driver(link: str) -> str:
    """The driver of a link in this thread's namespace; "" where it names none, as `lo` does."""
    held = ctypes.create_string_buffer(_DRIVER_INFO.pack(_GDRVINFO, b""), _DRIVER_INFO.size)
    try:
        _ask(link, held)
    except OSError:
        return ""
    name: bytes = _DRIVER_INFO.unpack(held.raw)[1]
    return name.rstrip(b"\0").decode("ascii", "replace")


def set_offload(link: str, feature: str, *, on: bool) -> None:
    """Turn one offload of a link in this thread's namespace on or off; OSError if it will not."""
    value = struct.pack("II", _SETTERS[feature], on)
    _ask(link, ctypes.create_string_buffer(value, len(value)))


def _ask(link: str, held: "ctypes.Array[ctypes.c_char]") -> None:
    request = struct.pack("16sQ16x", link.encode(), ctypes.addressof(held))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        fcntl.ioctl(control, _SIOCETHTOOL, request)
